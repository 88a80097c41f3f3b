"""Everything that was run, on one page: the results of a folder, what they answer, and how they went over time."""

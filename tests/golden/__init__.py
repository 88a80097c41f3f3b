"""Every output of every experiment, held still: made from stored runs, compared with what was accepted."""

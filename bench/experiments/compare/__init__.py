"""Stored runs side by side, and in the order of time.

``comparability``  what two runs were measured on, and what of them may be compared
``run``            runs held against the first of them
``cells``          one cell of two runs
``drift``          what the machine did between two runs
``optimizations``  the proposed changes of several runs
``record``         what a comparison is made of
``summary``        what it says, in the words of ``sentences``
``document``       where that stands in a report
``since``          a run held against the last one before it
``history``        many runs in the order of time, in groups that may be compared
"""

from __future__ import annotations

COMMANDS = {
    "compare": (
        "command:compare",
        "Show stored runs side by side, each held against the first.",
    ),
    "history": (
        "history.command:history",
        "Show how every query went through the runs below FOLDER, in groups of runs that compare.",
    ),
}
"""Its commands: where they stand in here, and the first sentence of their help."""

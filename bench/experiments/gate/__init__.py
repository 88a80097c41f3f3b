"""The gate from end to end: two arms of one workload, counted and timed in one job.

``arms``       the working tree, and the git ref or recipe it is compared with
``databases``  one prepared for each arm, and copies of them
``counting``   the work of every cell: tier A
``timing``     pairs of samples in one session
``sessions``   the screen and its confirmations: tier B
``both_arms``  which cells are compared, and ``decide`` what is said of each
``run``        the order of it all
"""

from __future__ import annotations

FILE = "gate.json"
"""What a result is kept as."""

COMMANDS = {
    "baseline": (
        "command:baseline",
        "Write the baseline to commit: work counters, plans and rows of every query today.",
    ),
    "gate": (
        "command:gate",
        "Judge the working tree: does any query do more work, take longer, miss its target, or return other rows?",
    ),
}
"""Its commands: where they stand in here, and the first sentence of their help."""

"""Queries before and after the optimizations: the experiment that pgproof is named for."""

from __future__ import annotations

FILE = "run.json"
"""What a result is kept as."""

COMMANDS = {
    "run": (
        "command:run",
        "Run the experiment: fill, clone, optimize, compare, measure, report.",
    ),
    "attribute": (
        "command:attribute",
        "Measure the four sides of every optimization: what it gains, costs to write, to store and to ship.",
    ),
}
"""Its commands: where they stand in here, and the first sentence of their help."""

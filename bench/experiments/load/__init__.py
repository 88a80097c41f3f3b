"""The mix of queries from many clients at once, before and after the optimizations."""

from __future__ import annotations

FILE = "load.json"
"""What a result is kept as."""

COMMANDS = {
    "load": (
        "command:load",
        "Run the queries as a mix from many clients at once, before and after the optimizations.",
    ),
}
"""Its commands: where they stand in here, and the first sentence of their help."""

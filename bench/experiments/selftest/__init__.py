"""The gate tested on itself: how often it cries wolf, and how often it sees one.

``record``        what is kept of every gate run of a series, one line of JSON each
``false_alarms``  the same files against themselves, again and again: every red is a false alarm
``sensitivity``   what a series says: bounds, what each cell can see, how other rules would have judged
``inject``        regressions put in on purpose: which are found
"""

from __future__ import annotations

COMMANDS = {
    "selftest": (
        "command:selftest",
        "Test the gate on itself: how often does it cry wolf here, and how small a wolf does it see?",
    ),
}
"""Its commands: where they stand in here, and the first sentence of their help."""

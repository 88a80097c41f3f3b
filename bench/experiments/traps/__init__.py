"""Execute the plans that a query may get, beside the one that it has: which of them turn against their users?

``run``              all of it, in order, on copies that go again
``copied_database``  where it is done: connections, and one plan as it is executed
``prepared``         a statement under a name, as servers keep it: custom, generic, and what the server chooses
``stability``        the statistics gathered again and again
``borrowed_plans``   the plan of one class, executed for another
``fresh``            a tenant that came after the last ANALYZE
``plan_costs``       what one plan costs beside another
``hazards``          what can happen to a query, and its verdict
``summary``          all of what was decided, with its sentences
``document``         where it is shown
"""

from __future__ import annotations

FILE = "traps.json"
"""What a result is kept as."""

COMMANDS = {
    "traps": (
        "command:traps_command",
        "Execute the plans that each query may get, beside the one that it has.",
    ),
}
"""Its commands: where they stand in here, and the first sentence of their help."""

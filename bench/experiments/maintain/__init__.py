"""Age a copy of the optimized database, carry out each maintenance procedure on it, and look at the queries meanwhile.

``run``           all of it, from end to end
``churn``         the phase of writes: of ``churn.sql``, of ``writes/``, or made up from the catalog
``autovacuum``    what autovacuum would do after it
``procedures``    which procedures there are, and what carrying one out costs
``storage``       tables and indexes on disk, and the room that the copies need
``stages``        the copies, and the queries at each of them
``cell_changes``  when a cell does other work than before
``effects``       what aged, and what each procedure was worth
``summary``       all of what was decided, with its sentences
``document``      where it is shown
"""

from __future__ import annotations

FILE = "maintenance.json"
"""What a result is kept as."""

COMMANDS = {
    "maintain": (
        "command:maintain",
        "Measure maintenance: age a copy of the optimized database, then carry out each procedure on a copy of that.",
    ),
}
"""Its commands: where they stand in here, and the first sentence of their help."""

"""How figures grow with the data, and when a cell crosses its target.

``run``        the steps, each an ordinary run
``steps``      the scales to measure at, and whether they fit on the disk
``record``     what a scale experiment keeps
``curves``     from runs to one curve for each cell
``fit``        curves through a few points
``shapes``     a word for a curve: flat, logarithmic, linear in the tenant
``crossing``   the scale at which p95 crosses the target
``shrinkage``  slopes of many cells together
``check``      the last step predicted from the others
``executions`` what each execution did, node by node
``tenants``    which tenant a binding asks for
``sizes``      pages of tables, depths of indexes, the visibility map
``carry``      one quantity of a node from where it was counted to where it was not
``blocks``     what a node touches, from the rows that it reads
``pieces``     a plan that was never executed
``forecast``   a whole plan, node by node
``nodes_run``  the same rows on more and more workers of a Citus cluster
``nodes_summary`` what that did, and on paper what still more would
``nodes_document`` where that is shown
``summary``    all of what was decided, with what a reader is told first
``document``   where it is shown
"""

from __future__ import annotations

FILE = "scale.json"
"""What a result is kept as."""

COMMANDS = {
    "scale": (
        "command:scale",
        "Say when each query will cross its target: the experiment before and after, at growing scale.",
    ),
}
"""Its commands: where they stand in here, and the first sentence of their help."""

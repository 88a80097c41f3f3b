"""Where the server's estimates of rows were off, and whether anything was decided by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.model import Json
from bench.plans.parse import number
from bench.plans.tree import PlanNode, tree

DECIDES = {"Nested Loop", "Hash Join", "Merge Join", "Sort", "Incremental Sort", "Limit", "Memoize"}
"""Above one of them a plan is another one for few rows than for many."""

WHOLE = {"Sort", "Hash", "Aggregate", "Materialize", "SetOp", "WindowAgg"}
"""They take all that comes from below before they give a row, whatever stops early above. (Where an aggregate or a
window does not, an estimate that is too high is taken for an error once too often.)"""

NO_ROWS = {"BitmapAnd", "BitmapOr", "ModifyTable", "LockRows"}
"""Their rows are not counted, or not estimated."""

EARLY_JOINS = {"Semi", "Anti"}
"""The search on the inner side ends at the first row."""


@dataclass(frozen=True, slots=True)
class Misestimate:
    """A node with another number of rows than was estimated.

    ``q`` is the q-error: the larger of estimate / actual and actual / estimate, each at least one row in a loop
    (Moerkotte, Neumann and Steidl, Preventing Bad Plans by Bounding the Impact of Cardinality Estimation Errors,
    VLDB 2009). The planner itself never estimates less than a row. ``node`` has both over all loops.
    """

    node: PlanNode
    q: float
    above: str
    """Kind of the nearest node above whose way of working hangs on the number; empty where there is none."""


@dataclass(frozen=True, slots=True)
class _Above:
    decides: str = ""
    early: bool = False
    """Something above may stop before this node has given all its rows: that fewer came is then no error."""
    repeated: bool = False
    """Rows are read again where the other side repeats itself: that more came is then no error."""


def misestimates(plan: Json) -> tuple[Misestimate, ...]:
    """Give the nodes of an executed ``plan`` that were estimated wrongly, the worst first."""
    nodes = iter(tree(plan))
    found = [one for one in _walk(plan, nodes, _Above()) if one.q > 1]
    return tuple(sorted(found, key=lambda one: -one.q))


def _walk(node: Json, nodes: Iterator[PlanNode], above: _Above) -> Iterator[Misestimate]:
    row = next(nodes)
    kind = row.kind
    estimated, actual = max(number(node, "Plan Rows"), 1.0), max(number(node, "Actual Rows"), 1.0)
    unjust = (estimated > actual and above.early) or (actual > estimated and above.repeated)
    if row.executed and kind not in NO_ROWS and not unjust:
        yield Misestimate(row, max(estimated / actual, actual / estimated), above.decides)
    decides = kind if kind in DECIDES else above.decides
    for child in node.get("Plans", ()):
        relationship = str(child.get("Parent Relationship", ""))
        early = (above.early and kind not in WHOLE) or kind in ("Limit", "Merge Join") or relationship == "SubPlan"
        early = early or (relationship == "Inner" and (node.get("Join Type") in EARLY_JOINS or _unique(node)))
        repeated = kind == "Merge Join" and relationship == "Inner"
        # Below a sort that a merge join reads twice, each row came once.
        repeated = repeated or (above.repeated and kind == "Materialize")
        yield from _walk(child, nodes, _Above(decides, early, repeated))


def _unique(node: Json) -> bool:
    return bool(node.get("Inner Unique"))

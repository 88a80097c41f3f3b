"""The plans of a pair as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.model import STATES, Pair, PlanSeen
from bench.plans import PlanNode, tree

# From here on a wrong estimate is likely to have cost a better plan.
WRONG_ESTIMATE = 10
READS_ALL = ("Sort", "Aggregate", "Hash", "Bitmap Index Scan")


@dataclass(frozen=True, slots=True)
class NodeView:
    """A row of a plan: the node, and its own buffers in percent of those of the larger of the two plans."""

    node: PlanNode
    percent: float
    estimate: str


def plans_of(pair: Pair) -> dict[str, tuple[NodeView, ...]]:
    """Lay out the plans of ``pair`` by state; empty where none was seen."""
    seen = {state: plan for state in STATES if (plan := pair.side(state).plan)}
    # One scale for both, so that the bars can be compared.
    full = max((plan.counters.buffers for plan in seen.values()), default=1) or 1
    return {state: tuple(_nodes(plan, full)) for state, plan in seen.items()}


def _nodes(seen: PlanSeen, full: int) -> Iterable[NodeView]:
    stopped: list[bool] = []
    for node in tree(seen.plan):
        # Whether a Limit above may have stopped this node early; a node that reads all its input first shields it.
        above = stopped[node.depth - 1] if node.depth else False
        del stopped[node.depth :]
        stopped.append(node.kind == "Limit" or (above and node.kind not in READS_ALL))
        yield NodeView(node, round(100 * node.buffers_self / full, 1), _estimate(node, stopped=above))


def _estimate(node: PlanNode, *, stopped: bool) -> str:
    """Say how far off the planner's row estimate was, where that is more than tenfold.

    A node that was stopped early gave fewer rows than it has: that is no wrong estimate.
    """
    guessed, real = max(node.estimated_rows, 1.0), max(node.actual_rows, 1.0)
    factor = max(guessed / real, real / guessed)
    if not node.executed or factor < WRONG_ESTIMATE or (stopped and guessed > real):
        return ""
    return f"{factor:,.0f}× too {'many' if guessed > real else 'few'} rows expected"

"""From an EXPLAIN document to the record that a run keeps: plan, fingerprint, work counters."""

from __future__ import annotations

from bench.model import Json, PlanSeen
from bench.plans.distributed import gathered, spread_of
from bench.plans.parse import counters, fingerprint, number


def from_explain(document: Json) -> PlanSeen:
    """Read one EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING OFF, FORMAT JSON) document.

    ``document`` is what the server returns: a list of one object. Planning buffers are not counted: they depend on
    what the connection has cached, not on the plan.
    """
    explained = document[0] if isinstance(document, list) else document
    given = explained["Plan"]
    spread = spread_of(given)
    plan = gathered(given) if spread else given
    return PlanSeen(
        plan=plan,
        fingerprint=fingerprint(plan),
        counters=counters(plan),
        planning_ms=number(explained, "Planning Time"),
        execution_ms=number(explained, "Execution Time"),
        spread=spread,
    )

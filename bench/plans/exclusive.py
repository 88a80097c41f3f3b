"""What a node of a plan did itself: its total without that of the nodes below it. For blocks, and for times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bench.model import Json, PlanSeen
from bench.plans.parse import fingerprint, number, walk

Total = Callable[[Json], float]
"""What EXPLAIN counts for a node and everything below it."""

TIMES = ("Actual Startup Time", "Actual Total Time")
DIGITS = 3
"""The server gives times per loop with that many decimals, in milliseconds."""


def shared_parts(plan: Json, total: Total) -> dict[str, float]:
    """Give the total of each CTE of ``plan`` by its name, for ``own_part`` to take it from where it is read."""
    return {
        str(node["Subplan Name"]).removeprefix("CTE "): total(node)
        for node in walk(plan)
        if str(node.get("Subplan Name", "")).startswith("CTE ")
    }


def own_part(node: Json, total: Total, shared: dict[str, float]) -> float:
    """Take the children's totals from that of ``node``; never below zero.

    A CTE or InitPlan hangs under one node but runs, and is counted, where its result is first asked for. So a CTE is
    taken from the scan that reads it (``shared`` keeps what is left of it for the next scan), and a result below zero
    means that such a part ran elsewhere: it was no work of this node.
    """
    own = total(node) - sum(
        total(child) for child in node.get("Plans", ()) if not str(child.get("Subplan Name", "")).startswith("CTE ")
    )
    name = node.get("CTE Name")
    if name in shared:
        taken = min(max(own, 0), shared[name])
        shared[name] -= taken
        own -= taken
    return max(own, 0)


def own_ms(plan: Json) -> tuple[float, ...]:
    """Give the milliseconds of each node alone, parents before children, of a plan that was run with TIMING ON.

    The server gives the mean of a loop: times loops, it is the time of all loops. Parallel workers count as loops, so
    theirs is the time of all processes together, not the time that passed.
    """
    shared = shared_parts(plan, _total_ms)
    return tuple(round(own_part(node, _total_ms, shared), DIGITS) for node in walk(plan))


def without_times(document: Json) -> Json:
    """Give ``document`` without what TIMING ON adds to it: no figure comes from that but shares."""
    if isinstance(document, list):
        return [without_times(one) for one in document]
    if isinstance(document, dict):
        return {key: without_times(one) for key, one in document.items() if key not in TIMES}
    return document


def with_self_ms(seen: PlanSeen, document: Json) -> PlanSeen:
    """Add the times of ``document``, the same statement's EXPLAIN with TIMING ON; not where its plan is another."""
    plan = (document[0] if isinstance(document, list) else document)["Plan"]
    return replace(seen, self_ms=own_ms(plan)) if fingerprint(plan) == seen.fingerprint else seen


def _total_ms(node: Json) -> float:
    return number(node, "Actual Total Time") * number(node, "Actual Loops")

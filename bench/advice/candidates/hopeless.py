"""Why nothing was found for a statement, with the figure behind it."""

from __future__ import annotations

from collections.abc import Sequence

from bench.advice.candidates.btree import TINY_PAGES
from bench.advice.candidates.context import Context
from bench.advice.candidates.demands import Demand
from bench.advice.candidates.seen import SeenClass, SeenQuery
from bench.model.advice import Hopeless
from bench.plans.exclusive import own_ms
from bench.plans.parse import walk
from bench.report.numbers import count, listed, ms, plural

CALCULATING = {
    "Sort": "sorting", "Incremental Sort": "sorting", "Aggregate": "aggregating", "WindowAgg": "window functions",
    "Group": "grouping", "Unique": "leaving out duplicates", "SetOp": "set operations", "ProjectSet": "unnesting",
    "Result": "calculating", "ModifyTable": "writing",
}  # fmt: skip
MOST_OF = 0.5
"""Share of time or rows that counts as most."""


def hopeless(seen: SeenQuery, demands: Sequence[Demand], context: Context) -> Hopeless:
    """The reason of the class that touches most."""
    name, worst = max(seen.classes.items(), key=lambda item: (item[1].plan.counters.buffers, item[0]))
    own = [demand for demand in demands if demand.parameter_class == name]
    return Hopeless(seen.query.name, f"{_reason(name, worst, own, context)}.")


def _reason(name: str, seen: SeenClass, demands: Sequence[Demand], context: Context) -> str:
    plan = seen.plan
    buffers = plan.counters.buffers
    if "Actual Rows" not in plan.plan:
        return f"class {name} did not finish, and no condition of it is one that an index could serve"
    if buffers <= TINY_PAGES:
        return f"reads {plural(buffers, 'page')} in all"
    in_vain = any(demand.removed for demand in demands)
    answered = [] if in_vain else [index for demand in demands for index in demand.indexes]
    if not answered and plan.planning_ms > plan.execution_ms:
        times = f"planning takes {ms(plan.planning_ms)}, executing {ms(plan.execution_ms)}"
        return f"{times}, with {count(buffers)} pages read"
    if most := _reads_most(demands, context):
        return most
    if calculated := _calculates(seen):
        return calculated
    if answered:
        what = listed(list(dict.fromkeys(answered)))
        return f"is answered by {what} already: {count(buffers)} pages, and no row is read in vain"
    where = listed(list(dict.fromkeys(demand.table.name for demand in demands))) or "no table"
    read = f"reads {plural(buffers, 'page')} of {where}"
    useless = list(dict.fromkeys(term.text for demand in demands for term in demand.terms if term.text))
    if useless and not any(demand.indexes for demand in demands):
        return f"{read}, and no index can hold what it asks: {listed(useless, most=2)}"
    return f"{read}, and has no condition, order or join that another index could serve"


def _reads_most(demands: Sequence[Demand], context: Context) -> str:
    for demand in sorted(demands, key=lambda one: -one.pages):
        rows = context.table(demand.table).rows
        share = min(1.0, demand.rows / max(demand.loops, 1) / rows) if rows else 0.0
        if share >= MOST_OF and demand.pages > TINY_PAGES:
            return (
                f"reads {share:.0%} of the {count(rows)} rows of {demand.table.name} and needs them all "
                f"({count(demand.pages)} pages)"
            )
    return ""


def _calculates(seen: SeenClass) -> str:
    plan = seen.plan.plan
    times = seen.plan.self_ms or (own_ms(plan) if "Actual Total Time" in plan else ())
    total = sum(times)
    by_kind: dict[str, float] = {}
    for node, own in zip(walk(plan), times, strict=False):
        if node["Node Type"] in CALCULATING:
            word = CALCULATING[node["Node Type"]]
            by_kind[word] = by_kind.get(word, 0.0) + own
    share = sum(by_kind.values()) / total if total else 0.0
    if share < MOST_OF:
        return ""
    words = sorted(by_kind, key=lambda word: -by_kind[word])
    return f"{share:.0%} of its {ms(total)} is {listed(words[:2])}"

"""How the statements of a run were spread over a Citus cluster, and what that means for a tenant that grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.model import STATES, Pair, Query, Run, State
from bench.model.plan import PlanSeen, Spread, Way


@dataclass(frozen=True, slots=True)
class SpreadSide:
    """One state of a query, in the class in which it asks the most of the cluster."""

    spread: Spread | None
    """None where no other node took part."""
    buffers: int | None
    """Blocks of all tasks; None where there is no plan."""
    refused: str = ""
    """Why the cluster does not execute it."""
    form: bool = False
    """Whether it was asked in the words of ``citus/``."""


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """A query."""

    query: str
    before: SpreadSide
    after: SpreadSide


@dataclass(frozen=True, slots=True)
class SpreadSummary:
    """What a cluster did for the queries."""

    rows: tuple[SpreadRow, ...]
    sentences: tuple[str, ...]


def summarize_spread(run: Run) -> SpreadSummary | None:
    """None for a run on one server."""
    if not any(plan.spread for pair in run.pairs for state in STATES if (plan := pair.side(state).plan)):
        return None
    pairs = {query.name: [pair for pair in run.pairs if pair.query == query.name] for query in run.queries}
    rows = tuple(
        SpreadRow(query.name, *(_side(query, found, state) for state in STATES))
        for query in run.queries
        if (found := pairs[query.name])
    )
    return SpreadSummary(rows, tuple(_sentences(rows)))


def _side(query: Query, pairs: Sequence[Pair], state: State) -> SpreadSide:
    form = query.distributed(state)
    sides = [pair.side(state) for pair in pairs]
    if refused := next((side.error for side in sides if side.error), ""):
        return SpreadSide(None, None, refused, form)
    plans = [side.plan for side in sides if side.plan]
    if not plans:
        return SpreadSide(None, None, form=form)
    most = max(plans, key=_asked)
    return SpreadSide(most.spread, most.counters.buffers, form=form)


def _asked(plan: PlanSeen) -> tuple[int, int, int]:
    spread = plan.spread
    return (spread.tasks, spread.bytes_between, plan.counters.buffers) if spread else (0, 0, plan.counters.buffers)


def _sentences(rows: Sequence[SpreadRow]) -> Iterator[str]:
    total = len(rows)
    one, every, by_way = (_of_way(rows, way) for way in ("one shard", "all shards", "coordinator"))
    if one:
        yield (
            f"{len(one)} of {total} queries are answered by one shard in every class after the optimizations: what a "
            "tenant has lies on one node. More nodes carry more tenants; they make none of these faster for a tenant "
            f"that grows ({', '.join(one)})."
        )
    if every:
        yield f"All shards at once, so that more nodes share the work: {', '.join(every)}."
    if by_way:
        yield f"By way of the coordinator, which gets rows and sends them on before it can go on: {', '.join(by_way)}."
    for state in STATES:
        sides = [(row, row.before if state == "before" else row.after) for row in rows]
        if forms := [row.query for row, side in sides if side.form]:
            yield f"Asked {state} in the words for a cluster that citus/ has: {', '.join(forms)}."
        for row, side in sides:
            if side.refused:
                yield f"The cluster refuses {row.query} {state}: {side.refused}."


def _of_way(rows: Sequence[SpreadRow], way: Way) -> list[str]:
    return [row.query for row in rows if row.after.spread and row.after.spread.way == way]

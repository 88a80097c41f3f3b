"""Which table the work is in: blocks read per table, over all measured plans, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bench.model import STATES, Json, Run
from bench.plans import tree


@dataclass(frozen=True, slots=True)
class TableWork:
    """Blocks of 8 kB that the plans read of one table and its indexes, one execution of each cell."""

    table: str
    before: int
    after: int
    query: str
    """Name of the query that reads most of it, after (before, where nothing is left after)."""


def tables(run: Run) -> tuple[TableWork, ...]:
    """The tables of ``run``, most blocks before first; only cells that have a plan on both sides count."""
    totals: dict[str, Counter[str]] = {state: Counter() for state in STATES}
    by_query: dict[str, Counter[tuple[str, str]]] = {state: Counter() for state in STATES}
    for pair in run.pairs:
        seen = {state: plan.plan for state in STATES if (plan := pair.side(state).plan)}
        if len(seen) < len(STATES):
            continue
        for state, plan in seen.items():
            for table, blocks in _blocks(plan):
                totals[state][table] += blocks
                by_query[state][table, pair.query] += blocks
    before, after = (totals[state] for state in STATES)
    found = [
        TableWork(table, before[table], after[table], _most(by_query["after" if after[table] else "before"], table))
        for table in {*before, *after}
        if before[table] or after[table]
    ]
    return tuple(sorted(found, key=lambda one: (-max(one.before, one.after), one.table)))


def _blocks(plan: Json) -> Iterator[tuple[str, int]]:
    """Own blocks of each node that reads a table. A bitmap's index scan works for the heap scan above it."""
    above: list[str] = []
    for node in tree(plan):
        del above[node.depth :]
        relation = node.relation or (above[-1] if above and "Bitmap" in node.kind else "")
        above += [above[-1] if above else ""] * (node.depth - len(above))
        above.append(relation)
        if relation and node.buffers_self:
            yield relation, node.buffers_self


def _most(blocks: Counter[tuple[str, str]], table: str) -> str:
    known = [(-count, query) for (name, query), count in blocks.items() if name == table]
    return min(known)[1]

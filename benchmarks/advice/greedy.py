"""An adviser by estimate that tries every column of a statement, then every ordered pair: one winner for a statement.

The method is that of dexter, from what is written about it: hypothetical indexes on all columns at once; where the cost
is still high, on all ordered pairs; what then stands in the plan is proposed if it halves the cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations

from bench.postgres.connection import Connection
from benchmarks.advice.ground import Ground
from benchmarks.advice.hypothetical import (
    BATCH,
    Columns,
    Proposal,
    Statement,
    catalog,
    columns_in,
    cost,
    forget,
    pretend,
    statements_of,
    trial,
)

COST_LEAST = 100.0
"""Statements that cost less are left alone, and so are pairs where single columns already bring them below it."""

SAVING_LEAST = 0.5
"""What a proposal has to save of the cost."""

There = frozenset[tuple[str, tuple[str, ...]]]


def advise(ground: Ground) -> tuple[Proposal, ...]:
    """What it proposes for the workload."""
    with trial(ground) as connection:
        columns, there = catalog(connection)
        return merged(one for statement in statements_of(ground) for one in _of(connection, statement, columns, there))


def _of(connection: Connection, statement: Statement, columns: Columns, there: There) -> Iterable[Proposal]:
    bare, _ = cost(connection, statement)
    if bare < COST_LEAST:
        return ()
    named = columns_in(statement, columns)
    best, used = _tried(connection, statement, singles(named, there))
    if best > COST_LEAST:
        paired, by_pairs = _tried(connection, statement, pairs(named, there))
        if paired <= best * (1 - SAVING_LEAST):
            best, used = paired, by_pairs
    return winners(used, statement.query, bare, best)


Tried = tuple[float, list[Proposal]]
"""The least cost, and the candidates in that plan."""


def _tried(connection: Connection, statement: Statement, candidates: Sequence[Proposal]) -> Tried:
    best: Tried = (float("inf"), [])
    for start in range(0, len(candidates), BATCH):
        names = pretend(connection, candidates[start : start + BATCH])
        now, used = cost(connection, statement)
        if now < best[0]:
            best = (now, [names[name] for name in used if name in names])
        forget(connection)
    return best


def singles(named: Sequence[tuple[str, str]], there: There) -> list[Proposal]:
    """An index on each column, but for those that an index already begins with."""
    return [Proposal(table, (name,)) for table, name in named if (table, (name,)) not in there]


def pairs(named: Sequence[tuple[str, str]], there: There) -> list[Proposal]:
    """An index on each ordered pair of columns of one table."""
    both = permutations(named, 2)
    return [Proposal(t, (a, b)) for (t, a), (other, b) in both if t == other and (t, (a, b)) not in there]


def winners(used: Sequence[Proposal], query: str, bare: float, best: float) -> tuple[Proposal, ...]:
    """What stood in the plan, if it saves enough."""
    saving = 1 - best / bare
    if saving < SAVING_LEAST:
        return ()
    return tuple(Proposal(one.table, one.columns, (query,), saving) for one in used)


def merged(found: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """Each index once, with all queries that it was proposed for."""
    seen: dict[Proposal, Proposal] = {}
    for one in found:
        known = seen.get(one, one)
        queries = tuple(dict.fromkeys((*known.queries, *one.queries)))
        seen[one] = Proposal(one.table, one.columns, queries, max(known.saving, one.saving))
    return tuple(seen.values())

"""An adviser by estimate that asks of one statement at a time which single columns its generic plan would use.

The method is that of Supabase's index_advisor, from what is written about it: hypothetical b-trees on every column of
every table, two EXPLAINs, no threshold but that the cost falls.
"""

from __future__ import annotations

from collections.abc import Iterable

from bench.postgres.connection import Connection
from benchmarks.advice.greedy import There, merged, singles
from benchmarks.advice.ground import Ground
from benchmarks.advice.hypothetical import Columns, Proposal, Statement, catalog, forget, generic_cost, pretend, trial
from benchmarks.advice.hypothetical import statements_of as all_statements


def advise(ground: Ground) -> tuple[Proposal, ...]:
    """What it proposes for the workload."""
    statements = {one.query: one for one in all_statements(ground)}  # no values: one of each query says it all
    with trial(ground) as connection:
        columns, there = catalog(connection)
        return merged(one for statement in statements.values() for one in _of(connection, statement, columns, there))


def _of(connection: Connection, statement: Statement, columns: Columns, there: There) -> Iterable[Proposal]:
    bare, _ = generic_cost(connection, statement)
    every = [(table, name) for table in statement.tables for name in columns.get(table, ())]
    names = pretend(connection, singles(every, there))
    best, used = generic_cost(connection, statement)
    forget(connection)
    if best >= bare:
        return ()
    return [
        Proposal(one.table, one.columns, (statement.query,), 1 - best / bare)
        for one in (names[name] for name in used if name in names)
    ]

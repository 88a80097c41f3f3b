"""What candidates cost to write: one more row, and the updates that the workload's own queries make."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from bench.attribution.changed_tables import changed_tables
from bench.attribution.subsets import Sets
from bench.attribution.writes import write_costs
from bench.experiments.advise.record import HeapOnly
from bench.experiments.setup import Setup
from bench.measurement import Cell
from bench.measurement.write_statements import WriteStatement, statements_of
from bench.measurement.write_trials import clean_up, run_trial
from bench.model import Attribution, Optimization, Write, WriteCost
from bench.postgres.connection import Connection
from bench.syntax.tree import NotParsed, kind, parse, statement
from bench.workload.sqlfile import numbered

UPDATES_MOST = 6
"""Queries that update whose price is measured beside the rows that come in, those of the most weight: each takes some
executions for each candidate of its table."""


HEAP_ONLY_MOST = 12
"""Executions at most that say which candidate keeps which updates from being heap-only."""


def priced(
    setup: Setup, database: str, there: Mapping[str, Optimization], wanted: Collection[str], cells: Sequence[Cell],
    nearest: Collection[str],
) -> tuple[Attribution, tuple[HeapOnly, ...]]:  # fmt: skip
    """Measure what each of ``wanted`` costs to write.

    By the statements in ``writes/``; without any, by a made-up insert for each table and by the queries that update: an
    index that holds a column which they set keeps their new rows from staying heap-only.

    Args:
        setup: the workload.
        database: where all candidates were built; the others are dropped there, for good.
        there: their blocks, in the order in which they were applied.
        wanted: names of those that shall have a price.
        cells: queries and classes.
        nearest: names of those that come first where only some can be tried alone.
    """
    blocks = tuple(block for name, block in there.items() if name in wanted)
    with setup.target.connect(database) as connection:
        sets = Sets(connection, there)
        for name in reversed(list(there)):
            if name not in wanted:
                sets.try_undo(name)
        changed, failed = changed_tables(connection, blocks, {})
        workload = replace(setup.workload, optimizations=blocks)
        also = () if workload.writes else tuple(updates_of(cells))
        writes, costs, notes = write_costs(connection, workload, changed, {}, setup.progress, also)
        statements = (*also, *statements_of(connection, workload, ())[0])
        hot = tuple(islice(heap_only(connection, statements, blocks, costs, nearest), HEAP_ONLY_MOST))
    untold = tuple(f"The write cost of {name} was not measured: {why}." for name, why in failed.items())
    return Attribution(writes=writes, write_costs=costs, notes=(*notes, *untold)), hot


def heap_only(
    connection: Connection,
    statements: Sequence[WriteStatement],
    blocks: Sequence[Optimization],
    costs: Sequence[WriteCost],
    nearest: Collection[str],
) -> Iterator[HeapOnly]:
    """Which candidate keeps updates from being heap-only by itself: leaving out one of two that do changes nothing."""
    by_name = {one.write.name: one for one in statements}
    together = {cost.write: cost for cost in costs if not cost.optimization}
    for write, cost in together.items():
        bare = cost.without_it
        if write not in by_name or cost.with_it.hot_updated >= bare.hot_updated:
            continue
        own = {other.optimization for other in costs if other.write == write and other.optimization}
        for block in sorted((one for one in blocks if one.name in own), key=lambda one: one.name not in nearest):
            away = [other for other in reversed(blocks) if other.name != block.name]
            trial = run_trial(connection, by_name[write], away)
            clean_up(connection, trial.tables)
            if trial.updated:
                share = trial.hot_updated / trial.updated
                yield HeapOnly(write, block.name, bare.hot_updated / bare.updated, share)


def updates_of(cells: Sequence[Cell]) -> Iterator[WriteStatement]:
    """The queries that update, each with the values of its first class."""
    first = {cell.query.name: cell for cell in reversed(cells) if cell.query.writes}
    updating = [cell for cell in first.values() if _updates(cell)]
    for cell in sorted(updating, key=lambda cell: (-cell.query.weight, cell.query.name))[:UPDATES_MOST]:
        query = cell.query
        text, names = numbered(query.sql, {one.name: one.type for one in query.parameters})
        write = Write(query.name, query.title, query.sql, query.file)
        args = dict(cell.bindings[0].args)
        yield WriteStatement(write, f"{query.file}:{query.line}", text, tuple(names), args)


def _updates(cell: Cell) -> bool:
    text, _ = numbered(cell.query.sql, {one.name: one.type for one in cell.query.parameters})
    try:
        return kind(statement(parse(text))) == "UpdateStmt"
    except NotParsed:
        return False

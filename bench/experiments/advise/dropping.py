"""Indexes that could go: taken away one after the other on a copy that has the set; what changed is executed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import psycopg

from bench.advice.blocks import blocks_of
from bench.advice.candidates import superfluous
from bench.advice.menus import SLOWER, SLOWER_MS
from bench.attribution.cells import NOTHING, Found, Key
from bench.attribution.subsets import Sets
from bench.experiments.advise.looking import look_at
from bench.experiments.advise.record import AdviseRun, DropTried, Proposal
from bench.experiments.setup import Setup
from bench.hygiene.fk_indexes import serves
from bench.inference.rows.catalog import read_catalog
from bench.measurement import Cell, Sides
from bench.measurement.execution import shape_of
from bench.model import Json, Tried
from bench.plans import index_names
from bench.postgres.connection import Connection
from bench.postgres.facts import read_facts
from bench.postgres.failures import first_line
from bench.postgres.index_facts import foreign_keys, index_facts

EXECUTIONS = 5
"""Of each of two plans on which it rests whether an index can go."""

MORE_BUFFERS = 2.0
MORE_BLOCKS = 50
"""What a plan may touch more at most without the index, where the clock sees nothing: on a larger table it will."""

ALONE = "it is the only index left that supports {}: deleting a parent would read the whole table"

NONE: Mapping[str, str] = {}


def find_drops(
    setup: Setup, database: str, seen: AdviseRun, cells: Sequence[Cell], timeout_s: float
) -> tuple[Proposal, ...]:
    """The indexes of a copy that has the set that could go: what the set made superfluous is among them."""
    own = {one.candidate.name for one in seen.proposals if one.block.name in seen.chosen}
    sides = Sides(setup.target, {"before": database}, timeout_s)
    looked, _ = look_at(sides, cells, setup.progress, executed=False)
    with setup.target.connect(database) as connection:
        Sets(connection, {}).clean()
        found = superfluous(read_catalog(connection), looked, read_facts(connection))
    drops = [one for one in found if one.name not in own]
    blocks = blocks_of([*(one.candidate for one in seen.proposals), *drops], {query.name for query in seen.queries})
    return tuple(Proposal(one, block) for one, block in zip(drops, [*blocks.values()][-len(drops) :], strict=False))


def try_drops(
    setup: Setup, database: str, drops: Sequence[Proposal], cells: Sequence[Cell], timeout_s: float
) -> tuple[DropTried, ...]:
    """Take the indexes away in the order given. One without which a cell gets slower comes back, the others stay away
    while the next are tried: so what is proposed is proved together."""
    sides = Sides(setup.target, {"after": database}, timeout_s)
    tried: list[DropTried] = []
    with sides.connect("after", writes=True) as connection:
        connection.prepared_max = None
        found = [Found(cell) for cell in cells]
        plans = {seen.key: _shape(connection, seen) for seen in found}
        for number, one in enumerate(drops):
            setup.progress("taking out indexes", number, len(drops))
            tried.append(_without(connection, one, found, plans))
        setup.progress("taking out indexes", len(drops), len(drops))
    return tuple(tried)


def _shape(connection: Connection, seen: Found) -> Json:
    return shape_of(connection, seen.cell, seen.state(NOTHING), 0)


def _without(connection: Connection, drop: Proposal, found: Sequence[Found], plans: dict[Key, Json]) -> DropTried:
    """Take an index away for good, unless that makes something slower; only what gets another plan by it is executed.

    ``plans`` are those that the server takes with it, by query and class, and are kept so.
    """
    name, size = drop.block.name, _size(connection, drop)
    try:
        concerned = [seen for seen in found if _may_change(drop, plans[seen.key])]
        with _dropped(connection, drop) as lost:
            now = {} if lost else {seen.key: _shape(connection, seen) for seen in concerned}
        if lost:
            return DropTried(name, size, error=ALONE.format(", ".join(lost)))
        changed = [seen for seen in concerned if now[seen.key] != plans[seen.key]]
        slower = _slower(connection, drop, changed) if changed else {}
        if not slower:
            connection.execute(drop.candidate.ddl)
            plans.update(now)
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        return DropTried(name, size, error=first_line(error))
    return DropTried(name, size, slower, len(changed))


@contextmanager
def _dropped(connection: Connection, drop: Proposal) -> Iterator[list[str]]:
    """A block in which the index is away; the foreign keys that none supports any more."""
    supported = _supported(connection)
    with connection.transaction(force_rollback=True):
        connection.execute(drop.candidate.ddl)
        yield sorted(supported - _supported(connection))


def _slower(connection: Connection, drop: Proposal, changed: Sequence[Found]) -> dict[str, tuple[float, float]]:
    """Those that get slower without the index, with their times with it and without, in ms."""
    with_it: dict[Key, Tried] = {}
    for seen in changed:
        with connection.transaction():
            with_it[seen.key] = seen.tried[seen.plan_here(NOTHING, connection, NONE, EXECUTIONS)]
    slower = {}
    with _dropped(connection, drop):
        for seen in changed:
            without = seen.tried[seen.plan_here(frozenset({drop.block.name}), connection, NONE, EXECUTIONS)]
            if _worse(with_it[seen.key], without):
                slower[seen.cell.label] = with_it[seen.key].least_ms, without.least_ms
    return slower


def _may_change(drop: Proposal, plan: Json) -> bool:
    """Whether a plan can become another one without the index: an index of plain columns that it does not use only adds
    a way to read, and the cheapest of fewer ways is the same. A unique one proves things, an expression has statistics.
    """
    index = drop.candidate.index
    plain = index is not None and not index.unique and set(index.keys) <= set(index.columns)
    return not (plain and index) or index.name in index_names(plan)


def _supported(connection: Connection) -> set[str]:
    """The foreign keys by which an index finds what refers to a deleted row. No plan says so: a trigger asks."""
    indexes = index_facts(connection, {})
    return {key.name for key in foreign_keys(connection) if any(serves(index, key) for index in indexes)}


def _worse(with_it: Tried, without: Tried) -> bool:
    if without.censored or with_it.censored:
        return without.censored and not with_it.censored
    here, there = with_it.least_ms, without.least_ms
    if there > SLOWER * here and there - here >= SLOWER_MS:
        return True
    blocks = with_it.counters.buffers, without.counters.buffers
    return blocks[1] > MORE_BUFFERS * blocks[0] and blocks[1] - blocks[0] >= MORE_BLOCKS


def _size(connection: Connection, drop: Proposal) -> int:
    if drop.candidate.index is None or not drop.candidate.tables:
        return 0
    schema = drop.candidate.tables[0].partition(".")[0]
    asked = (
        "SELECT pg_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relname = %s"
    )
    row = connection.execute(asked, [schema, drop.candidate.index.name]).fetchone()
    return int(row[0]) if row else 0

"""Indexes that could go: taken away one after the other on a copy that has the set; what changed is executed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from bench.advice.blocks import blocks_of
from bench.advice.candidates import superfluous
from bench.advice.menus import SLOWER, SLOWER_MS
from bench.attribution.cells import NOTHING, Found
from bench.attribution.subsets import Sets
from bench.experiments.advise.looking import look_at
from bench.experiments.advise.record import AdviseRun, DropTried, Proposal
from bench.experiments.setup import Setup
from bench.hygiene.fk_indexes import serves
from bench.inference.rows.catalog import read_catalog
from bench.measurement import Cell, Sides
from bench.model import Tried
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
    looked, _ = look_at(Sides(setup.target, {"before": database}, timeout_s), cells, setup.progress)
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
        plans: dict[str, int] = {}
        for number, seen in enumerate(found):
            setup.progress("executing with the set", number, len(found), "cells")
            with connection.transaction():
                plans[seen.cell.label] = seen.plan_here(NOTHING, connection, NONE, EXECUTIONS)
        for number, one in enumerate(drops):
            setup.progress("taking out indexes", number, len(drops))
            tried.append(_without(connection, one, found, plans))
        setup.progress("taking out indexes", len(drops), len(drops))
    return tuple(tried)


def _without(connection: Connection, drop: Proposal, found: Sequence[Found], plans: dict[str, int]) -> DropTried:
    name, changed, slower = drop.block.name, 0, dict[str, tuple[float, float]]()
    size = _size(connection, drop)
    now: dict[str, int] = {}
    supported, lost = _supported(connection), set[str]()
    try:
        with connection.transaction() as transaction:
            connection.execute(drop.candidate.ddl)
            if lost := supported - _supported(connection):
                raise psycopg.Rollback(transaction)
            for seen in found:
                label = seen.cell.label
                if not _may_change(drop, seen.tried[plans[label]]):
                    now[label] = plans[label]
                    continue
                now[label] = seen.plan_here(frozenset({name}), connection, NONE, EXECUTIONS)
                if now[label] != plans[label]:
                    changed += 1
                    with_it, without = seen.tried[plans[label]], seen.tried[now[label]]
                    if _worse(with_it, without):
                        slower[label] = (with_it.least_ms, without.least_ms)
            if slower:
                raise psycopg.Rollback(transaction)
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        return DropTried(name, size, error=first_line(error))
    if not slower:
        plans.update(now)
    return DropTried(name, size, slower, changed, ALONE.format(", ".join(sorted(lost))) if lost else "")


def _may_change(drop: Proposal, tried: Tried) -> bool:
    """Whether a plan can become another one without the index: an index of plain columns that it does not use only adds
    a way to read, and the cheapest of fewer ways is the same. A unique one proves things, an expression has statistics.
    """
    index = drop.candidate.index
    plain = index is not None and not index.unique and set(index.keys) <= set(index.columns)
    return not (plain and index and tried.plan) or index.name in index_names(tried.plan)


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

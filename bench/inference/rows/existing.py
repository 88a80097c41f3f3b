"""What rows that are there already mean for new ones: they are parents, and keys go on behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyarrow as pa
from psycopg import sql

from bench.inference.rows.world import World
from bench.inference.types.parse import typed
from bench.model.schema import Column, Table
from bench.postgres.connection import Connection

MOST = 100_000
"""Rows of a table that are read back as parents."""
_WHOLE = {"int2", "int4", "int8", "numeric", "oid"}


def read_existing(connection: Connection, world: World, names: Iterable[str]) -> None:
    """Fill in the states of ``world`` what these of its tables hold, as far as they hold anything."""
    for name in names:
        subject, state = world.subjects[name], world.states[name]
        if not subject.table.rows:
            continue
        columns = [column for column in subject.table.columns if (name, column.name) in world.required]
        if columns:
            state.existing = _read(connection, subject.table, columns, given=True)
            state.there = len(next(iter(state.existing.values())))
        if state.rows:
            numbered = {column for key in subject.keys for column in key.columns}
            keys = [column for column in subject.table.columns if column.name in numbered]
            state.taken = _read(connection, subject.table, keys, given=False)
            for column in keys:
                if column.type.plain.name in _WHOLE:
                    state.bases[column.name] = _largest(connection, subject.table, column)
        world.forget(name)


def read_back(connection: Connection, world: World, name: str) -> None:
    """Have others refer to the rows of a table as triggers left them in the server."""
    count_anew(connection, world, name)
    state = world.states[name]
    state.copied, state.rows, state.asked, state.drawn, state.kept = state.rows, 0, 0, 0, None
    read_existing(connection, world, [name])


def count_anew(connection: Connection, world: World, name: str) -> None:
    """See how many rows a table has by now."""
    subject = world.subjects[name]
    statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(subject.table.schema, subject.table.table))
    row = connection.execute(statement).fetchone()
    world.subjects[name] = replace(subject, table=replace(subject.table, rows=int(row[0]) if row else 0))


def _read(connection: Connection, table: Table, columns: Sequence[Column], *, given: bool) -> dict[str, pa.Array]:
    """Columns of the rows, of those alone in which none of them is NULL (``given``), in an order of their own."""
    if not columns:
        return {}
    names = [sql.Identifier(column.name) for column in columns]
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(name) for name in names)
    filled = sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(name) for name in names)
    statement = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
        texts, sql.Identifier(table.schema, table.table), filled if given else sql.SQL("true"),
        sql.SQL(", ").join(sql.SQL(str(place + 1)) for place in range(len(names))), sql.Literal(MOST),
    )  # fmt: skip
    found = connection.execute(statement).fetchall()
    arrays = [pa.array([row[place] for row in found], pa.string()) for place in range(len(columns))]
    return {column.name: typed(column.type, array) for column, array in zip(columns, arrays, strict=True)}


def _largest(connection: Connection, table: Table, column: Column) -> int:
    statement = sql.SQL("SELECT coalesce(ceil(max({})::numeric), 0)::bigint FROM {}")
    row = connection.execute(
        statement.format(sql.Identifier(column.name), sql.Identifier(table.schema, table.table))
    ).fetchone()
    return int(row[0]) if row else 0

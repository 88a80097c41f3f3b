"""What rows that are there already mean for new ones: they are parents, and keys go on behind them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from psycopg import sql

from bench.inference.rows.world import World
from bench.inference.types.parse import typed
from bench.model.schema import Column, Table
from bench.postgres.connection import Connection

MOST = 100_000
"""Rows of a table that are read back as parents."""
_WHOLE = {"int2", "int4", "int8", "numeric", "oid"}


def read_existing(connection: Connection, world: World) -> None:
    """Fill in the states of ``world`` what its tables hold."""
    for name, subject in world.subjects.items():
        if not subject.table.rows:
            continue
        state = world.states[name]
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
    world.forget_all()


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

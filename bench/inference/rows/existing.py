"""What rows that are there already mean for new ones: they are parents, and keys go on behind them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from psycopg import sql

from bench.inference.rows.world import State, World
from bench.inference.types.parse import typed
from bench.model.schema import Column
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
            state.there, state.existing = _parents(connection, subject.table.schema, subject.table.table, columns)
        if state.rows:
            numbered = {column for key in subject.keys for column in key.columns}
            for column in subject.table.columns:
                if column.name in numbered and column.type.plain.name in _WHOLE:
                    state.bases[column.name] = _largest(connection, subject.table.schema, subject.table.table, column)
    world.forget_all()


def _parents(
    connection: Connection, schema: str, table: str, columns: Sequence[Column]
) -> tuple[int, dict[str, pa.Array]]:  # fmt: skip
    """Columns that others refer to, of the rows in which none of them is NULL, in an order of their own."""
    names = [sql.Identifier(column.name) for column in columns]
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(name) for name in names)
    given = sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(name) for name in names)
    statement = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
        texts, sql.Identifier(schema, table), given,
        sql.SQL(", ").join(sql.SQL(str(place + 1)) for place in range(len(names))), sql.Literal(MOST),
    )  # fmt: skip
    found = connection.execute(statement).fetchall()
    arrays = [pa.array([row[place] for row in found], pa.string()) for place in range(len(columns))]
    return len(found), {c.name: typed(c.type, array) for c, array in zip(columns, arrays, strict=True)}


def _largest(connection: Connection, schema: str, table: str, column: Column) -> int:
    statement = sql.SQL("SELECT coalesce(ceil(max({})::numeric), 0)::bigint FROM {}")
    row = connection.execute(statement.format(sql.Identifier(column.name), sql.Identifier(schema, table))).fetchone()
    return int(row[0]) if row else 0


__all__ = ["State", "read_existing"]

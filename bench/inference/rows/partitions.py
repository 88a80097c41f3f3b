"""Partitions for a partitioned table that has none: an application makes them as time goes by, rows need them now."""

from __future__ import annotations

from datetime import datetime

from psycopg import sql

from bench.model.schema import Schema, Table
from bench.postgres.connection import Connection

MONTHS = 24
"""Months before the clock that get a partition each, where the key is a time."""
REMAINDERS = 4
"""Partitions of a table that is partitioned by hash."""
_TIMES = {"date", "timestamp", "timestamptz"}


def make_partitions(connection: Connection, schema: Schema, clock: str) -> list[str]:
    """Make them as the owner of the table would; return the names of the tables that got some."""
    bare = [table for table in schema.tables if table.partitioning and not table.partitioning.leaves]
    for table in bare:
        for statement in _statements(table, datetime.fromisoformat(clock)):
            connection.execute(statement)
    return [table.name for table in bare]


def _statements(table: Table, clock: datetime) -> list[sql.Composed]:
    partitioning = table.partitioning
    assert partitioning is not None
    if partitioning.strategy == "hash":
        bounds = sql.SQL("FOR VALUES WITH (MODULUS {}, REMAINDER {})")
        return [_partition(table, str(n), bounds.format(REMAINDERS, n)) for n in range(REMAINDERS)]
    made = [_partition(table, "default", sql.SQL("DEFAULT"))]
    key = next((column for column in table.columns if (column.name,) == partitioning.keys), None)
    if partitioning.strategy == "range" and key is not None and key.type.plain.name in _TIMES:
        last = clock.year * 12 + clock.month - 1
        made += [_month(table, number) for number in range(last - MONTHS, last + 1)]
    return made


def _month(table: Table, number: int) -> sql.Composed:
    first, after = (f"{n // 12:04}-{n % 12 + 1:02}-01" for n in (number, number + 1))
    bounds = sql.SQL("FOR VALUES FROM ({}) TO ({})").format(sql.Literal(first), sql.Literal(after))
    return _partition(table, first[:7].replace("-", "_"), bounds)


def _partition(table: Table, suffix: str, bounds: sql.Composable) -> sql.Composed:
    name = f"{table.table[: 62 - len(suffix)]}_{suffix}"
    return sql.SQL("CREATE TABLE {} PARTITION OF {} {}").format(
        sql.Identifier(table.schema, name), sql.Identifier(table.schema, table.table), bounds
    )

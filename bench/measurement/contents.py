"""What a statement that writes leaves in the tables: their content, as a number for each, before it is rolled back.

The server says which tables were written (triggers and cascades included). Each of those is read whole and its rows
are hashed one by one and summed, so that their order does not count. That costs 0.4 to 2.5 s of processor time for a
million rows (benchmarks/content_hash.py, docs/method.md); tables that were not written cost nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from bench.postgres.catalog import rows
from bench.postgres.connection import Connection

Columns = Mapping[str, Mapping[str, str]]
"""Table to its columns and their types."""

FLOAT_FORMAT = "9.99999999999EEEE"
"""Twelve significant digits: sums in another order differ in the last ones."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The content of what one execution wrote: table to a number; ``unknown`` says why there is none."""

    tables: Mapping[str, str]
    unknown: str = ""


def shared_columns(connections: Collection[Connection]) -> Columns:
    """The tables and columns that all these databases have."""
    first, *others = [
        {row["name"]: dict(zip(row["columns"], row["types"], strict=True)) for row in rows(one, "list_table_columns")}
        for one in connections
    ]
    return {
        table: {column: kind for column, kind in columns.items() if all(column in other[table] for other in others)}
        for table, columns in first.items()
        if all(table in other for other in others)
    }


def written_before(connection: Connection) -> Mapping[str, int]:
    """Rows that this session has written and not yet reported, by table: to be given to ``written_since``."""
    return {row["name"]: row["rows"] for row in rows(connection, "count_rows_written")}


def written_since(connection: Connection, before: Mapping[str, int]) -> tuple[str, ...]:
    """The tables that were written since, in the transaction that is open."""
    counted = {name for name, number in written_before(connection).items() if number != before.get(name, 0)}
    return tuple(sorted(counted | {row["name"] for row in rows(connection, "list_tables_locked_whole")}))


def contents(connection: Connection, tables: Sequence[str], columns: Columns) -> Contents:
    """The content of ``tables`` in the transaction that is open, by these of their columns."""
    found = {}
    try:
        for table in tables:
            if known := columns.get(table):
                found[table] = _content(connection, table, known)
    except psycopg.errors.QueryCanceled:
        return Contents({}, f"{table} could not be read within the statement timeout")
    return Contents(found)


def by_column(connection: Connection, tables: Sequence[str], columns: Columns) -> dict[tuple[str, str], str]:
    """The content of each column by itself: which of them two executions differ in. Raises on a timeout."""
    return {
        (table, name): _content(connection, table, {name: kind})
        for table in tables
        for name, kind in columns.get(table, {}).items()
    }


def _content(connection: Connection, table: str, columns: Mapping[str, str]) -> str:
    parts = sql.SQL(", ").join(_column(name, kind) for name, kind in columns.items())
    for how in ("hash_record_extended(ROW({}), 0)", "hashtextextended(ROW({})::text, 0)"):
        asked = sql.SQL("SELECT count(*) || ':' || coalesce(sum({}), 0) FROM {}").format(
            sql.SQL(how).format(parts), sql.SQL(table)
        )
        try:
            with connection.transaction():
                return str(connection.execute(asked).fetchall()[0][0])
        except psycopg.errors.UndefinedFunction:  # a type without a hash: json, point, xml
            continue
    raise AssertionError("every type has a text")


def _column(name: str, kind: str) -> sql.Composable:
    column = sql.Identifier(name)
    if kind in ("real", "double precision"):
        return sql.SQL("to_char({}, {})").format(column, sql.Literal(FLOAT_FORMAT))
    return column

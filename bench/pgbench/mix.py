"""What the load does: point reads and updates by primary key on the tables that optimizations act on.

An update sets a column to what it holds, so the rows stay what they were, whatever the schema means. Keys come from a
sample of those that exist, in a small table of our own beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from bench.model import Optimization
from bench.postgres import ledger
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained, first_line

KEYS = 1000
"""Keys drawn for a table: enough that clients seldom meet in one row, few enough to be taken in milliseconds."""

SAMPLED = 2 * KEYS
"""Rows that the server is asked to sample: whole blocks come, so the number is a rough one."""

MOST_TABLES = 60
"""pgbench takes 128 scripts, two for each table."""

VARIABLE = "pgproof_key"
"""Of the scripts; pgbench replaces it wherever it stands after a colon, hence no everyday name."""

_HINDERS_NOBODY = re.compile(
    r"(?:\s|--[^\n]*\n)*(COMMENT\s|CREATE\s+(OR\s+REPLACE\s+)?"
    r"(EXTENSION|SCHEMA|FUNCTION|PROCEDURE|VIEW|MATERIALIZED\s+VIEW|STATISTICS)\s)",
    re.IGNORECASE,
)
"""Statements that name tables without a lock that a reader or writer would feel."""


@dataclass(frozen=True, slots=True)
class Mix:
    """The load's scripts, in pgbench's language, and what was left out of them."""

    tables: tuple[str, ...]
    scripts: tuple[str, ...]
    notes: tuple[str, ...]


def make_mix(connection: Connection, optimizations: Sequence[Optimization]) -> Mix:
    """Scripts for the tables that ``optimizations`` name; makes the tables of keys in this scratch database."""
    named = [table for table in rows(connection, "list_load_tables") if _is_named(table, optimizations)]
    tables: list[str] = []
    scripts: list[str] = []
    notes: list[str] = []
    if len(named) > MOST_TABLES:
        notes.append(f"the load leaves out {len(named) - MOST_TABLES} tables: it takes the largest {MOST_TABLES}")
    ledger.create(connection)
    for number, table in enumerate(named[:MOST_TABLES], 1):
        if not table["keys"]:
            notes.append(f"the load leaves out {table['name']}: it has no primary key")
            continue
        keys = sql.Identifier(ledger.SCHEMA, f"load_keys_{number}")
        with explained(f"sampling keys of {table['name']}"):
            count = _sample_keys(connection, table, keys)
        if not count:
            notes.append(f"the load leaves out {table['name']}: it has no rows")
            continue
        tables.append(table["name"])
        trial = _statements(table, keys, sql.Literal(1))
        for word, statement in _statements(table, keys, sql.SQL(f":{VARIABLE}")).items():
            if refusal := _refusal(connection, trial[word]):
                notes.append(f"the load does not {word} {table['name']}: {refusal}")
            else:
                scripts.append(f"\\set {VARIABLE} random(1, {count})\n{statement.as_string(connection)};\n")
    return Mix(tuple(tables), tuple(scripts), tuple(notes))


def _is_named(table: Mapping[str, Any], optimizations: Sequence[Optimization]) -> bool:
    """Whether a statement that can hinder somebody names the table or one of its partitions."""
    texts = [s.sql for one in optimizations for s in one.statements if not _HINDERS_NOBODY.match(s.sql)]
    names = [str(name) for name in table["names"]]
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    plain = [rf"(?<![\w$]){name}(?![\w$])" for name in names if re.fullmatch(r"[a-z_][\w$]*", name)]
    return any(
        any(name in text for name in quoted) or any(re.search(name, text, re.IGNORECASE) for name in plain)
        for text in texts
    )


def _sample_keys(connection: Connection, table: Mapping[str, Any], keys: sql.Identifier) -> int:
    """Make the table ``keys``: a number from 1 and the columns c1… of a primary key. Returns how many there are."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(sql.Identifier(column), sql.Identifier(f"c{place}"))
        for place, column in enumerate(table["keys"], 1)
    )
    percent = min(100.0, 100.0 * SAMPLED / max(table["rows"], 1))
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(keys))
    connection.execute(
        sql.SQL(
            "CREATE TABLE {} AS SELECT row_number() OVER ()::integer AS number, s.* FROM (SELECT {} FROM {} "
            "TABLESAMPLE SYSTEM ({}) REPEATABLE (1) LIMIT {}) AS s"
        ).format(keys, columns, _relation(table), sql.Literal(percent), sql.Literal(KEYS))
    )
    connection.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (number)").format(keys))
    connection.execute(sql.SQL("ANALYZE {}").format(keys))
    return int(connection.execute(sql.SQL("SELECT count(*) FROM {}").format(keys)).fetchall()[0][0])


def _statements(table: Mapping[str, Any], keys: sql.Identifier, key: sql.Composable) -> dict[str, sql.Composed]:
    """A read and an update of the row whose key has the number ``key``.

    The read gives a boolean, whatever the column becomes: a prepared statement whose result changes is an error.
    """
    same = sql.SQL(" AND ").join(
        sql.SQL("t.{} = s.{}").format(_identifier(column), sql.Identifier(f"c{place}"))
        for place, column in enumerate(table["keys"], 1)
    )
    column = _identifier(table["updated"] or table["keys"][0])
    parts = {"relation": _relation(table), "column": column, "keys": keys, "key": key, "same": same}
    texts = {
        "read": sql.SQL(
            "SELECT t.{column} IS NULL FROM {relation} AS t, {keys} AS s WHERE s.number = {key} AND {same}"
        ),
        "update": sql.SQL(
            "UPDATE {relation} AS t SET {column} = t.{column} FROM {keys} AS s WHERE s.number = {key} AND {same}"
        ),
    }
    return {word: text.format(**parts) for word, text in texts.items()}


def _refusal(connection: Connection, statement: sql.Composed) -> str:
    """Why the statement does not work here (a trigger that forbids it); a load would end with its first error."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)
    except psycopg.Error as error:
        if connection.broken:
            raise
        return first_line(error)
    return ""


def _relation(table: Mapping[str, Any]) -> sql.Composable:
    return sql.SQL("{}.{}").format(_identifier(table["schema_name"]), _identifier(table["table_name"]))


def _identifier(name: str) -> sql.Composable:
    """A quoted name without a colon in its text: pgbench takes a colon for a variable, even inside quotes."""
    if ":" not in name:
        return sql.Identifier(name)
    escaped = name.replace("\\", "\\\\").replace('"', '""').replace(":", "\\003a")
    return sql.SQL("U&{}").format(sql.SQL(f'"{escaped}"'))

"""Injected regressions: apply them, and make some up for a workload that brings none of its own.

A workload's own stand in its folder ``injections/`` (bench/workload/injections.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from psycopg import sql
from psycopg.pq import TransactionStatus

from bench.errors import WorkloadError
from bench.model import Injection, Json, Query, Statement
from bench.plans.parse import walk
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.statements import run_statement

SMALL_WORK_MEM = "64kB"
"""The least that the server accepts: whatever is sorted or hashed at all goes through temporary files."""

STALE_FACTOR = 100
"""How many times too small a stale row count is: as after a hundredfold growth without ANALYZE."""


def apply(connection: Connection, injection: Injection, target: Target) -> None:
    """Run the statements of a ``database`` injection, each by itself, in a copy that nobody needs afterwards.

    What makes the planner's statistics wrong, in one of the two forms that we know, is done by ourselves: only a
    superuser may.

    Raises:
        WorkloadError: a statement failed (file:line), or left a transaction open.
    """
    where = injection.file or f"injection {injection.name}"
    for statement in injection.statements:
        if not (target.login and _made_wrong(connection, statement, target)):
            run_statement(connection, statement, where)
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise WorkloadError(
            f"{where}:{injection.line}: leaves a transaction open", hint="end it with COMMIT or ROLLBACK"
        )


_TABLE = r"(?P<table>'(?:[^'\\]|'')+'::regclass|\d+)"
_WRONG = {
    re.compile(rf"DELETE\s+FROM\s+pg_statistic\s+WHERE\s+starelid\s*=\s*{_TABLE}", re.IGNORECASE): (
        "DELETE FROM pg_statistic WHERE starelid = {table}"
    ),
    re.compile(
        r"UPDATE\s+pg_class\s+SET\s+reltuples\s*=\s*reltuples\s*/\s*(?P<factor>\d+)\s+WHERE\s+oid\s*=\s*" + _TABLE,
        re.IGNORECASE,
    ): "UPDATE pg_class SET reltuples = reltuples / {factor} WHERE oid = {table}",
}
"""A statement that makes statistics wrong, and how we say it: with numbers alone."""


def _made_wrong(connection: Connection, statement: Statement, target: Target) -> bool:
    for known, ours in _WRONG.items():
        if match := known.fullmatch(statement.sql.strip()):
            table = connection.execute(f"SELECT {match['table']}::oid::bigint").fetchall()[0][0]
            numbers = {name: sql.Literal(int(value)) for name, value in match.groupdict().items() if name == "factor"}
            with target.connect_as_ourselves(connection.info.dbname) as other:
                other.execute(sql.SQL(ours).format(table=sql.Literal(table), **numbers))
            return True
    return False


def worse(query: Query, injection: Injection) -> Query:
    """The query as the head arm runs it: with another text where the injection replaces its own."""
    if injection.kind != "query" or query.name not in injection.queries:
        return query
    return replace(query, sql=injection.sql, line=injection.line, file=injection.file, rewrite=None)


# ------------------------------------------------------------------------------------------------- made up
def generic(connection: Connection, plans: Sequence[Json], *, superuser: bool) -> tuple[Injection, ...]:
    """What can go wrong in any workload, from the catalog of a database in its after state.

    ``plans`` are those of the after state. Changes go to the largest table that these reach by an index, to the largest
    of all where they reach none; a visibility map is lost of the one of which most rows are read from an index alone.
    Whether a change does more work depends on the workload, so nothing is promised. What only a ``superuser`` may do
    is left out where there is none.
    """
    tables = rows(connection, "list_tables_by_size")
    nodes = [node for plan in plans for node in walk(plan) if node.get("Index Name")]
    used = {node["Index Name"] for node in nodes}
    alone = Counter[str]()
    for node in nodes:
        if node["Node Type"] == "Index Only Scan":
            alone[node["Index Name"]] += int(node.get("Actual Rows", 0) * node.get("Actual Loops", 0))
    reached = [table for table in tables if not used.isdisjoint(table["indexes"])] or tables
    covered = sorted(reached, key=lambda table: -sum(alone[name] for name in table["indexes"]))
    indexes = [index for index in rows(connection, "list_plain_indexes") if index["index_name"] in used]
    keyed = [table for table in reached if table["primary_key"]]
    # A key that no plan uses, or that another index stands in for, is missed by nobody.
    keyed.sort(key=lambda table: (table["primary_key"] not in used, table["key_has_a_double"]))
    found = [_dropped_index(index) for index in indexes[:1]]
    found += [_dropped_key(table) for table in keyed[:1]]
    found += [_settings(*one) for one in _SETTINGS]
    found += [_unseen(table) for table in covered[:1]]
    found += [_bloated(table) for table in reached[:1]]
    if superuser:
        found += [injection for table in reached[:1] for injection in _statistics(table)]
    return tuple(found)


_SETTINGS: Sequence[tuple[str, str, str, dict[str, str]]] = (
    ("small_work_mem", "Too little memory for sorting", "Sorts and hashes spill.", {"work_mem": SMALL_WORK_MEM}),
    ("index_scans_off", "Index scans switched off", "No row is read in the order of an index.",
     {"enable_indexscan": "off"}),
    ("bitmap_scans_off", "Bitmap scans switched off", "GIN indexes answer through bitmaps alone.",
     {"enable_bitmapscan": "off"}),
    ("index_only_scans_off", "Index-only scans switched off", "Covering indexes cover nothing.",
     {"enable_indexonlyscan": "off"}),
)  # fmt: skip


def _settings(name: str, title: str, why: str, values: dict[str, str]) -> Injection:
    return Injection(name, title, "settings", (), "unknown", why, settings=values)


def _database(name: str, title: str, why: str, *statements: str) -> Injection:
    numbered = tuple(Statement(text, number) for number, text in enumerate(statements, 1))
    return Injection(name, title, "database", (), "unknown", why, statements=numbered, line=1)


def _composed(text: str, *names: tuple[str, ...]) -> str:
    return sql.SQL(text).format(*(sql.Identifier(*name) for name in names)).as_string()


def _dropped_index(index: dict[str, Any]) -> Injection:
    text = _composed("DROP INDEX {} CASCADE", (index["schema_name"], index["index_name"]))
    why = f"{index['index_name']} is the largest index that a plan uses."
    return _database("drop_index", "An index dropped", why, text)


def _dropped_key(table: dict[str, Any]) -> Injection:
    text = _composed("ALTER TABLE {} DROP CONSTRAINT {} CASCADE", _name(table), (table["primary_key"],))
    why = f"{table['table_name']} loses its key, and with it the index."
    return _database("drop_primary_key", "A primary key dropped", why, text)


def _unseen(table: dict[str, Any]) -> Injection:
    # The first row of each page is enough to clear the page's bit, and leaves hardly a dead row behind.
    why = f"A row of each page of {table['table_name']} was updated: index-only scans go to the table."
    return _database(
        "lost_visibility_map", "The visibility map lost", why, f"{_update(table)}(ctid::text::point)[1] = 1"
    )


def _bloated(table: dict[str, Any]) -> Injection:
    # Table and indexes grow by half, which is bloat enough and takes seconds where all rows would take many.
    why = f"Every second row of {table['table_name']} was rewritten, and nothing was vacuumed."
    return _database("bloat", "A bloated table", why, f"{_update(table)}(ctid::text::point)[1]::int % 2 = 0")


def _update(table: dict[str, Any]) -> str:
    column = (table["column_name"],)
    return _composed("UPDATE {} SET {} = {} WHERE ", _name(table), column, column)


def _statistics(table: dict[str, Any]) -> list[Injection]:
    oid, name = int(table["oid"]), table["table_name"]
    lost = f"DELETE FROM pg_statistic WHERE starelid = {oid}"  # noqa: S608 - a number
    stale = f"UPDATE pg_class SET reltuples = reltuples / {STALE_FACTOR} WHERE oid = {oid}"  # noqa: S608 - numbers
    return [
        _database("lost_statistics", "Statistics lost", f"The planner guesses about {name}.", lost),
        _database("stale_row_count", "A row count that is too small",
                  f"The planner takes {name} for a hundredth of what it is.", stale),
    ]  # fmt: skip


def _name(table: dict[str, Any]) -> tuple[str, str]:
    return table["schema_name"], table["table_name"]

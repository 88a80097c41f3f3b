"""HypoPG: indexes that are not there, and what the planner would make of them. Only its estimates; nothing is built."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from bench.plans import index_names
from bench.postgres.connection import Connection
from benchmarks.advice.ground import Ground

WORD = re.compile(r"\w+")
BATCH = 500
"""Hypothetical indexes at a time: HypoPG runs out of object numbers somewhere above 2,000."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as an adviser meets it."""

    query: str
    text: str
    """With ``$n``."""
    values: tuple[str | None, ...]
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """An index that an adviser proposes, a b-tree over columns."""

    table: str
    columns: tuple[str, ...]
    queries: tuple[str, ...] = field(compare=False, default=())
    saving: float = field(compare=False, default=0.0)
    """Of the planner's cost, for the query that it promises most."""

    @property
    def ddl(self) -> str:
        """CREATE INDEX, with a name of the server's choice."""
        keys = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        return sql.SQL("CREATE INDEX ON {} ({})").format(sql.Identifier(self.table), keys).as_string()


Columns = Mapping[str, Sequence[str]]
"""Of each table, in their order."""


def statements_of(ground: Ground) -> list[Statement]:
    """Every statement with the values of every class, as a log would have it."""
    return [
        Statement(cell.query.name, *_given(cell.statement("before", number)), cell.query.tables)
        for cell in ground.cells for number in range(len(cell.bindings))
    ]  # fmt: skip


def _given(statement: tuple[str, list[str | None]]) -> tuple[str, tuple[str | None, ...]]:
    return statement[0], tuple(statement[1])


def columns_in(statement: Statement, columns: Columns) -> list[tuple[str, str]]:
    """Table and column of each column whose name stands anywhere in the statement."""
    words = set(WORD.findall(statement.text.lower()))
    return [(table, name) for table in statement.tables for name in columns.get(table, ()) if name in words]


@contextmanager
def trial(ground: Ground) -> Iterator[Connection]:
    """A connection to a copy that has HypoPG."""
    with ground.setup.passing_copy(ground.setup.template, "estimates") as database:
        with ground.setup.target.connect_as_ourselves(database) as ours:
            ours.execute("CREATE EXTENSION hypopg SCHEMA public")
        with ground.setup.target.connect(database) as connection:
            yield connection


def pretend(connection: Connection, proposals: Iterable[Proposal]) -> dict[str, Proposal]:
    """Have the planner believe in these indexes; the names that it knows them by. What cannot be one is left out."""
    names = {}
    for one in proposals:
        try:
            made = connection.execute("SELECT indexname FROM hypopg_create_index(%s)", [one.ddl]).fetchall()
        except psycopg.Error:  # no operator class, too wide: an adviser goes on without it
            continue
        names[made[0][0]] = one
    return names


def forget(connection: Connection) -> None:
    """Take them all away."""
    connection.execute("SELECT hypopg_reset()")


def cost(connection: Connection, statement: Statement) -> tuple[float, tuple[str, ...]]:
    """The planner's total cost of the statement with its values, and the indexes in its plan."""
    return _planned(connection, "EXPLAIN (FORMAT JSON) " + statement.text, list(statement.values))


def generic_cost(connection: Connection, statement: Statement) -> tuple[float, tuple[str, ...]]:
    """The same of the generic plan, which knows no values: prepared, and executed with NULLs."""
    connection.execute("SET plan_cache_mode = force_generic_plan")
    connection.execute(f"PREPARE advised AS {statement.text}")
    try:
        nulls = f"({', '.join('NULL' for _ in statement.values)})" if statement.values else ""
        return _planned(connection, f"EXPLAIN (FORMAT JSON) EXECUTE advised{nulls}", [])
    finally:
        connection.execute("DEALLOCATE advised")
        connection.execute("RESET plan_cache_mode")


def _planned(connection: Connection, asked: str, values: list[str | None]) -> tuple[float, tuple[str, ...]]:
    plan = psycopg.RawCursor(connection).execute(asked, values).fetchall()[0][0][0]["Plan"]
    return float(plan["Total Cost"]), index_names(plan)


def catalog(connection: Connection) -> tuple[Columns, frozenset[tuple[str, tuple[str, ...]]]]:
    """The columns of each table, and what the indexes that are there begin with, as table and columns."""
    columns: dict[str, list[str]] = {}
    for table, name in connection.execute(COLUMNS).fetchall():
        columns.setdefault(table, []).append(name)
    there = {
        (table, tuple(keys[:width]))
        for table, keys in connection.execute(KEYS).fetchall()
        for width in range(1, len(keys) + 1)
    }
    return columns, frozenset(there)


COLUMNS = """SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum"""
KEYS = """SELECT c.relname, array_agg(a.attname::text ORDER BY k.place)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
CROSS JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE c.relnamespace = 'public'::regnamespace AND i.indpred IS NULL AND k.place <= i.indnkeyatts
GROUP BY c.relname, i.indexrelid"""

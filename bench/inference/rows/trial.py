"""The server as judge: rows of each table are copied into it and taken back, before all of them are made.

What refuses a row (a CHECK that nobody could read, an expression of an index that raises, a key) does so here, inside
of a transaction that is rolled back, with keys and checks live and triggers that do not fire.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from bench.inference.rows.draws import Ints
from bench.inference.rows.filling import Chunks, as_text, columns_of
from bench.inference.rows.world import World
from bench.inference.types import CannotMake
from bench.inference.types.wire import CannotEncode
from bench.postgres.catalog import own_sql
from bench.postgres.connection import Connection
from bench.postgres.copying import copy_statement, encoder_of

SAMPLE = 200
"""Rows of each table that are tried."""
BATCH = 500
"""Rows that are judged at once; where the first so many are all refused, so are the others."""
JUDGED_MOST = 20_000
"""Rows of a table at most that are judged one by one: two seconds."""
NUMBER = "pgproof number"
"""Column of a row's number beside those of its table."""


@contextmanager
def taken_back(connection: Connection) -> Iterator[None]:
    """A part of a transaction that leaves nothing behind."""
    connection.execute("SAVEPOINT trial")
    try:
        yield
    finally:
        connection.execute("ROLLBACK TO SAVEPOINT trial")


def try_table(connection: Connection, world: World, name: str) -> str:
    """Copy a sample of the table's rows; return what the server says against it, nothing where it takes them."""
    rows = world.skeleton(name).rows
    numbers = np.unique(np.linspace(0, rows - 1, min(SAMPLE, rows)).astype(np.int64))
    with taken_back(connection):
        return refusal(connection, world, name, numbers)


def refusal(connection: Connection, world: World, name: str, numbers: Ints, staged: tuple[str, ...] = ()) -> str:
    """Copy these rows; return in words why that is not possible, nothing where it is.

    ``staged`` is another table for them, which has a column for the row's number, too.
    """
    try:
        text = as_text(world, name)
        batch = Chunks(world, name, text).rows(numbers)
        if staged:
            column = pa.array(numbers)
            batch = batch.append_column(NUMBER, column.cast(pa.string()) if text else column)
        table, encoder = world.subjects[name].table, encoder_of(batch.schema, text=text)
        statement = copy_statement(staged or (table.schema, table.table), batch.schema.names, text=text)
        with connection.cursor().copy(statement) as copy:
            for piece in (encoder.header(), encoder.rows(batch), encoder.trailer()):
                copy.write(piece)
    except (CannotMake, CannotEncode) as error:
        return str(error)
    except psycopg.Error as error:
        return in_words(error)
    return ""


def in_words(error: psycopg.Error) -> str:
    """What the server says, on one line."""
    constraint = error.diag.constraint_name
    primary = error.diag.message_primary or str(error)
    return " ".join(primary.split()) + (f" ({constraint})" if constraint and constraint not in primary else "")


def sieve(connection: Connection, world: World, name: str, rows: int) -> tuple[Ints, str]:
    """Judge the first ``rows`` rows one by one; return those that the server takes together, and why not the others."""
    taken: list[Ints] = []
    reasons: Counter[str] = Counter()
    with taken_back(connection):
        all_of_them, statement = _judge(connection, world, name)
        judged = 0
        for first in range(0, rows, BATCH):
            numbers = np.arange(first, min(first + BATCH, rows), dtype=np.int64)
            if reason := _stage(connection, world, name, numbers):
                return np.empty(0, np.int64), reason
            if _all_at_once(connection, all_of_them):
                taken.append(numbers)
                continue
            judged += len(numbers)
            found = connection.execute(statement).fetchall()
            taken.append(np.array([number for number, reason in found if reason is None], np.int64))
            reasons.update(reason for _, reason in found if reason)
            if not any(map(len, taken)) or judged >= JUDGED_MOST:
                break
    return np.concatenate(taken), " ".join(reasons.most_common(1)[0][0].split()) if reasons else ""


def _all_at_once(connection: Connection, statement: sql.Composed) -> bool:
    """Whether the table takes all staged rows."""
    connection.execute("SAVEPOINT batch")
    try:
        connection.execute(statement)
    except psycopg.Error:
        connection.execute("ROLLBACK TO SAVEPOINT batch")
        return False
    connection.execute("RELEASE SAVEPOINT batch")
    return True


def _judge(connection: Connection, world: World, name: str) -> tuple[sql.Composed, sql.SQL]:
    """Make a table that takes every value of the columns' base types, and a function that judges its rows.

    Returns:
        Statements that insert all rows of it, and that insert one after the other and say what is against each.
    """
    table, columns = world.subjects[name].table, columns_of(world, name)
    typed = [sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.type.plain.text)) for c in columns]
    staged = sql.SQL(", ").join([sql.SQL("{} int8").format(sql.Identifier(NUMBER)), *typed])
    connection.execute(sql.SQL("CREATE TEMPORARY TABLE pgproof_staged ({})").format(staged))
    insert = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        sql.Identifier(table.schema, table.table),
        sql.SQL(", ").join(sql.Identifier(c.name) for c in columns),
        sql.SQL(", ").join(sql.SQL("staged.{}").format(sql.Identifier(c.name)) for c in columns),
    )
    body = sql.SQL(own_sql("judge_rows").replace("/* INSERT */", "{insert}").replace("/* number */", "{number}"))
    text = body.format(insert=insert, number=sql.Identifier(NUMBER)).as_string(connection)
    connection.execute(
        sql.SQL(
            "CREATE FUNCTION pg_temp.judge_rows(OUT number bigint, OUT reason text) RETURNS SETOF record"
            " LANGUAGE plpgsql AS {}"
        ).format(sql.Literal(text))
    )
    names = sql.SQL(", ").join(sql.Identifier(c.name) for c in columns)
    everything = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM pg_temp.pgproof_staged").format(
        sql.Identifier(table.schema, table.table), names, names
    )
    return everything, sql.SQL("SELECT number, reason FROM pg_temp.judge_rows()")


def _stage(connection: Connection, world: World, name: str, numbers: Ints) -> str:
    """Put rows where they are to be judged; return why that is not possible, nothing where it is."""
    connection.execute("TRUNCATE pg_temp.pgproof_staged")
    return refusal(connection, world, name, numbers, ("pg_temp", "pgproof_staged"))

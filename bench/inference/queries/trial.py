"""A query executed once for a class: which rows come back, and how much work that was. Nothing of it stays."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from bench.model import Query
from bench.plans.seen import from_explain
from bench.postgres.connection import Connection
from bench.workload.sqlfile import numbered

Args = dict[str, str | None]
EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON) "
SELECT_TIMEOUT_MS = 4000
"""For choosing one class."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one execution did."""

    args: Args
    about: str = ""
    rows: int = 0
    """Returned, or written."""
    work: int = 0
    """Blocks read and rows touched: what does not vary between two executions of one plan."""
    error: str = ""
    timed_out: bool = False


class NotRead(Exception):
    """A class's SELECT failed; the text is the server's."""


def arguments(connection: Connection, select: str, query: Query, clock: str) -> tuple[Args, str] | None:
    """The values that a class's SELECT gives, and what it says about them; None where it gives no row.

    Raises:
        NotRead: it fails, or takes too long.
    """
    constants = {one.name: clock for one in query.parameters if one.source == "clock"}
    types = {one.name: one.type for one in query.parameters}
    text, names = numbered(select, types)
    cursor = psycopg.RawCursor(connection)
    try:
        with connection.transaction():
            cursor.execute("SET TRANSACTION READ ONLY", prepare=False)
            cursor.execute(f"SET LOCAL statement_timeout = {SELECT_TIMEOUT_MS}", prepare=False)
            cursor.execute(text, [constants[name] for name in names])
            if not cursor.rowcount or not cursor.pgresult or not cursor.description:
                return None
            values = {
                column.name: None if (value := cursor.pgresult.get_value(0, place)) is None else value.decode()
                for place, column in enumerate(cursor.description)
            }
    except psycopg.Error as error:
        if error.diag.sqlstate is None:
            raise
        raise NotRead(error.diag.message_primary or str(error)) from None
    about = values.pop("about", None) if "about" not in types else None
    return values, about or ""


def complete(query: Query, given: Args, clock: str) -> Args | None:
    """The values of all parameters; None where one is missing."""
    args: Args = {}
    for one in query.parameters:
        source = one.source.strip()
        if one.name in given:
            args[one.name] = given[one.name]
        elif source == "clock":
            args[one.name] = clock
        elif source == "class" or source[:6].upper() in ("SELECT", "WITH A", "WITH R"):
            return None
        else:
            args[one.name] = source[1:-1].replace("''", "'") if source[:1] == "'" else source
    return args


def tried(connection: Connection, query: Query, args: Args, about: str, timeout_ms: int) -> Seen:
    """Execute the query once; what it writes is rolled back."""
    types = {one.name: one.type for one in query.parameters}
    text, names = numbered(query.sql, types)
    cursor = psycopg.RawCursor(connection)
    try:
        with connection.transaction(force_rollback=True):
            if not query.writes:
                cursor.execute("SET TRANSACTION READ ONLY", prepare=False)
            cursor.execute(f"SET LOCAL statement_timeout = {timeout_ms}", prepare=False)
            explained = cursor.execute(EXPLAIN + text, [args[name] for name in names], prepare=False)
            document = explained.fetchall()[0][0]
    except psycopg.errors.QueryCanceled:
        return Seen(args, about, timed_out=True, work=2**60)
    except psycopg.Error as error:
        if error.diag.sqlstate is None:
            raise
        return Seen(args, about, error=error.diag.message_primary or str(error))
    seen = from_explain(document)
    top = seen.plan
    if top["Node Type"] == "ModifyTable":
        top = top["Plans"][0]
    returned = round(float(top.get("Actual Rows", 0)) * float(top.get("Actual Loops", 1)))
    return Seen(args, about, returned, seen.counters.buffers + seen.counters.rows)

"""The plans of statements inside functions, collected while a statement that calls one is explained.

EXPLAIN shows a function as one node, so that an index it uses would look unused. The server's auto_explain sends the
plan of every statement in it to the client that asks, as a notice. Its library is loaded by a function that pgproof
leaves in the databases of its own servers (``sql/create_explain_function.sql``), or by a superuser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import psycopg
from psycopg.pq import TransactionStatus

from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.syntax.functions import functions_called

REFUSED = (
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedFile,
    psycopg.errors.UndefinedObject,
)
"""There is no such function here and this role may not load the library, or the server has none."""

MOST = 10_000
"""Statements in functions after which one execution is cut off: of a function that is called for each of many rows,
the plans would come for a minute, and say the same."""

SETTING = "set_config('auto_explain.' || %s, %s, false)"
LOADING = ("SELECT bench_meta.load_auto_explain()", "LOAD 'auto_explain'")

SETTINGS = {
    "log_level": "notice", "log_nested_statements": "on", "log_analyze": "on", "log_buffers": "on", "log_wal": "on",
    "log_verbose": "off", "log_triggers": "off", "log_format": "json", "sample_rate": "1",
    "log_parameter_max_length": "0",
}  # fmt: skip
"""To the client alone, with what EXPLAIN counts. The workload's role may set them (``workload_role.PARAMETERS``)."""


def functions_with_statements(connection: Connection, text: str) -> tuple[str, ...]:
    """Names of the functions that the statement calls and that execute statements of their own."""
    called = functions_called(text)
    if not called:
        return ()
    return tuple(row["name"] for row in rows(connection, "find_functions_called", list(called)))


@contextmanager
def collected(connection: Connection, *, timed: bool = False) -> Iterator[list[str]]:
    """What auto_explain says until the block ends, with the time of each node if ``timed``.

    Nothing where it cannot be had.
    """
    messages: list[str] = []

    def keep(notice: psycopg.errors.Diagnostic) -> None:
        messages.append(notice.message_primary or "")
        if len(messages) == MOST:
            connection.cancel_safe()

    if not _begin(connection, SETTINGS | {"log_timing": "on" if timed else "off", "log_min_duration": "0"}):
        yield messages
        return
    connection.add_notice_handler(keep)
    try:
        yield messages
    finally:
        connection.remove_notice_handler(keep)
        if connection.info.transaction_status != TransactionStatus.INERROR:  # else its end takes the setting back
            connection.execute(f"SELECT {SETTING}", ["log_min_duration", "-1"])


def _begin(connection: Connection, values: Mapping[str, str]) -> bool:
    for load in LOADING:
        with suppress(*REFUSED), connection.transaction():
            connection.execute(load)
            texts = ", ".join([SETTING] * len(values))  # the last begins it
            connection.execute(f"SELECT {texts}", [text for one in values.items() for text in one])
            return True
    return False

"""The statements of a file, run in order; an error names file and line."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from bench.model import Statement
from bench.postgres import extensions
from bench.postgres.connection import Connection
from bench.postgres.failures import translated


def run_statement(connection: Connection, statement: Statement, file: str) -> None:
    """Run one statement of a file; a failure names the line on which the server found it."""
    try:
        extensions.execute(connection, statement.sql)
    except psycopg.Error as error:
        position = int(error.diag.statement_position or 1)
        line = statement.line + statement.sql.count("\n", 0, position - 1)
        raise translated(error, f"{file}:{line}") from error


def run_file(connection: Connection, statements: Iterable[Statement], file: str) -> None:
    """Run the statements of a file in order."""
    for statement in statements:
        run_statement(connection, statement, file)

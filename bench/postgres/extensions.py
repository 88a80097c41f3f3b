"""Extensions, also those that only a superuser can create, for a role that is none.

In a database of a server of ours stands a function that creates those that lead nowhere else
(``sql/create_extension_function.sql``); elsewhere the role does what it may.
"""

from __future__ import annotations

import re
from typing import Any

from psycopg import sql

from bench.postgres.catalog import rows
from bench.postgres.connection import Connection

_CREATES = re.compile(r"\s*CREATE\s+EXTENSION\b", re.IGNORECASE)


def create(connection: Connection, name: str, schema: str) -> None:
    """Create the extension in that schema where it is missing.

    Raises:
        psycopg.Error: it is not installed, or this role may not.
    """
    if not (_is_there(connection, name) or _with_help(connection, name, schema)):
        statement = sql.SQL("CREATE EXTENSION {} WITH SCHEMA {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(schema)))


def execute(connection: Connection, text: str) -> None:
    """Execute a statement of a workload; one that creates an extension with the help of the database's function."""
    if not (_CREATES.match(text) and _created(connection, text)):
        connection.execute(text)


def _created(connection: Connection, text: str) -> bool:
    from postgast import PgQueryError, parse

    try:
        wanted: Any = parse(text).stmts[0].stmt.create_extension_stmt
    except PgQueryError:
        return False
    options = {option.def_elem.defname: option.def_elem.arg.string.sval for option in wanted.options}
    if _is_there(connection, wanted.extname) or set(options) - {"schema"}:
        return False  # a version, or CASCADE: as the role itself
    place = options.get("schema") or connection.execute("SELECT current_schema()").fetchall()[0][0]
    return _with_help(connection, wanted.extname, place)


def _is_there(connection: Connection, name: str) -> bool:
    return any(found["schema_name"] for found in rows(connection, "find_extension", name))


def _with_help(connection: Connection, name: str, schema: str) -> bool:
    if not any(found["helps"] for found in rows(connection, "find_extension", name)):
        return False
    return bool(connection.execute("SELECT bench_meta.create_extension(%s, %s)", [name, schema]).fetchall()[0][0])

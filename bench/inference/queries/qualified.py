"""Names that only an application's search path finds, written with the schema that they are in.

The server is asked: where it does not find a relation, function or type, and one schema alone has something of that
name (or, beside views, a table), the schema is put before the name in the place that the server says.
"""

from __future__ import annotations

import re

import psycopg
from psycopg import sql as psql

from bench.inference.queries.types import refusal
from bench.postgres.connection import Connection

_MOST = 60
"""Names of one statement that are found."""

_MISSING = re.compile(
    r'relation "(?P<relation>[^".]+)" does not exist|function (?P<function>[\w$]+)\('
    r'|type "(?P<type>[^".]+?)(?:\[\])*" does not exist'
)
_WHERE = {
    "relation": """
        SELECT relnamespace::regnamespace::text FROM pg_class AS c
        WHERE relname = %(name)s AND relkind = ANY ('{r,p,v,m,f,S}') AND (relkind = ANY ('{r,p}') OR NOT EXISTS (
            SELECT FROM pg_class WHERE relname = %(name)s AND relkind = ANY ('{r,p}')))
    """,
    "function": "SELECT DISTINCT pronamespace::regnamespace::text FROM pg_proc WHERE proname = %(name)s",
    "type": "SELECT typnamespace::regnamespace::text FROM pg_type WHERE typname = %(name)s",
}


def qualified(connection: Connection, sql: str) -> str:
    """The statement with a schema before each name that the search path does not find, as far as that is known."""
    for _ in range(_MOST):
        error, text = refusal(connection, sql)
        changed = _helped(connection, sql, text, error) if error else ""
        if not changed:
            break
        sql = changed
    return sql


def _helped(connection: Connection, sql: str, text: str, error: psycopg.Error) -> str:
    missing = _MISSING.match(error.diag.message_primary or "")
    position = int(error.diag.statement_position or 0)
    if not (missing and missing.lastgroup and position):
        return ""
    name = missing[missing.lastgroup]
    found = connection.execute(_WHERE[missing.lastgroup], {"name": name}).fetchall()
    if len(found) != 1:
        return ""
    word = re.compile(rf'(?<![\w$:@."]){re.escape(name)}(?![\w$])|(?<![\w$:@.])"{re.escape(name)}"', re.IGNORECASE)
    before = len(word.findall(text, 0, position - 1))  # parameters are written otherwise there, names alike
    places = list(word.finditer(sql))
    if before >= len(places):
        return ""
    at = places[before].start()
    return f"{sql[:at]}{_identifier(found[0][0])}.{sql[at:]}"


def _identifier(name: str) -> str:
    return name if re.fullmatch(r'[a-z_][a-z0-9_]*|"(?:[^"]|"")+"', name) else psql.Identifier(name).as_string()

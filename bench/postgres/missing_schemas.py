"""Schemas that a script takes for granted.

One that it works in and never makes, as in a dump of some tables alone, is made; one that an application's role has on
its search path is added to it. Both are told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from psycopg import sql

from bench.postgres.connection import Connection
from bench.workload.psql import Step

_MISSING = re.compile(r'schema "(.+)" does not exist|no schema has been selected')
_MADE_IN = re.compile(
    r"""\s*CREATE\s+(?:OR\s+REPLACE\s+|TEMP\w*\s+|UNLOGGED\s+|MATERIALIZED\s+|RECURSIVE\s+)*
        (?:TABLE|TYPE|DOMAIN|VIEW|FUNCTION|PROCEDURE|AGGREGATE|SEQUENCE|COLLATION|TEXT\s+SEARCH\s+\w+|OPERATOR)\s+
        (?:IF\s+NOT\s+EXISTS\s+)?(?:(?:"(?P<quoted>[^"]+)"|(?P<bare>[\w$]+))\s*\.)?""",
    re.IGNORECASE | re.VERBOSE,
)
_PATH = re.compile(r"\s*SET\s+(?:SESSION\s+)?search_path\s*(?:=|TO)\s*(.+)", re.IGNORECASE | re.DOTALL)
_UNQUALIFIED = re.compile(
    r"""(?:relation|type|collation)\ "(?P<quoted>[^".]+)"(?:\ for\ encoding\ "\w+")?\ does\ not\ exist
      |function\ (?P<function>[\w$]+)\(""",
    re.VERBOSE,
)
_WHERE = """
    SELECT DISTINCT n.nspname
    FROM (SELECT relnamespace, relname FROM pg_class UNION ALL SELECT typnamespace, typname FROM pg_type
          UNION ALL SELECT pronamespace, proname FROM pg_proc UNION ALL SELECT collnamespace, collname FROM pg_collation
         ) AS known (namespace, name)
    JOIN pg_namespace AS n ON n.oid = known.namespace
    WHERE known.name = %(name)s AND n.nspname <> ALL (current_schemas(true))
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
ADD_TO_PATH = """
    SELECT set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), quote_ident(%s)),
                      false)
"""


class MissingSchemas:
    """Those of one script, on its way into one database."""

    def __init__(self, connection: Connection, script: str) -> None:
        self._connection, self._script = connection, script
        self._made: set[str] = set()

    def wanted(self, statement: str, message: str) -> str:
        """The schema for want of which a statement that makes something fails; empty where there is no such one."""
        missing, made = _MISSING.match(message), _MADE_IN.match(statement)
        if not (missing and made):
            return ""
        name = str(made["quoted"] or (made["bare"] or "").lower())
        if not missing[1]:
            path = self._connection.execute("SHOW search_path").fetchall()[0][0]
            name = next(iter(_names(path)), "")
        elif missing[1] != name:
            return ""
        return "" if self._is_made(name) else name

    def make(self, name: str) -> str:
        """Make the schema, and say so."""
        self._made.add(name)
        self._connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(name)))
        return f"schema {name} is made: something is in it, and nothing makes it"

    def make_of_paths(self, steps: Sequence[Step]) -> list[tuple[str, str]]:
        """Make those that files without an order work in (SET search_path), and say so, each with its first place."""
        paths = [(found[1], step.place) for step in steps if (found := _PATH.match(step.sql))]
        first: dict[str, str] = {}
        for path, place in paths:
            for name in _names(path):
                first.setdefault(name, place)
        return [(self.make(name), place) for name, place in first.items() if not self._is_made(name)]

    def elsewhere(self, message: str) -> tuple[str, str]:
        """What a message misses, and the one schema of the script off the path that has it; empty if none has."""
        missing = _UNQUALIFIED.match(message)
        if not missing:
            return "", ""
        name = str(missing["quoted"] or missing["function"].lower())
        found = self._connection.execute(_WHERE, {"name": name}).fetchall()
        mine = [str(schema) for (schema,) in found if schema in self._made or self._is_made(schema)]
        return (name, mine[0]) if len(mine) == 1 else ("", "")

    def add_to_path(self, name: str, schema: str) -> str:
        """Have the session find what is in ``schema``, and say so."""
        self._connection.execute(ADD_TO_PATH, [schema])
        return f"schema {schema} is added to the search path: {name} is there"

    def _is_made(self, name: str) -> bool:
        made = rf"\bCREATE\s+SCHEMA\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?{re.escape(name)}(?![\w$])"
        return not name or bool(re.search(made, self._script, re.IGNORECASE))


def _names(path: str) -> list[str]:
    """The schemas of a search path that may have to be made."""
    names = [part.strip(" \t\n\"'") for part in path.split(",")]
    return [
        one for one in names if one and not one.startswith(("$", "pg_")) and one.lower() not in ("default", "public")
    ]

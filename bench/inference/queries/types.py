"""The types of a statement's parameters, as PREPARE finds them; where it cannot, found by trial.

PostgreSQL refuses a parameter of which nothing tells the type (``$1 IS NULL``, ``$1 + $2``). A cast is then tried, one
type after the other, and kept when the server gets further with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from bench.errors import WorkloadError
from bench.inference.queries.placeholders import masked
from bench.inference.queries.relations import castable
from bench.postgres.connection import Connection
from bench.postgres.failures import first_line
from bench.workload import sqlfile

_TRIED = ("text", "integer", "bigint", "numeric", "timestamp with time zone", "date", "interval", "boolean", "jsonb",
          "uuid", "text[]", "integer[]")  # fmt: skip
"""Likelier ones first."""

_MOST_TRIALS = 150
"""Statements prepared for one query: five parameters of which nothing is known."""

_UNKNOWN = (
    psycopg.errors.IndeterminateDatatype,
    psycopg.errors.AmbiguousParameter,
    psycopg.errors.AmbiguousFunction,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.DatatypeMismatch,
    psycopg.errors.CannotCoerce,
    psycopg.errors.InvalidTextRepresentation,
    psycopg.errors.InvalidDatetimeFormat,
)

_QUERY_WORDS = {"SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE", "("}
NAME = "pgproof_bare"
_PREPARE = f"PREPARE {NAME} AS "


def parameter_types(
    connection: Connection, sql: str, known: Mapping[str, str], likely: Mapping[str, str], where: str, line: int
) -> dict[str, str]:
    """The type of each ``:name`` of ``sql``; those ``known`` are taken as given, those ``likely`` tried first.

    Raises:
        WorkloadError: it cannot be prepared; says so in the server's words, with ``where`` (a file) and the line.
    """
    if not sql.strip():
        raise WorkloadError(f"{where}:{line}: no statement")
    word = next(iter(re.findall(r"\w+|\S", sql)), "").upper()
    if word not in _QUERY_WORDS:
        raise WorkloadError(f"{where}:{line}: {word} is no SELECT, INSERT, UPDATE, DELETE or MERGE")
    trials = _Trials(connection, sql, sqlfile.placeholders(sql), likely)
    given = {name: kind for name, kind in known.items() if name in trials.names}
    found = trials.prepared(given)
    if isinstance(found, psycopg.Error):
        found = trials.search(given, found)
    if not isinstance(found, psycopg.Error):
        found = trials.prepared(found)  # with all casts, as it is going to be executed
    if isinstance(found, psycopg.Error):
        position = int(found.diag.statement_position or 1)
        place = line + trials.text({}).count("\n", 0, max(0, position - 1))
        raise WorkloadError(f"{where}:{place}: {found.diag.message_primary or first_line(found)}")
    return found


def refusal(connection: Connection, sql: str) -> tuple[psycopg.Error | None, str]:
    """What the server says to PREPARE of a statement, None where it takes it, and the text in which it counts."""
    trials = _Trials(connection, sql, sqlfile.placeholders(sql), {})
    found = trials.prepared({})
    return (found if isinstance(found, psycopg.Error) else None), f"{_PREPARE}{trials.text({})}"


@dataclass(slots=True)
class _Trials:
    connection: Connection
    sql: str
    names: list[str]
    likely: Mapping[str, str]
    made: int = 0
    seen: dict[tuple[tuple[str, str], ...], dict[str, str] | psycopg.Error] = field(default_factory=dict)

    def text(self, types: Mapping[str, str]) -> str:
        """The statement with ``$n``, cast where the type is given."""
        values = {
            name: f"${number}::{types[name]}" if name in types else f"${number}"
            for number, name in enumerate(self.names, 1)
        }
        return sqlfile.fill_in(self.sql, values, "")

    def prepared(self, types: Mapping[str, str]) -> dict[str, str] | psycopg.Error:
        key = tuple(sorted(types.items()))
        if key not in self.seen:
            self.made += 1
            self.seen[key] = self._ask(self.text(types))
        return self.seen[key]

    def _ask(self, text: str) -> dict[str, str] | psycopg.Error:
        asked = "SELECT parameter_types::text[] FROM pg_catalog.pg_prepared_statements WHERE name = $1"
        cursor = psycopg.RawCursor(self.connection)
        try:
            with self.connection.transaction():
                cursor.execute(f"{_PREPARE}{text}", prepare=False)
                (found,) = cursor.execute(asked, [NAME], prepare=False).fetchall()
                cursor.execute(f"DEALLOCATE {NAME}", prepare=False)
        except psycopg.Error as error:
            if error.diag.sqlstate is None:
                raise
            with suppress(psycopg.Error), self.connection.transaction():
                cursor.execute(f"DEALLOCATE {NAME}", prepare=False)
            return error
        return dict(zip(self.names, map(castable, found[0]), strict=False))

    def search(self, types: Mapping[str, str], error: psycopg.Error) -> dict[str, str] | psycopg.Error:
        """Give a type to one parameter after the other, until the server is content."""
        if not isinstance(error, _UNKNOWN) or self.made > _MOST_TRIALS:
            return error
        for name in self._suspects(types, error)[:3]:
            further: list[tuple[dict[str, str], psycopg.Error]] = []
            for kind in dict.fromkeys([*filter(None, [self.likely.get(name)]), *_TRIED]):
                tried = {**types, name: kind}
                found = self.prepared(tried)
                if not isinstance(found, psycopg.Error):
                    return found
                if self._is_further(types, error, tried, found):
                    further.append((tried, found))
            for tried, other in further:
                deeper = self.search(tried, other)
                if not isinstance(deeper, psycopg.Error):
                    return deeper
        return error

    def _is_further(
        self, types: Mapping[str, str], error: psycopg.Error, tried: Mapping[str, str], other: psycopg.Error
    ) -> bool:
        """Whether the server came further: it looks for what it does not know at all only in the end."""
        before, after = (isinstance(one, psycopg.errors.IndeterminateDatatype) for one in (error, other))
        if after or before:
            return after and error.diag.message_primary != other.diag.message_primary
        return self._left(tried, other) < self._left(types, error)

    def _left(self, types: Mapping[str, str], error: psycopg.Error) -> int:
        """Characters between where the server stopped and the end; casts before that do not count."""
        return len(self.text(types)) - int(error.diag.statement_position or 0)

    def _suspects(self, types: Mapping[str, str], error: psycopg.Error) -> list[str]:
        """Parameters without a type: the one that the server names, else those nearest to where it stopped."""
        open_names = [name for name in self.names if name not in types]
        if named := re.search(r"parameter \$(\d+)", error.diag.message_primary or ""):
            name = self.names[int(named[1]) - 1]
            return [name] if name in open_names else []
        position, text = int(error.diag.statement_position or 1) - 1, self.text(types)
        mask = masked(text)
        places = {
            name: min(abs(found.start() - position) for found in re.finditer(rf"\${number}(?!\d)", mask))
            for number, name in enumerate(self.names, 1)
            if name in open_names
        }
        return sorted(places, key=lambda name: places[name])

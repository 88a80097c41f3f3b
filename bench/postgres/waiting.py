"""What a statement waits for that fails because something is not there yet, and what makes it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import psycopg

from bench.workload.psql import Step

WAITS = {"3F000", "42P01", "42704", "42883", "42703", "42830", "42P10", "23503"}
"""SQLSTATEs of what is not there yet: schema, relation, object, function, column, key, unique index, parent row."""

THERE = {"42P06", "42P07", "42710", "42701", "42723", "42P16", "23505"}
"""SQLSTATEs of what is there already: schema, relation, object, column, function, primary key, row."""

REFUSES = {"P0001", "23502", "23514", "23P01", "22P02"}
"""SQLSTATEs of rows that a trigger, a constraint or a type refuses."""

_QUOTED = re.compile(r'"([^"]+)"|(?:function|column|operator class|type) ([\w.$]+)')
_INTO = re.compile(r'\s*(?:INSERT\s+INTO|COPY|UPDATE|DELETE\s+FROM)\s+(?:"?\w+"?\.)?"?(\w+)', re.IGNORECASE)
_WORD = re.compile(r"[^\W\d][\w$]*")
_SPARE = re.compile(
    r"\s*(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?(?P<made>TRIGGER|VIEW|FUNCTION|PROCEDURE)|SELECT)\b",
    re.IGNORECASE,
)
_CALLS = re.compile(r"(\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\b.*?)\bEXECUTE\b", re.I | re.S)
_MAKES = re.compile(
    r"\s*(?:CREATE\s+(?!(?:UNIQUE\s+)?INDEX|POLICY|(?:CONSTRAINT\s+)?TRIGGER|RULE)[^(]*"
    r"|ALTER\s+(?:TABLE|TYPE)\b.*\b(?:ADD|RENAME)\b.*|DO\b.*)",
    re.IGNORECASE | re.DOTALL,
)
_ALTERED = re.compile(r"\s*ALTER\s+(?:TABLE|TYPE)\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?[^\s(]+", re.IGNORECASE)


class WaitsError(Exception):
    """A statement failed because of what is not there yet, which has one of ``names``; any where they are empty."""

    def __init__(self, names: frozenset[str] = frozenset()) -> None:
        self.names = names


class ThereError(Exception):
    """A statement failed because what it makes is there already, and is left out."""


def is_rows(statement: str) -> bool:
    """Whether a statement only writes rows."""
    return bool(_INTO.match(statement))


def spare(statement: str) -> str:
    """What may be left out if it can never be carried out, since tables are the same without it; else empty."""
    if is_rows(statement):
        return "rows"
    found = _SPARE.match(statement)
    return f"{(found['made'] or 'query').lower()}s".replace("querys", "queries") if found else ""


def may_wait(error: psycopg.Error, statement: str) -> bool:
    """Whether it may succeed behind another file: something is not there, or a trigger or CHECK refuses the rows."""
    return error.sqlstate in WAITS or (is_rows(statement) and error.sqlstate in REFUSES)


def waits_for(error: psycopg.Error, statement: str) -> WaitsError:
    """That a statement waits, and for which names: those that the server's message says, in small letters."""
    said = f"{error.diag.message_primary or ''} {error.diag.message_detail or ''}"
    if error.sqlstate in {"42P10", *REFUSES} and (into := _INTO.match(statement)):
        return WaitsError(frozenset({into[1].lower()}))
    if said.startswith("no schema has been selected"):
        return WaitsError(frozenset({"schema"}))
    found = {(quoted or bare).rpartition(".")[2].lower() for quoted, bare in _QUOTED.findall(said)}
    return WaitsError(frozenset(found))


def words(statement: str) -> set[str]:
    """The names that a statement has, in small letters; of a trigger not those that it calls and does not make."""
    calls = _CALLS.match(statement)
    return {word.lower() for word in _WORD.findall(calls[1] if calls else statement)}


class Made:
    """Which of the steps make something of a name."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._named = []
        for step in steps:
            if found := _MAKES.match(step.sql):
                altered = _ALTERED.match(step.sql)  # which is there before
                self._named.append((step.file, words(found[0]), words(altered[0]) if altered else set()))

    def elsewhere(self, names: frozenset[str], step: Step) -> bool:
        """Whether a step of another file makes what has all these names."""
        return any(file != step.file and names <= named and names - before for file, named, before in self._named)

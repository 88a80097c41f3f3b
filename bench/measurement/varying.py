"""Whether two sides left the same in the tables, but for columns that no two executions give the same values.

A clock, a sequence or a random number gives another value each time: such a column differs between two executions on
one side as well, and is left out, by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from bench.measurement.contents import (
    Columns,
    Contents,
    by_column,
    contents,
    shared_columns,
)
from bench.measurement.execution import Cell, Sides, Timeout, execute_here, undone
from bench.model import STATES, State
from bench.postgres.connection import Connection

TIMED_OUT = "its tables could not be read again within the statement timeout"


@dataclass(frozen=True, slots=True)
class ContentsCompared:
    """How two sides differ in what they left in the tables."""

    differing: str = ""
    """A table that differs, and in which columns."""
    varying: tuple[str, ...] = ()
    """Columns that were left out."""
    unknown: str = ""
    """Why it cannot be told."""


def compare_contents(sides: Sides, cell: Cell, number: int, before: Contents, after: Contents) -> ContentsCompared:
    """Compare what binding ``number`` left; executes it again where the two are not the same at once."""
    if unknown := before.unknown or after.unknown:
        return ContentsCompared(unknown=unknown)
    if before == after:
        return ContentsCompared()
    with sides.connections(writes=True) as connections:
        columns = shared_columns(list(connections.values()))
        tables = sorted({*before.tables, *after.tables} & columns.keys())
        try:
            return _without_varying(connections, cell, number, tables, columns)
        except (Timeout, psycopg.errors.QueryCanceled):
            return ContentsCompared(unknown=TIMED_OUT)


def _without_varying(
    connections: Mapping[State, Connection], cell: Cell, number: int, tables: Sequence[str], columns: Columns
) -> ContentsCompared:
    once, twice = (_by_column(connections["before"], cell, "before", number, tables, columns) for _ in range(2))
    varying = {key for key, content in once.items() if twice[key] != content}
    steady: Columns = {
        table: {name: kind for name, kind in columns[table].items() if (table, name) not in varying} for table in tables
    }
    left = tuple(sorted(f"{table}.{name}" for table, name in varying))
    found = [_left_behind(connections[state], cell, state, number, tables, steady) for state in STATES]
    if unknown := found[0].unknown or found[1].unknown:
        return ContentsCompared(unknown=unknown)
    differing = [table for table in tables if found[0].tables.get(table) != found[1].tables.get(table)]
    if not differing:
        return ContentsCompared(varying=left)
    others = _by_column(connections["after"], cell, "after", number, differing, steady)
    names = [key[1] for key, content in others.items() if key[0] == differing[0] and once[key] != content]
    return ContentsCompared(f"{differing[0]} ({', '.join(names)})" if names else differing[0], left)


def _left_behind(
    connection: Connection, cell: Cell, state: State, number: int, tables: Sequence[str], columns: Columns
) -> Contents:
    with undone(connection, writes=True):
        execute_here(connection, cell, state, number)
        return contents(connection, tables, columns)


def _by_column(
    connection: Connection, cell: Cell, state: State, number: int, tables: Sequence[str], columns: Columns
) -> dict[tuple[str, str], str]:
    with undone(connection, writes=True):
        execute_here(connection, cell, state, number)
        return by_column(connection, tables, columns)


# ------------------------------------------------------------------------------------------- one side after the other
@dataclass(frozen=True, slots=True)
class Left:
    """What one binding left in the tables in a state that is gone when the other one is there."""

    contents: Contents
    """By ``columns``."""
    columns: Columns
    """Those that do not vary."""
    varying: tuple[str, ...] = ()


def left_before(sides: Sides, cell: Cell, number: int, found: Contents, columns: Columns) -> Left:
    """What binding ``number`` leaves in the state before, which was ``found``, but for columns that vary.

    It is executed once more to see that none does, and as often as it takes where one does.
    """
    if found.unknown:
        return Left(found, columns)
    tables = sorted(found.tables)
    try:
        with sides.connect("before", writes=True) as connection:
            if _left_behind(connection, cell, "before", number, tables, columns) == found:
                return Left(found, columns)
            once, twice = (_by_column(connection, cell, "before", number, tables, columns) for _ in range(2))
            varying = {key for key, content in once.items() if twice[key] != content}
            steady: Columns = {
                table: {name: kind for name, kind in known.items() if (table, name) not in varying}
                for table, known in columns.items()
            }
            left = _left_behind(connection, cell, "before", number, tables, steady)
            return Left(left, steady, tuple(sorted(f"{table}.{name}" for table, name in varying)))
    except (Timeout, psycopg.errors.QueryCanceled):
        return Left(Contents({}, TIMED_OUT), columns)


def compare_with_left(
    sides: Sides, cell: Cell, left: Left, number: int, _before: Contents, after: Contents
) -> ContentsCompared:
    """Hold what binding ``number`` leaves in the state after against what it left before."""
    if unknown := left.contents.unknown or after.unknown:
        return ContentsCompared(unknown=unknown)
    if after == left.contents and not left.varying:
        return ContentsCompared()
    try:
        with sides.connect("after", writes=True) as connection:
            there, before = shared_columns([connection]), left.contents.tables
            tables = sorted({*before, *(after.tables.keys() & left.columns.keys())})
            if gone := [f"{t}.{name}" for t in tables for name in left.columns[t] if name not in there.get(t, {})]:
                return ContentsCompared(unknown=f"{gone[0]} is there no more")
            untouched = contents(connection, [table for table in tables if table not in before], left.columns)
            found = _left_behind(connection, cell, "after", number, tables, left.columns)
    except (Timeout, psycopg.errors.QueryCanceled):
        return ContentsCompared(unknown=TIMED_OUT)
    if unknown := untouched.unknown or found.unknown:
        return ContentsCompared(unknown=unknown)
    expected = {**before, **untouched.tables}
    differing = [table for table in tables if found.tables.get(table) != expected.get(table)]
    return ContentsCompared(differing[0] if differing else "", left.varying)

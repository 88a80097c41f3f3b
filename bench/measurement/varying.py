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

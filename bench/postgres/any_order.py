"""Statements of files whose order nobody says: each is carried out as soon as what it needs is there.

One that fails because something is not there waits until the next file is through, then is tried again. So tables may
stand behind what refers to them, and keys and rows behind those. What is there already is left out and told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import psycopg

from bench.errors import PgproofError
from bench.postgres.connection import Connection
from bench.workload.psql import Step

WAITS = {"3F000", "42P01", "42704", "42883", "42703", "42830", "42P10", "23503"}
"""SQLSTATEs of what is not there yet: schema, relation, object, function, column, key, unique index, parent row."""

THERE = {"42P06", "42P07", "42710", "42701", "42723", "42P16", "23505"}
"""SQLSTATEs of what is there already: schema, relation, object, column, function, primary key, row."""


class WaitsError(Exception):
    """A statement failed because of what is not there yet."""


class ThereError(Exception):
    """A statement failed because what it makes is there already, and is left out."""


CarryOut = Callable[..., None]
"""Carries out a step; with ``patient=True`` it raises ``WaitsError`` where another file may help, or ``ThereError``."""


def in_any_order(steps: Sequence[Step], carry_out: CarryOut, connection: Connection) -> tuple[Step, ...]:
    """Carry out the steps of several files; return them in the order in which they were.

    Raises:
        PgproofError: what the first statement says that never succeeds.
    """
    done: list[Step] = []
    waiting: list[tuple[Step, str]] = []
    for _, file in groupby(steps, key=lambda step: step.file):
        for step in file:
            path = _path(connection)
            try:
                carry_out(step, patient=True)
                done.append(step)
            except WaitsError:
                waiting.append((step, path))
            except ThereError:
                pass
        waiting = _again(waiting, done, carry_out, connection)
    while waiting:
        left = _again(waiting, done, carry_out, connection)
        if len(left) == len(waiting):  # nothing else helps: with what may be done for each by itself
            left = _one(left, done, carry_out, connection)
        waiting = left
    return tuple(done)


def _again(
    waiting: list[tuple[Step, str]], done: list[Step], carry_out: CarryOut, connection: Connection
) -> list[tuple[Step, str]]:
    """Those that still wait when nothing more succeeds."""
    while waiting:
        left = []
        for step, path in waiting:
            try:
                _at(path, step, done, carry_out, connection, patient=True)
            except WaitsError:
                left.append((step, path))
            except ThereError:
                pass
        if len(left) == len(waiting):
            break
        waiting = left
    return waiting


def _one(
    waiting: list[tuple[Step, str]], done: list[Step], carry_out: CarryOut, connection: Connection
) -> list[tuple[Step, str]]:
    """All but the first that succeeds with help; where none does, what the first one says is raised."""
    first: PgproofError | None = None
    for number, (step, path) in enumerate(waiting):
        try:
            _at(path, step, done, carry_out, connection, patient=False)
            return waiting[:number] + waiting[number + 1 :]
        except PgproofError as error:
            first = first or error
    assert first
    raise first


def _at(path: str, step: Step, done: list[Step], carry_out: CarryOut, connection: Connection, *, patient: bool) -> None:
    """Carry a step out with the search path that it had in its file."""
    now = _path(connection)
    there, back = (Step("SET search_path = " + (one or "''"), step.line, step.file) for one in (path, now))
    if path == now:
        carry_out(step, patient=patient)
        return done.append(step)
    carry_out(there)
    try:
        carry_out(step, patient=patient)
        done.extend((there, step, back))
    finally:
        carry_out(back)


def _path(connection: Connection) -> str:
    if connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
        return ""
    return str(connection.execute("SHOW search_path").fetchall()[0][0])

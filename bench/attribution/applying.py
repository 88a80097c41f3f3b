"""Apply one optimization on a copy, on the clock, while somebody looks at its locks; a failure is kept, not raised."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from bench.attribution.stalls import Window
from bench.errors import DiskFull, ServerError
from bench.model import Optimization
from bench.postgres import extensions
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import translated
from bench.postgres.locks import Locks, sampled
from bench.shipping import concurrent_steps, refuses_transaction, undo_steps


@dataclass(frozen=True, slots=True)
class Stage:
    """Statements that commit together, or one that runs outside of a transaction."""

    statements: tuple[str, ...]
    outside: bool


def as_in_the_file(optimization: Optimization) -> tuple[Stage, ...]:
    """One transaction, where the statements allow that."""
    texts = tuple(statement.sql for statement in optimization.statements)
    if any(refuses_transaction(text) for text in texts):
        return tuple(Stage((text,), refuses_transaction(text)) for text in texts)
    return (Stage(texts, outside=False),)


def as_shipped(optimization: Optimization) -> tuple[Stage, ...]:
    """The steps of the ship script: each commits by itself, but for neighbours that are as they were written."""
    stages: list[Stage] = []
    together = False
    for step in concurrent_steps(optimization):
        plain = step.kind == "plain" and not step.outside
        if plain and together:
            stages[-1] = Stage((*stages[-1].statements, step.sql), outside=False)
        else:
            stages.append(Stage((step.sql,), step.outside))
        together = plain
    return tuple(stages)


@dataclass(frozen=True, slots=True)
class Application:
    """One optimization applied: when, for how long, what it held, and why it failed."""

    optimization: str
    window: Window
    ms: float
    locks: Locks
    error: str


def apply(
    connection: Connection,
    watcher: Connection,
    optimization: Optimization,
    stages: Sequence[Stage],
    free_since_s: float,
) -> Application:
    """Apply the stages over ``connection``; where one fails, take back what the others left.

    Raises:
        ServerError, DiskFull: no optimization is to blame.
    """
    invalid_before = _invalid(watcher)
    locks = Locks(existing={row[0] for row in watcher.execute("SELECT oid FROM pg_class").fetchall()})
    error, committed, begin_s, begin = "", 0, time.time(), time.perf_counter()
    try:
        for stage in stages:
            _run(connection, watcher, stage, locks)
            committed += 1
    except psycopg.Error as raised:
        failure = translated(raised, f"{optimization.file}:{optimization.line}")
        if connection.broken or isinstance(failure, ServerError | DiskFull):
            raise failure from raised
        error = failure.message
    ms = (time.perf_counter() - begin) * 1e3
    window = Window(free_since_s, begin_s, begin_s + ms / 1e3)
    left = [name for name in _invalid(watcher) if name not in invalid_before]
    if left:
        error = error or f"it left {left[0]} invalid"
    if error:
        undo = [step.sql for step in undo_steps(optimization)] if committed else []
        for statement in (*(f"DROP INDEX {name}" for name in left), *undo):
            with suppress(psycopg.Error):  # half of it was made, so half of this has nothing to undo
                connection.execute(statement)
    return Application(optimization.name, window, ms, locks, error)


def _run(connection: Connection, watcher: Connection, stage: Stage, locks: Locks) -> None:
    pid = connection.info.backend_pid
    if stage.outside:
        with sampled(locks, watcher, pid):
            extensions.execute(connection, stage.statements[0])
        return
    # From the begin of the statement that takes it: while it waits for the lock, others wait behind it.
    since: dict[tuple[str, str], float] = {}
    with connection.transaction():
        for statement in stage.statements:
            begin = time.perf_counter()
            extensions.execute(connection, statement)
            for key in locks.look(connection, pid):
                since.setdefault(key, begin)
    end = time.perf_counter()
    locks.add({key: end - begin for key, begin in since.items()})


def _invalid(connection: Connection) -> list[str]:
    return [row["name"] for row in rows(connection, "list_invalid_indexes")]

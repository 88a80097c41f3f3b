"""A statement under a name, as drivers and pools keep it: its custom plan, its generic plan, the server's choice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from bench.errors import WorkloadError
from bench.experiments.traps.copied_database import (
    CopiedDatabase,
    cut_off,
    is_quick,
    record,
    slimmed,
    timed_in_turn,
    timing,
    with_answer,
)
from bench.experiments.traps.record import PlanRun, ServerChoice, TrapCell
from bench.measurement import Cell, Timeout
from bench.measurement.execution import EXPLAIN, undone
from bench.measurement.inside_functions import collected, functions_with_statements
from bench.model import Json, State
from bench.plans import access_path, from_explain, inside
from bench.postgres.connection import Connection
from bench.postgres.failures import first_line, translated

NAME = "pgproof_trap"

EXECUTIONS = 8
"""With plan_cache_mode at auto. The server makes five custom plans, then holds their mean cost against the generic
plan's (plancache.c, choose_custom_plan): three more show which it took, and that it stays with it."""

CUSTOM_FIRST = 5
"""Executions with a custom plan before the server may choose: what they were planned for decides."""

UNPREPARABLE = (psycopg.errors.SyntaxError, psycopg.errors.FeatureNotSupported, psycopg.errors.WrongObjectType)
"""What PREPARE says of a statement without a plan: CALL, DO, COPY."""


class Unpreparable(Exception):
    """The statement cannot be prepared; the text says why in the server's words."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The statement of one query, prepared on one connection."""

    connection: Connection
    state: State

    def explain(self, cell: Cell, *, executed: bool = True) -> PlanRun:
        """Execute it under EXPLAIN with the plan that the connection's plan_cache_mode gives.

        Raises:
            Timeout: the statement timeout struck.
            WorkloadError: the statement fails.
        """
        if not executed:
            document = self._run(cell, sql.SQL("EXPLAIN (COSTS OFF, FORMAT JSON) ") + self._execute(cell)).fetchall()[
                0
            ][0]
            return PlanRun(access_path(document[0]["Plan"]))
        return record(from_explain(self._explained(cell)))

    def _explained(self, cell: Cell) -> Json:
        """What EXPLAIN says of an execution, with the plans inside of functions."""
        command = sql.SQL(EXPLAIN) + self._execute(cell)
        functions = functions_with_statements(self.connection, cell.statement(self.state, 0)[0])
        if not functions:
            return self._run(cell, command).fetchall()[0][0]
        with collected(self.connection) as messages:
            document = self._run(cell, command).fetchall()[0][0]
        return [{**document[0], "Plan": inside.grafted(document[0]["Plan"], inside.read(messages), functions)}]

    def execute(self, cell: Cell) -> float:
        """Execute it; return wall time in ms. Raises what ``explain`` raises."""
        command = self._execute(cell)
        begin = time.perf_counter_ns()
        self._run(cell, command)
        return (time.perf_counter_ns() - begin) / 1e6

    def counts(self) -> tuple[int, int]:
        """How many executions had a generic plan, and how many a custom one."""
        asked = "SELECT generic_plans::integer, custom_plans::integer FROM pg_prepared_statements WHERE name = %s"
        generic, custom = self.connection.execute(asked, [NAME], prepare=False).fetchall()[0]
        return generic, custom

    def _execute(self, cell: Cell) -> sql.Composed:
        _, values = cell.statement(self.state, 0)
        given = sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, values))) if values else sql.SQL("")
        return sql.SQL("EXECUTE {}").format(sql.Identifier(NAME)) + given

    def _run(self, cell: Cell, command: sql.Composed) -> psycopg.Cursor[Any]:
        begin = time.perf_counter_ns()
        with undone(self.connection, writes=cell.query.writes):
            try:
                return self.connection.execute(command, prepare=False)
            except psycopg.errors.QueryCanceled:
                raise Timeout((time.perf_counter_ns() - begin) / 1e6) from None
            except psycopg.Error as error:
                raise translated(error, f"{cell.query.file}:{cell.query.line}") from error


@contextmanager
def prepared(connection: Connection, cell: Cell, state: State) -> Iterator[Prepared]:
    """Prepare the statement of ``cell``, and forget it afterwards.

    Raises:
        Unpreparable: it has no plan.
        WorkloadError: it is wrong.
    """
    text, _ = cell.statement(state, 0)
    try:
        psycopg.RawCursor(connection).execute(f"PREPARE {NAME} AS {text}", prepare=False)
    except UNPREPARABLE as error:
        raise Unpreparable(first_line(error)) from None
    except psycopg.Error as error:
        raise translated(error, f"{cell.query.file}:{cell.query.line}") from error
    try:
        yield Prepared(connection, state)
    finally:
        if not connection.closed:
            connection.execute(f"DEALLOCATE {NAME}", prepare=False)


def look(copied: CopiedDatabase, cell: Cell, *, firsts: Mapping[str, Cell]) -> TrapCell:
    """Execute the custom and the generic plan of one cell, and see which the server comes to.

    ``firsts`` holds the cells, by class, that a connection may have executed before: the server's choice hangs on them.

    Raises:
        Unpreparable: the statement has no plan.
    """
    found = TrapCell(cell.query.name, cell.parameter_class, cell.bindings[0])
    writes = cell.query.writes
    try:
        with (
            copied.connect(writes=writes) as custom,
            copied.connect(writes=writes, mode="force_generic_plan") as generic,
        ):
            with prepared(custom, cell, copied.state) as one, prepared(generic, cell, copied.state) as other:
                runs = [_explained(one, cell), _explained(other, cell)]
            found = replace(found, custom=runs[0], generic=slimmed(runs[1]))
            calls = [timing(custom, cell, copied.state), timing(generic, cell, copied.state)]
            runs = timed_in_turn(runs, calls)
            runs = [with_answer(run, by, cell, copied.state) for run, by in zip(runs, (custom, generic), strict=True)]
            found = replace(found, custom=runs[0], generic=slimmed(runs[1]))
        if runs[0].seen is None:
            return found
        quick = is_quick(runs[0])
        mine = choose(copied, cell, cell.parameter_class, cell, executed=quick)
        found = replace(found, choices=(mine,))
        for name, first in firsts.items():
            with suppress(WorkloadError):  # what fails for the other class is told there
                found = replace(found, choices=(*found.choices, choose(copied, cell, name, first, executed=quick)))
    except WorkloadError as error:
        return replace(found, error=error.message)
    return found


def _explained(statement: Prepared, cell: Cell) -> PlanRun:
    path = statement.explain(cell, executed=False).path
    try:
        found = statement.explain(cell)
        return statement.explain(cell) if is_quick(found) else found
    except Timeout as timeout:
        return cut_off(path, timeout)


def choose(copied: CopiedDatabase, cell: Cell, name: str, first: Cell, *, executed: bool = True) -> ServerChoice:
    """Execute with plan_cache_mode at auto: ``first`` five times, then ``cell``; which plans does the server take?

    Without ``executed`` each is only planned, which the server counts alike. A timeout ends it: what it had come to by
    then is told.
    """
    times: list[float] = []
    counts, switched = (0, 0), None
    then: PlanRun | None = None
    with (
        copied.connect(writes=cell.query.writes, mode="auto") as connection,
        prepared(connection, cell, copied.state) as statement,
    ):
        try:
            for number in range(1, EXECUTIONS + 1):
                one = first if number <= CUSTOM_FIRST else cell
                if executed:
                    times.append(statement.execute(one))
                else:
                    statement.explain(one, executed=False)
                counts = statement.counts()
                switched = number if counts[0] and switched is None else switched
            then = slimmed(_explained(statement, cell)) if executed else statement.explain(cell, executed=False)
        except Timeout as timeout:
            times.append(timeout.ms)
            counts = statement.counts()
    return ServerChoice(name, *counts, switched, tuple(times), then)

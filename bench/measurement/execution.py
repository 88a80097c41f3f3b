"""One statement on one connection: timed, explained, or fetched."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import psycopg

from bench.measurement.inside_functions import MOST, collected, functions_with_statements
from bench.model import STATES, Arm, Binding, ColdBlocks, Json, PlanSeen, Query, State
from bench.plans import cold_blocks, from_explain, inside, with_self_ms, without_times
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import translated
from bench.postgres.servers.settings import TIMED_SETTINGS
from bench.workload.sqlfile import numbered

EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING OFF, FORMAT JSON) "
"""TIMING OFF: reading the clock at every node costs up to 77 % (docs/method.md), and no figure here comes from it."""

EXPLAIN_VERBOSE = EXPLAIN.replace("ANALYZE,", "ANALYZE, VERBOSE,")
EXPLAIN_TIMED = EXPLAIN.replace("TIMING OFF", "TIMING ON")
TIMING_COST = 1.77
"""What TIMING ON multiplied the time of a statement with at the most (docs/method.md)."""

QUICK_MS = 2_000.0
"""Longer statements are not executed again for a few blocks."""

FLOAT_OIDS = (700, 701)
FLOAT_DIGITS = 12
"""Significant digits of float columns that must agree: sums in another order differ in the last ones."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A query and parameter class with its bindings: what runs on both sides."""

    query: Query
    parameter_class: str
    bindings: tuple[Binding, ...]

    @property
    def label(self) -> str:
        """``query[class]``."""
        return f"{self.query.name}[{self.parameter_class}]"

    def statement(self, state: Arm, binding: int) -> tuple[str, list[str | None]]:
        """The statement with ``$n`` and its values."""
        text, names = self._numbered(state)
        return text, [self.bindings[binding].args[name] for name in names]

    def types(self, state: State) -> list[str]:
        """The SQL types of ``$1``, ``$2``… in the statement."""
        known = {parameter.name: parameter.type for parameter in self.query.parameters}
        return [known[name] for name in self._numbered(state)[1]]

    def _numbered(self, state: Arm) -> tuple[str, list[str]]:
        types = tuple((parameter.name, parameter.type) for parameter in self.query.parameters)
        return _numbered(self.query.text(state), types)


Bindings = Mapping[str, Mapping[str, tuple[Binding, ...]]]
"""Query name and parameter class to the values."""


def cells_of(queries: Sequence[Query], bindings: Bindings) -> list[Cell]:
    """The cells of these queries: one for each class that the data has a value for."""
    return [Cell(query, name, values) for query in queries for name, values in bindings[query.name].items()]


@cache
def _numbered(sql: str, types: tuple[tuple[str, str], ...]) -> tuple[str, list[str]]:
    # Once for each statement: scanning takes a millisecond, between two timed executions that should be close.
    return numbered(sql, dict(types))


class Timeout(Exception):
    """The statement ran into the statement timeout after ``ms`` milliseconds."""

    def __init__(self, ms: float) -> None:
        super().__init__(f"{ms:.0f} ms")
        self.ms = ms


@dataclass(frozen=True, slots=True)
class Sides:
    """The two databases of an experiment, and how to connect to them for measuring."""

    target: Target
    databases: Mapping[State, str]
    timeout_s: float
    settings: Mapping[State, Mapping[str, str]] = field(default_factory=dict)
    """Settings of one side alone, which win over those of all."""
    copy: str = ""
    """A second copy of the database after, to be timed in turn with it."""
    spread: bool = False
    """Their tables are spread over a cluster, which refuses some statements: that is an outcome, and no end."""

    def connect(self, state: Arm, *, writes: bool) -> Connection:
        """A new connection for measuring: read only unless the query writes, custom plans, one timeout.

        Custom plans, because the plan that is timed has to be the plan that is shown; generic ones are another
        question. Their planning is part of every time.
        """
        settings: dict[str, Any] = {
            "plan_cache_mode": TIMED_SETTINGS["plan_cache_mode"],
            **self.settings.get("after" if state == "copy" else state, {}),
            "statement_timeout": f"{round(self.timeout_s * 1000)}ms",
            "default_transaction_read_only": "off" if writes else "on",
        }
        return self.target.connect(self.copy if state == "copy" else self.databases[state], **settings)

    @contextmanager
    def connections(self, *, writes: bool) -> Iterator[dict[State, Connection]]:
        """One connection per state, closed afterwards."""
        opened: dict[State, Connection] = {}
        with ExitStack() as stack:
            for state in STATES:
                if state in self.databases:
                    opened[state] = stack.enter_context(self._prepared(state, writes=writes))
            yield opened

    @contextmanager
    def arms(self, *, writes: bool) -> Iterator[dict[Arm, Connection]]:
        """``connections``, and one to the second copy where there is one."""
        with self.connections(writes=writes) as states, ExitStack() as stack:
            opened: dict[Arm, Connection] = dict(states.items())
            if self.copy:
                opened["copy"] = stack.enter_context(self._prepared("copy", writes=writes))
            yield opened

    def _prepared(self, arm: Arm, *, writes: bool) -> closing[Connection]:
        connection = self.connect(arm, writes=writes)
        connection.prepared_max = None
        return closing(connection)


@contextmanager
def undone(connection: Connection, *, writes: bool) -> Iterator[None]:
    """A transaction that is rolled back, for statements that write; nothing for the others."""
    if not writes:
        yield
        return
    with connection.transaction(force_rollback=True):
        yield


def execute(connection: Connection, cell: Cell, state: Arm, binding: int) -> tuple[float, psycopg.RawCursor[object]]:
    """Run one prepared execution; return its wall time in ms, planning included, and the cursor with the rows.

    What it wrote is rolled back, outside that time.

    Raises:
        Timeout: the statement timeout struck.
    """
    with undone(connection, writes=cell.query.writes):
        return execute_here(connection, cell, state, binding)


def execute_here(
    connection: Connection, cell: Cell, state: Arm, binding: int
) -> tuple[float, psycopg.RawCursor[object]]:
    """``execute`` in the transaction that is open, for a caller with a clock of its own: nothing is rolled back.

    Raises:
        Timeout: the statement timeout struck.
    """
    text, values = cell.statement(state, binding)
    cursor: psycopg.RawCursor[object] = psycopg.RawCursor(connection)
    begin = time.perf_counter_ns()
    try:
        cursor.execute(text, values, prepare=True)
    except psycopg.errors.QueryCanceled:
        raise Timeout((time.perf_counter_ns() - begin) / 1e6) from None
    except psycopg.Error as error:
        raise translated(error, f"{cell.query.file}:{cell.query.line} ({state})") from error
    return (time.perf_counter_ns() - begin) / 1e6, cursor


def shape_of(connection: Connection, cell: Cell, state: State, binding: int) -> Json:
    """The plan that the server would take, without costs and estimates.

    Nothing is executed but a statement that calls functions: what is done in them can be known in no other way. Where
    that takes too long, or would leave dead rows, the plan is that without what is in them.
    """
    plan = _asked(connection, cell, state, binding, "EXPLAIN (COSTS OFF, FORMAT JSON) ")[0]["Plan"]
    functions = functions_with_statements(connection, cell.statement(state, binding)[0])
    if not functions or cell.query.writes:
        return plan
    asked = "EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF, FORMAT JSON) "
    try:
        with collected(connection) as messages, connection.transaction():
            _asked(connection, cell, state, binding, asked)
    except Timeout:
        return plan
    return inside.grafted(plan, [inside.bare(one) for one in inside.read(messages)], functions)


def try_planning(connection: Connection, cell: Cell, state: State, binding: int) -> None:
    """Find out whether the statement can be planned, and what it executes in functions: it is executed where it does.

    Raises:
        WorkloadError: it cannot.
    """
    _asked(connection, cell, state, binding, "EXPLAIN (COSTS OFF, FORMAT JSON) ")
    if not cell.query.writes and functions_with_statements(connection, cell.statement(state, binding)[0]):
        with suppress(Timeout), connection.transaction():
            execute(connection, cell, state, binding)


def cost_of(connection: Connection, cell: Cell, state: State, binding: int) -> float:
    """What the server estimates for the statement, in its own unit; nothing is executed."""
    return float(_explained(connection, cell, state, binding, "EXPLAIN (FORMAT JSON) ")[0]["Plan"]["Total Cost"])


def explain(connection: Connection, cell: Cell, state: State, binding: int) -> PlanSeen:
    """Run the statement once under EXPLAIN ANALYZE.

    Raises:
        Timeout: the statement timeout struck.
    """
    return from_explain(_explained(connection, cell, state, binding, EXPLAIN))


def explain_verbose(
    connection: Connection, cell: Cell, state: State, binding: int, *, executed: bool = True
) -> PlanSeen:
    """``explain`` with every name qualified and what each node gives; where it is not executed, with estimates alone.

    Raises:
        Timeout: the statement timeout struck.
    """
    asked = EXPLAIN_VERBOSE if executed else "EXPLAIN (VERBOSE, FORMAT JSON) "
    return from_explain(_explained(connection, cell, state, binding, asked))


def explain_blocks(connection: Connection, cell: Cell, state: State, binding: int) -> ColdBlocks:
    """Run the statement once under EXPLAIN ANALYZE, for the blocks that it had to read and those that it found.

    Raises:
        Timeout: the statement timeout struck.
    """
    return cold_blocks(_explained(connection, cell, state, binding, EXPLAIN, once=True))


def explain_shares(
    connection: Connection, cell: Cell, state: State, binding: int, plain_ms: float, timeout_s: float
) -> PlanSeen:
    """``explain``, and what part of the time each node takes, from the same execution: with TIMING ON.

    Without that of a statement that writes, and where TIMING ON might take one of ``plain_ms`` into ``timeout_s``.
    """
    if cell.query.writes or plain_ms * TIMING_COST >= timeout_s * 1000:
        return explain(connection, cell, state, binding)
    try:
        document = _explained(connection, cell, state, binding, EXPLAIN_TIMED)
    except Timeout:
        return explain(connection, cell, state, binding)
    seen = from_explain(without_times(document))
    return with_self_ms(replace(seen, execution_ms=min(seen.execution_ms, plain_ms)), document)


def _explained(
    connection: Connection, cell: Cell, state: State, binding: int, asked: str, *, once: bool = False
) -> Json:
    """What EXPLAIN says; where it executes, with the plans inside of functions below these.

    To print a plan the server looks names up, and what it reads for that inside a function counts as the function's
    the first time: so a quick one is executed twice, unless it writes or ``once`` is asked for.
    """
    functions: tuple[str, ...] = ()
    if "ANALYZE" in asked:
        functions = functions_with_statements(connection, cell.statement(state, binding)[0])
    if not functions:
        return _asked(connection, cell, state, binding, asked)
    for last in (once or cell.query.writes, True):
        messages: list[str] = []
        try:
            with collected(connection, timed=asked == EXPLAIN_TIMED) as messages, connection.transaction():
                document = _asked(connection, cell, state, binding, asked)
        except Timeout:
            if len(messages) < MOST:
                raise
            return _asked(connection, cell, state, binding, asked)
        if last or document[0]["Execution Time"] > QUICK_MS:
            break
    return [{**document[0], "Plan": inside.grafted(document[0]["Plan"], inside.read(messages), functions)}]


def _asked(connection: Connection, cell: Cell, state: State, binding: int, asked: str) -> Json:
    text, values = cell.statement(state, binding)
    begin = time.perf_counter_ns()
    with undone(connection, writes=cell.query.writes):
        try:
            return psycopg.RawCursor(connection).execute(asked + text, values).fetchall()[0][0]
        except psycopg.errors.QueryCanceled:
            raise Timeout((time.perf_counter_ns() - begin) / 1e6) from None
        except psycopg.Error as error:
            raise translated(error, f"{cell.query.file}:{cell.query.line} ({state})") from error


def result_rows(cursor: psycopg.RawCursor[object]) -> Iterator[list[bytes]]:
    """The rows as the server printed them, floats cut to the digits that must agree, NULL as a zero byte."""
    result = cursor.pgresult
    if result is None:
        return
    floats = {i for i in range(result.nfields) if result.ftype(i) in FLOAT_OIDS}
    for row in range(result.ntuples):
        yield [_canonical(result.get_value(row, i), i in floats) for i in range(result.nfields)]


def _canonical(value: bytes | None, is_float: bool) -> bytes:
    if value is None:
        return b"\x00"
    return f"{float(value):.{FLOAT_DIGITS}g}".encode() if is_float else value

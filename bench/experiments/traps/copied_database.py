"""Where plans are executed: connections to a copy, and one plan as a record."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.experiments.traps.record import PlanRun
from bench.measurement import Cell, Timeout, execute
from bench.measurement.answers import answer
from bench.measurement.execution import explain, shape_of
from bench.model import PlanSeen, Sample, State
from bench.plans import access_path, trimmed
from bench.postgres.connection import Connection, Target

ROUNDS = 9
"""Timed executions of a plan, in turn with the one it is held against. From 5 on there is an interval; with 9 one
hiccup on each side leaves it narrow."""

ROUNDS_LEAST = 5
"""Of plans that take long: the fewest that give an interval (bench/statistics/quantiles.py)."""

ENOUGH_S = 5.0
"""Seconds that the timing of one pair of plans takes before it has only the fewest rounds: there are hundreds."""

MOST_S = 30.0
"""Seconds after which it ends whatever it has: work then decides alone."""

QUICK_MS = 2_000.0
"""What takes longer is executed no oftener than it must: once under EXPLAIN, and only planned where the server's choice
is looked at, which takes nine executions for each class."""

Timed = Callable[[], float]
"""Executes once and returns ms. Raises ``Timeout``."""


@dataclass(frozen=True, slots=True)
class CopiedDatabase:
    """A copy of one state, for nothing but this."""

    target: Target
    database: str
    state: State
    timeout_s: float

    def connect(self, *, writes: bool, mode: str = "force_custom_plan", **settings: str) -> Connection:
        """A new connection: read only unless the query writes, with one timeout and one plan_cache_mode."""
        given: dict[str, Any] = {
            "statement_timeout": f"{round(self.timeout_s * 1000)}ms",
            "plan_cache_mode": mode,
            "default_transaction_read_only": "off" if writes else "on",
            **settings,
        }
        connection = self.target.connect(self.database, **given)
        connection.prepared_max = None
        return connection


def execute_plan(connection: Connection, cell: Cell, state: State) -> PlanRun:
    """Execute the plan that ``connection`` makes for the cell's first values under EXPLAIN; it is not timed yet.

    Twice, where it is quick: what a connection reads of the catalog for the first time counts as the statement's.
    """
    path = access_path(shape_of(connection, cell, state, 0))
    try:
        found = record(explain(connection, cell, state, 0))
        return record(explain(connection, cell, state, 0)) if is_quick(found) else found
    except Timeout as timeout:
        return cut_off(path, timeout)


def is_quick(run: PlanRun) -> bool:
    """Whether it may be executed a few times more than it must."""
    return run.seen is not None and run.seen.execution_ms <= QUICK_MS


def record(seen: PlanSeen) -> PlanRun:
    """Give the record of an executed plan."""
    return PlanRun(access_path(seen.plan), seen)


def cut_off(path: str, timeout: Timeout) -> PlanRun:
    """Give the record of a plan that the statement timeout cut off."""
    return PlanRun(path, samples=(Sample(timeout.ms, 0.0, censored=True),))


def slimmed(run: PlanRun) -> PlanRun:
    """Leave out of a plan what only the plan of a cell's own values is asked for: estimates and conditions."""
    return replace(run, seen=replace(run.seen, plan=trimmed(run.seen.plan))) if run.seen else run


def timed_in_turn(runs: Sequence[PlanRun], calls: Sequence[Timed]) -> list[PlanRun]:
    """Add timed executions to ``runs``, one of each in turn, each round the other way round.

    One that was cut off is not waited for again. A first execution of each is not counted: it prepares the statement.
    """
    found, begin = list(runs), time.perf_counter()
    for number in range(ROUNDS + 1):
        if time.perf_counter() - begin > (ENOUGH_S if number > ROUNDS_LEAST else MOST_S):
            break
        for place in sorted(range(len(found)), reverse=number % 2 == 1):
            if any(sample.censored for sample in found[place].samples):
                continue
            at_s = time.perf_counter() - begin
            try:
                sample = Sample(calls[place](), at_s)
            except Timeout as timeout:
                sample = Sample(timeout.ms, at_s, censored=True)
            if number or sample.censored:
                found[place] = replace(found[place], samples=(*found[place].samples, sample))
    return found


def with_answer(run: PlanRun, connection: Connection, cell: Cell, state: State) -> PlanRun:
    """``run`` with what the plan that ``connection`` makes answers: executed twice where it is quick, as two executions
    of one plan may differ (``random()``)."""
    if run.seen is None:
        return run
    try:
        found = {answer(connection, cell, state, 0, {})[1].hash for _ in range(2 if is_quick(run) else 1)}
    except Timeout:
        return run
    return replace(run, answer=found.pop() if len(found) == 1 else "")


def timing(connection: Connection, cell: Cell, state: State) -> Timed:
    """An execution for the cell's first values, as a user's: prepared, planning included where it is planned."""
    return lambda: execute(connection, cell, state, 0)[0]

"""A plan executed: explained once, and timed a few times by the clock and on the server's processor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from bench.attribution.copies import Names
from bench.measurement import Cell, Timeout, execute
from bench.measurement.execution import cost_of, explain
from bench.measurement.inside_functions import functions_with_statements
from bench.measurement.processor import processor_ms
from bench.model import Counters, PlanSeen, State, Tried
from bench.plans import work_of_finding
from bench.plans.parse import number
from bench.postgres.connection import Connection

SAMPLES = 2
SAMPLES_MS = 200.0
"""Timed executions of one plan, fewer where they take longer than this together. Two come before them: the first, which
may meet the disk and asks the catalog, and the one that is explained."""

SPARING_MS = 20.0
SPARING_TIMES = 2.0
SPARING_NOISE = 1.1
"""The same where many plans are met of which few are used, and those are executed again: the one that is explained
comes first, and is all that a plan gets that takes longer than this and so many times as long as another of the cell. A
plan whose executions on the clock all take so many times as long as that one had other work beside it, and gets all of
them."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Times of executions: at the client, planning included, and of the server's process on a processor."""

    wall_ms: tuple[float, ...] = ()
    processor_ms: tuple[float, ...] = ()

    @property
    def least_ms(self) -> float:
        """The fastest, on the processor where that is known."""
        return min(self.processor_ms or self.wall_ms)

    def __add__(self, other: Samples) -> Samples:
        return Samples(self.wall_ms + other.wall_ms, self.processor_ms + other.processor_ms)


Timed = Callable[[Connection, Cell, State], tuple[PlanSeen, Samples]]


def execute_plan(connection: Connection, cell: Cell, state: State, names: Names, timed: Timed) -> Tried:
    """What the plan does that the server takes now, and how long it takes."""
    without = tuple(sorted(names))
    try:
        with connection.transaction():
            seen, samples = timed(connection, cell, state)
    except Timeout as timeout:
        cost = cost_of(connection, cell, state, 0)
        return Tried(without, "", cost, Counters(0, 0, 0, 0), (timeout.ms,), {}, censored=True)
    return Tried(
        without=without,
        fingerprint=seen.fingerprint,
        cost=float(seen.plan["Total Cost"]),
        counters=work_of_finding(seen.plan) if cell.query.writes else seen.counters,
        samples_ms=samples.wall_ms,
        plan=seen.plan,
        processor_ms=samples.processor_ms,
    )


def fully(most: int, enough_ms: float = inf) -> Timed:
    """``most`` executions on the clock, fewer where they take ``SAMPLES_MS``; two come before them.

    Where the one that is explained takes longer than ``SPARING_MS`` and ``enough_ms``, it is all that is timed.
    """

    def timed(connection: Connection, cell: Cell, state: State) -> tuple[PlanSeen, Samples]:
        inside = functions_with_statements(connection, cell.statement(state, 0)[0])
        if not inside or cell.query.writes:  # what the catalog is asked for would count; else it is explained twice
            execute(connection, cell, state, 0)
        seen, explained = _explained(connection, cell, state)
        if not inside and explained.least_ms >= max(enough_ms, SPARING_MS):
            return seen, explained
        samples = Samples()
        while len(samples.wall_ms) < most and sum(samples.wall_ms) < SAMPLES_MS:
            samples += sample(connection, cell, state)
        return seen, samples

    return timed


def sparingly(most: int, enough_ms: float) -> Timed:
    """One that is explained, and as few more as ``SPARING_MS`` says; none where that took ``enough_ms``.

    What is short is never judged by the one that is explained: to plan and to explain it takes as long as the rest.
    """

    def timed(connection: Connection, cell: Cell, state: State) -> tuple[PlanSeen, Samples]:
        seen, explained = _explained(connection, cell, state)
        if explained.least_ms >= max(enough_ms, SPARING_MS) and not number(seen.plan, "Shared Read Blocks"):
            return seen, explained
        samples = Samples()
        while len(samples.wall_ms) < most:
            samples += sample(connection, cell, state)
            noisy = samples.least_ms > SPARING_NOISE * explained.least_ms
            if sum(samples.wall_ms) >= SPARING_MS and not noisy:
                break
        return seen, samples

    return timed


def sample(connection: Connection, cell: Cell, state: State) -> Samples:
    """One execution on the clock."""
    begin = processor_ms(connection)
    wall_ms = round(execute(connection, cell, state, 0)[0], 4)
    return Samples((wall_ms,), _since(begin, connection))


def _explained(connection: Connection, cell: Cell, state: State) -> tuple[PlanSeen, Samples]:
    begin = processor_ms(connection)
    seen = explain(connection, cell, state, 0)
    return seen, Samples((seen.planning_ms + seen.execution_ms,), _since(begin, connection))


def _since(begin: float | None, connection: Connection) -> tuple[float, ...]:
    end = None if begin is None else processor_ms(connection)
    return () if begin is None or end is None else (round(end - begin, 4),)

"""One benchmark item: rows compared, timed by pytest-benchmark, judged, described in ``extra_info``."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from bench.errors import PgproofError
from bench.measurement import SAMPLES_MAX, Cell, Timeout, equality_of, execute, execute_here
from bench.model import CellSide, Sample, State
from bench.plans import index_names
from bench.postgres.connection import Connection
from bench.pytest_plugin.session import Session
from bench.report.numbers import ms
from bench.statistics.looks import LAST
from bench.statistics.verdicts import Judgement, judge

JUDGED_MAX = LAST
"""Executions that a verdict rests on, spread evenly over those that were timed: as many as the last look takes."""


def time_item(benchmark: Any, config: pytest.Config, session: Session, query: str, name: str, state: State) -> None:  # noqa: ANN401
    """Run the item of one cell; ``name`` is its parameter class."""
    failed = ""
    try:
        cell = session.cell(query, name)
        compared = _insist_same_rows(session, cell)
        side, answers = session.look(cell, state)
        timed_out_ms = side.samples[0].ms if side.samples else _run(benchmark, config, session, cell, state)
    except PgproofError as error:
        failed = f"pgproof: {error}"
    if failed:  # out here, so that it does not show as an error in the handling of another
        pytest.fail(failed, pytrace=False)
    if timed_out_ms is not None and state == "before":
        pytest.skip(f"censored: > {ms(timed_out_ms)} before the optimizations")
    if timed_out_ms is not None:
        pytest.fail(f"timed out: > {ms(timed_out_ms)}", pytrace=False)
    target_ms = session.workload.target_ms
    found = _judged(benchmark, target_ms)
    benchmark.extra_info.update(_about(side, answers[0].rows))
    benchmark.extra_info.update(
        query=query, parameter_class=name, state=state, target_ms=target_ms,
        verdict=found.verdict, verdict_reason=found.reason,
        verdict_assumes=found.assumes, rows_compared=compared,
    )  # fmt: skip
    if config.getoption("pgproof_check") and state == "after" and found.verdict == "misses":
        pytest.fail(f"misses {ms(target_ms)}: {found.reason}", pytrace=False)


def _insist_same_rows(session: Session, cell: Cell) -> str:
    """Fail where the rows differ; return what can be said about them."""
    before, after = (session.look(cell, state)[1] for state in ("before", "after"))
    equality = equality_of(session.sides(writes=cell.query.writes), cell, before, after)
    if equality is None:
        return "no: a state ran into the timeout"
    if not equality.equal:
        pytest.fail(f"{equality.word} after than before: {equality.detail}", pytrace=False)
    return equality.word


def _run(benchmark: Any, config: pytest.Config, session: Session, cell: Cell, state: State) -> float | None:  # noqa: ANN401
    """Time the cell; milliseconds after which an execution was cut off, None when all finished."""
    writes = cell.query.writes
    bindings = itertools.cycle(range(len(cell.bindings)))
    with session.sides(writes=writes).connect(state, writes=writes) as connection:
        try:
            trial_ms, _ = execute(connection, cell, state, 0)
            if writes:
                # as many as pytest-benchmark would take, up to a limit: each leaves dead rows for the next to pass
                wanted = math.ceil(float(config.getoption("benchmark_max_time")) * 1000 / max(trial_ms, 0.001))
                rounds = max(min(wanted, SAMPLES_MAX), config.getoption("benchmark_min_rounds"))
                _run_writes(benchmark, connection, cell, state, rounds)
            else:
                benchmark(lambda: execute(connection, cell, state, next(bindings)))
        except Timeout as timeout:
            return timeout.ms
    return None


def _run_writes(benchmark: Any, connection: Connection, cell: Cell, state: State, rounds: int) -> None:  # noqa: ANN401
    """Time the execution alone: it is rolled back, and the next begun, between two rounds."""
    bindings = itertools.cycle(range(len(cell.bindings)))

    def begin() -> None:
        connection.rollback()
        connection.execute("BEGIN")

    benchmark.pedantic(lambda: execute_here(connection, cell, state, next(bindings)), setup=begin, rounds=rounds)
    connection.rollback()


def _judged(benchmark: Any, target_ms: float) -> Judgement:  # noqa: ANN401
    taken = benchmark.stats
    if taken.iterations > 1:
        return Judgement("cannot tell", f"each sample is a mean of {taken.iterations} executions")
    seconds = taken.stats.data
    chosen = seconds[:: math.ceil(len(seconds) / JUDGED_MAX)]
    return judge([Sample(one * 1000, 0.0) for one in chosen], target_ms)


def _about(side: CellSide, result_rows: int) -> dict[str, Any]:
    assert side.plan is not None
    counters = side.plan.counters
    return {
        "buffers": counters.buffers,
        "rows": counters.rows,
        "temp_blocks": counters.temp_blocks,
        "heap_fetches": counters.heap_fetches,
        "fingerprint": side.plan.fingerprint,
        "indexes": list(index_names(side.plan.plan)),
        "result_rows": result_rows,
        "first_ms": side.first_ms,
    }

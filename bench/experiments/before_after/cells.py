"""The figures of every cell as a table: what the page shows, for a spreadsheet or a plot of one's own.

A row per query, class and state. Times are milliseconds; where ``…_censored`` is 1 the true time is longer. Counters
are of one execution, buffers and temporary blocks in blocks of 8 kB. What compares the two states (``equality`` and all
after it) stands in both rows. What is not known is empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.cells.records import CellSummary
from bench.experiments.before_after.cold import ColdSide
from bench.experiments.before_after.details import CellDetails
from bench.experiments.before_after.summary import RunSummary
from bench.model import STATES, Run, State
from bench.report.csv import Value
from bench.statistics.quantiles import Figure


def rows(run: Run, summary: RunSummary) -> Iterator[tuple[Value, ...]]:
    """Give the cells of ``run``, in its order."""
    found = {
        (cell.summary.query, cell.summary.parameter_class): cell for query in summary.details for cell in query.cells
    }
    for pair in run.pairs:
        if cell := found.get((pair.query, pair.parameter_class)):
            for state in STATES:
                yield (*_own(cell, state), *_compared(cell.summary))


def _own(cell: CellDetails, state: State) -> Iterator[Value]:
    found, seen = cell.summary, cell.pair.side(state)
    side = found.side(state)
    yield from (found.query, found.parameter_class, state, side.n, side.censored)
    yield from (*_time(side.p50), *_time(side.p95), int(bool(side.p95.longest_of)) if side.p95 else None)
    for figure in (side.p99, side.longest):
        yield from _time(figure)
    yield from (_number(side.first_ms), _number(side.planning_ms))
    counters = side.counters
    yield from (
        (counters.buffers, counters.rows, counters.temp_blocks, counters.heap_fetches, counters.wal_bytes)
        if counters
        else (None,) * 5
    )
    yield seen.plan.fingerprint if seen.plan else None
    yield side.outcome if side.measured else None
    yield side.judgement.reason if side.measured else None
    yield from (side.judgement.look.n if side.judgement.look else None, side.judgement.assumes or None)
    yield side.error or found.skipped
    yield from _cold(cell.cold.side(state))


def _cold(side: ColdSide) -> Iterator[Value]:
    yield from (side.n, side.censored)
    for figure in (side.cold, side.slowest):
        yield from _time(figure)
    yield from (side.blocks.read, side.blocks.hit) if side.blocks else (None, None)
    yield side.outcome


def _compared(found: CellSummary) -> Iterator[Value]:
    ratio = found.ratio
    yield from (found.result_rows, found.equality)
    yield None if found.plan_changed is None else int(found.plan_changed)
    yield found.effect
    if ratio:
        yield from (_number(ratio.value), ratio.bound, _number(ratio.low), _number(ratio.high))
    else:
        yield from (None,) * 4


COLUMNS = (
    "query", "parameter_class", "state", "n", "censored", "p50_ms", "p50_censored", "p95_ms", "p95_censored",
    "p95_is_max", "p99_ms", "p99_censored", "max_ms", "max_censored", "first_ms", "planning_ms", "buffers", "rows_read",
    "temp_blocks", "heap_fetches", "wal_bytes", "plan", "verdict", "reason", "decided_after", "assumes", "problem",
    "cold_n", "cold_censored",
    "cold_p50_ms", "cold_p50_censored", "cold_max_ms", "cold_max_censored", "cold_read_blocks", "cold_hit_blocks",
    "cold_verdict", "result_rows", "equality", "plan_changed",
    "effect", "ratio", "ratio_bound", "ratio_low", "ratio_high",
)  # fmt: skip
"""``p95_is_max``: fewer than 20 executions, of which p95 is the longest; p99 is empty with fewer than 100.
``decided_after``: executions at the look that gave the verdict; without one, ``assumes`` says what it rests on.
``problem``: why it failed or was not measured. ``cold_…``: of executions with emptied caches. ``ratio``: median
before over after, with its 95 % interval."""


def _time(figure: Figure | None) -> tuple[Value, Value]:
    return (_number(figure.ms), int(figure.censored)) if figure else (None, None)


def _number(value: float | None) -> Value:
    """Nanoseconds of a time and the sixth decimal of a ratio: what lies beyond was not measured."""
    return None if value is None else round(float(value), 6)

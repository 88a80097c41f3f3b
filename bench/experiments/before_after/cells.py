"""The figures of every cell as CSV: what the tables of the page show, for a spreadsheet or a plot of one's own.

A row per query, class and state. Times are milliseconds; where ``…_censored`` is 1 the true time is longer. Counters
are of one execution, buffers and temporary blocks in blocks of 8 kB. What compares the two states (``equality`` and all
after it) stands in both rows. What is not known is empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from bench.cells.records import CellSummary
from bench.experiments.before_after.cold import ColdSide, cold_side
from bench.experiments.before_after.samples import cell
from bench.experiments.before_after.summary import summarize
from bench.model import STATES, CellSide, Pair, Run, State
from bench.report.text import one_line
from bench.statistics.quantiles import Figure

Value = str | int | float | None

TEXT_MOST = 300
"""Characters of a reason or an error: a spreadsheet's cell, not a log."""


def render(run: Run) -> str:
    """Write the cells of ``run`` as CSV, in its order; texts are made safe for a spreadsheet."""
    found = {(cell.query, cell.parameter_class): cell for query in summarize(run).queries for cell in query.cells}
    measured = [pair for pair in run.pairs if (pair.query, pair.parameter_class) in found]
    target_ms = run.options.target_ms
    rows = [
        _row(found[pair.query, pair.parameter_class], pair, state, target_ms) for pair in measured for state in STATES
    ]
    target = io.StringIO()
    writer = csv.DictWriter(target, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue()


def _row(found: CellSummary, pair: Pair, state: State, target_ms: float) -> dict[str, Value]:
    return dict(zip(COLUMNS, (*_own(found, pair.side(state), state, target_ms), *_compared(found)), strict=True))


def _own(found: CellSummary, seen: CellSide, state: State, target_ms: float) -> Iterator[Value]:
    side = found.side(state)
    yield from (_text(found.query), _text(found.parameter_class), state, side.n, side.censored)
    for figure in (side.p50, side.p95, side.p99, side.longest):
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
    yield _text(side.judgement.reason) if side.measured else None
    yield _text(side.error or found.skipped)
    yield from _cold(cold_side(seen, target_ms))


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
    "query", "parameter_class", "state", "n", "censored", "p50_ms", "p50_censored", "p95_ms", "p95_censored", "p99_ms",
    "p99_censored", "max_ms", "max_censored", "first_ms", "planning_ms", "buffers", "rows_read", "temp_blocks",
    "heap_fetches", "wal_bytes", "plan", "verdict", "reason", "problem", "cold_n", "cold_censored",
    "cold_p50_ms", "cold_p50_censored", "cold_max_ms", "cold_max_censored", "cold_read_blocks", "cold_hit_blocks",
    "cold_verdict", "result_rows", "equality", "plan_changed",
    "effect", "ratio", "ratio_bound", "ratio_low", "ratio_high",
)  # fmt: skip
"""``problem``: why it failed or was not measured. ``cold_…``: of executions with emptied caches. ``ratio``: median
before over after, with its 95 % interval."""


def _time(figure: Figure | None) -> tuple[Value, Value]:
    return (_number(figure.ms), int(figure.censored)) if figure else (None, None)


def _number(value: float | None) -> Value:
    """Nanoseconds of a time and the sixth decimal of a ratio: what lies beyond was not measured."""
    return None if value is None else round(float(value), 6)


def _text(text: str) -> str:
    return cell(one_line(text, TEXT_MOST))

"""The figures of every cell of one state as a table, for a spreadsheet; times in ms, buffers in blocks of 8 kB."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.now.summary import NowCell, NowSummary
from bench.report.csv import Value
from bench.statistics.quantiles import Figure

COLUMNS = (
    "query", "parameter_class", "n", "censored", "p50_ms", "p95_ms", "p95_is_max", "max_ms", "first_ms", "planning_ms",
    "buffers", "rows_read", "rows_returned", "temp_blocks", "verdict", "reason", "assumes", "problem",
)  # fmt: skip


def rows(summary: NowSummary) -> Iterator[tuple[Value, ...]]:
    """A row for each query and class, the most important query first."""
    for query in summary.queries:
        for cell in query.cells:
            yield tuple(_row(cell))


def _row(cell: NowCell) -> Iterator[Value]:
    side = cell.side
    yield from (cell.summary.query, cell.summary.parameter_class, side.n, side.censored, _ms(side.p50), _ms(side.p95))
    yield int(bool(side.p95.longest_of)) if side.p95 else None
    yield from (_ms(side.longest), _number(side.first_ms), _number(side.planning_ms))
    counters = side.counters
    yield from (counters.buffers, counters.rows) if counters else (None, None)
    yield cell.summary.result_rows
    yield counters.temp_blocks if counters else None
    yield side.outcome if side.measured else None
    yield side.judgement.reason if side.measured else None
    yield side.judgement.assumes or None
    yield side.error or cell.summary.skipped or None


def _ms(figure: Figure | None) -> Value:
    return _number(figure.ms) if figure else None


def _number(value: float | None) -> Value:
    return None if value is None else round(float(value), 6)

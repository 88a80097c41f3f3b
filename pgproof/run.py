"""A stored run as an object: tables, figures, and what a notebook shows of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import escape

from bench import storage
from bench.cells.records import QuerySummary
from bench.errors import RunFileError
from bench.experiments.before_after.cells import COLUMNS as CELLS
from bench.experiments.before_after.cells import rows as cell_rows
from bench.experiments.before_after.figures.samples import spread
from bench.experiments.before_after.figures.slides import drawings
from bench.experiments.before_after.summary import RunSummary
from bench.experiments.before_after.summary import summarize as summarize_run
from bench.experiments.experiment import experiment_of, result_in
from bench.experiments.now.cells import COLUMNS as NOW_CELLS
from bench.experiments.now.cells import rows as now_rows
from bench.experiments.now.record import NowRun
from bench.experiments.now.summary import NowSummary
from bench.experiments.now.summary import summarize as summarize_now
from bench.model import Run as Record
from bench.report.figures.drawing import Drawing, figure
from bench.report.numbers import figure as time_text
from pgproof import tables

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SHOWN = 20
"""Queries that a notebook shows of a run."""


def load(path: str | PathLike[str]) -> Run:
    """As ``pgproof.load``."""
    file = result_in(Path(path))
    kind = experiment_of(file).kind
    if kind.record not in (Record, NowRun):
        raise RunFileError(f"{file}: a {kind.noun}; tables are made of runs", hint="give a run.json, or its folder")
    return Run(storage.load(kind, file))


class Run:
    """One ``pgproof run``. Times are milliseconds, sizes bytes, ``buffers`` and ``…_blocks`` blocks of 8 kB."""

    record: Record | NowRun
    """All that was seen, as frozen dataclasses (docs/file-format.md)."""

    def __init__(self, record: Record | NowRun) -> None:
        self.record = record

    @cached_property
    def summary(self) -> RunSummary | NowSummary:
        """All that was decided, as the reports say it."""
        return summarize_run(self.record) if isinstance(self.record, Record) else summarize_now(self.record)

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        return self.summary.sentence if isinstance(self.summary, RunSummary) else self.summary.headline

    # -------------------------------------------------------------------------------------------------- tables
    def samples(self) -> pd.DataFrame:
        """One row for each timed execution, in the order in which they were taken within a cell.

        Columns: query, parameter_class, state (before, after; copy: a second copy of the database after), number,
        binding, ms (wall time at the client), censored (the true time is longer than ms), at_s (second of the
        measurement at which it began), cold (with emptied caches).
        """
        return tables.samples(self.record.pairs)

    def cells(self) -> pd.DataFrame:
        """One row for each query, class and state: percentiles, work, verdict, and what compares the two states.

        ``docs/computing.md`` describes the columns. A run without optimizations has the state ``before`` alone.
        """
        if isinstance(self.record, Record) and isinstance(self.summary, RunSummary):
            return tables.frame(CELLS, cell_rows(self.record, self.summary))
        assert isinstance(self.summary, NowSummary)
        made = tables.frame(NOW_CELLS, now_rows(self.summary))
        made.insert(2, "state", "before")
        return made

    def plans(self) -> pd.DataFrame:
        """One row for each step of each plan, parents before children, of the first binding of a cell.

        Columns: query, parameter_class, state, step, depth, kind, relation, index, condition, estimated_rows,
        actual_rows, rows_removed, loops, buffers (of the step alone), temp_blocks, heap_fetches, self_ms (of one
        execution with timing on: for shares, not for sums).
        """
        return tables.plans(self.record.pairs)

    def optimizations(self) -> pd.DataFrame:
        """One row for each optimization: what it costs to build, store and write, and what it gains.

        Columns: name, category, use, verdict, in_smallest, share_buffers, share_ms, build_ms, size_bytes, wal_bytes,
        locks, why. What was not measured is missing; a run without optimizations has no row.
        """
        found = self.summary if isinstance(self.summary, RunSummary) else None
        return tables.optimizations(found)

    # ------------------------------------------------------------------------------------------------- figures
    def figures(self) -> Mapping[str, Figure]:
        """The charts of the report by name: ``overview``, ``query-NAME`` and ``data-NAME``, drawn when asked for."""
        return _Figures({name: drawn for name, drawn in self._drawings() if drawn})

    def _drawings(self) -> Iterator[tuple[str, Drawing | None]]:
        if isinstance(self.record, Record) and isinstance(self.summary, RunSummary):
            yield from drawings(self.record, self.summary, self.record.dataset.distributions)
            return
        for query in self.record.queries:
            pairs = [pair for pair in self.record.pairs if pair.query == query.name]
            yield f"query-{query.name}", spread(pairs, self.summary.target_ms, title=query.title)

    # -------------------------------------------------------------------------------------------------- looks
    def __repr__(self) -> str:
        return f"<pgproof run {self.record.id} of {self.record.workload}: {self.headline}>"

    def _repr_html_(self) -> str:
        """The answer, and a line for each query."""
        queries = [one for one in self._queries() if one.worst][:SHOWN]
        rows = "".join(_row(query) for query in queries)
        size = f"{self.record.dataset.scale:,} {self.record.dataset.unit}"
        about = f"{self.record.workload}, {size}, {self.record.started_at[:16].replace('T', ' ')} UTC"
        head = "<tr><th>query</th><th>verdict</th><th>slowest class</th><th>p95 before</th><th>p95 after</th></tr>"
        return f"<p><b>{escape(self.headline)}</b><br>{escape(about)}</p><table>{head}{rows}</table>"

    def _queries(self) -> Iterable[QuerySummary]:
        if isinstance(self.summary, RunSummary):
            return self.summary.queries
        return [one.summary for one in self.summary.queries]


class _Figures(Mapping[str, "Figure"]):
    """Figures by name; each is drawn when it is asked for."""

    def __init__(self, drawn: Mapping[str, Drawing]) -> None:
        self._drawn = drawn

    def __getitem__(self, name: str) -> Figure:
        return figure(self._drawn[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._drawn)

    def __len__(self) -> int:
        return len(self._drawn)


def _row(query: QuerySummary) -> str:
    assert query.worst
    times = (time_text(query.worst.before.p95), time_text(query.worst.after.p95))
    values = (query.title or query.name, query.outcome, query.worst.parameter_class, *times)
    return f"<tr>{''.join(f'<td>{escape(value)}</td>' for value in values)}</tr>"

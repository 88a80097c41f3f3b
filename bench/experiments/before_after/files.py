"""The files of a run beside its page and Markdown: tables, test cases, and figures where somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bench.cells import samples
from bench.experiments.before_after import cells, figures
from bench.experiments.before_after.findings import suites
from bench.experiments.before_after.summary import RunSummary, summarize
from bench.model import Run
from bench.report import csv, junit, parquet
from bench.report.files import put

OTHERS: Mapping[str, Callable[[Run, RunSummary], str | bytes]] = {
    "samples.csv": lambda run, _summary: csv.render(samples.COLUMNS, samples.rows(run.pairs)),
    "samples.parquet": lambda run, _summary: parquet.render(samples.COLUMNS, samples.rows(run.pairs)),
    "cells.csv": lambda run, summary: csv.render(cells.COLUMNS, cells.rows(run, summary)),
    "cells.parquet": lambda run, summary: parquet.render(cells.COLUMNS, cells.rows(run, summary)),
    "junit.xml": lambda run, summary: junit.render(
        "pgproof run", list(suites(run, summary)), run.started_at, sum(run.phases_s.values())
    ),
}
FIGURES = "figures"
"""The folder of the figures, beside the reports."""


def write_figures(run: Run, folder: Path) -> tuple[Path, ...]:
    """Write every figure as SVG and PNG into ``FIGURES`` in ``folder``; return the files. Raises ``OSError``.

    That takes some seconds.
    """
    return put(figures.slides(run, summarize(run), run.dataset.distributions), folder / FIGURES)

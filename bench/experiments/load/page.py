"""A load as one page: no network, in light and dark, and without its script."""

from __future__ import annotations

from bench.experiments.load import figure as chart
from bench.experiments.load.document import tables
from bench.experiments.load.record import LoadRun
from bench.experiments.load.summary import summarize_load
from bench.report import numbers
from bench.report.html.environment import drawn, fill


def render(run: LoadRun) -> str:
    """Write the page. The same load gives the same bytes."""
    summary = summarize_load(run)
    return fill(
        "load.html",
        pgproof=run.pgproof,
        run=run,
        summary=summary,
        drawing=drawn(chart.curves(summary, run.options.target_ms, "load")),
        alternative=chart.describe(summary),
        tables=tables(run, summary),
        words=numbers,
    )

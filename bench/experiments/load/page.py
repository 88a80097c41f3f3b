"""A load as one page: no network, in light and dark, and without its script."""

from __future__ import annotations

from bench.figures import load as chart
from bench.model.load import LoadRun
from bench.report.load.tables import tables
from bench.report.page.environment import drawn, fill
from bench.summary import words
from bench.summary.load import summarize_load


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
        words=words,
    )

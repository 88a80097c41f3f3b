"""A look for plan traps as one page: no network, in light and dark, and without its script."""

from __future__ import annotations

from bench.experiments.traps.document import tables
from bench.experiments.traps.record import TrapsRun
from bench.experiments.traps.sentences import summarize_traps
from bench.report import numbers
from bench.report.html.environment import fill


def render(run: TrapsRun) -> str:
    """Write the page. The same look gives the same bytes."""
    summary = summarize_traps(run)
    return fill(
        "traps.html",
        pgproof=run.pgproof,
        run=run,
        summary=summary,
        tables=tables(run, summary),
        words=numbers,
    )

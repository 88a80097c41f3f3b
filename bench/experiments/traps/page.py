"""A look for plan traps as one page: no network, in light and dark, and without its script."""

from __future__ import annotations

from bench.model.traps import TrapsRun
from bench.report.page.environment import fill
from bench.report.traps.tables import tables
from bench.summary import words
from bench.summary.trap_words import summarize_traps


def render(run: TrapsRun) -> str:
    """Write the page. The same look gives the same bytes."""
    summary = summarize_traps(run)
    return fill(
        "traps.html",
        pgproof=run.pgproof,
        run=run,
        summary=summary,
        tables=tables(run, summary),
        words=words,
    )

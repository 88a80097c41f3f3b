"""A maintenance experiment as one page: no network, in light and dark, and without its script."""

from __future__ import annotations

from bench.model.maintenance import MaintenanceRun
from bench.report.maintenance.tables import tables
from bench.report.page.environment import fill
from bench.summary import upkeep_words as said
from bench.summary import words
from bench.summary.maintenance import summarize_maintenance


def render(run: MaintenanceRun) -> str:
    """Write the page. The same experiment gives the same bytes."""
    summary = summarize_maintenance(run)
    return fill(
        "maintenance.html",
        pgproof=run.pgproof,
        run=run,
        headline=said.headline(run, summary),
        alarms=list(said.alarms(run, summary)),
        sentences=list(said.sentences(run, summary)),
        notes=list(said.notes(run, summary)),
        share=said.percent(run.options.share),
        procedures=[(one, one.procedures) for one in summary.worth if one.name != "all"],
        tables=tables(run, summary),
        words=words,
    )

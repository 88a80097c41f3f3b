"""A maintenance experiment as one page: no network, in light and dark, and without its script."""

from __future__ import annotations

from bench.experiments.maintain import sentences as said
from bench.experiments.maintain.document import tables
from bench.experiments.maintain.record import MaintenanceRun
from bench.experiments.maintain.summary import summarize_maintenance
from bench.report import numbers
from bench.report.html.environment import fill


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
        words=numbers,
    )

"""A maintenance experiment as Markdown: what a comment may hold, the most important first."""

from __future__ import annotations

from bench.experiments.maintain.document import tables
from bench.experiments.maintain.record import MaintenanceRun
from bench.experiments.maintain.sentences import alarms, headline, notes, sentences
from bench.experiments.maintain.summary import summarize_maintenance
from bench.report.markdown import NAME, PROSE, escape, fitted
from bench.report.simple_tables import grid


def render(run: MaintenanceRun) -> str:
    """Write the headline, the alarms, what to know, and the tables."""
    summary = summarize_maintenance(run)
    title = f"{escape(run.workload, NAME)} and its maintenance: {escape(headline(run, summary), PROSE)}"
    sections: list[list[str]] = [
        [f"## {title}\n", *(f"> 🛑 **{escape(alarm, 2 * PROSE)}**\n" for alarm in alarms(run, summary))],
        [*(f"- {escape(one, 2 * PROSE)}" for one in sentences(run, summary)), ""],
        *(list(grid(table)) for table in tables(run, summary)),
        [f"- {escape(note, 2 * PROSE)}" for note in notes(run, summary)],
    ]
    return fitted(sections, "maintenance.html")

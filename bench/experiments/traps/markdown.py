"""A look for plan traps as Markdown: what a comment may hold, the most important first."""

from __future__ import annotations

from dataclasses import replace

from bench.experiments.traps.document import tables
from bench.experiments.traps.record import TrapsRun
from bench.experiments.traps.sentences import summarize_traps
from bench.report.markdown import NAME, PROSE, escape, fitted
from bench.report.simple_tables import grid


def render(run: TrapsRun) -> str:
    """Write the headline, the alarms, the notes and the tables."""
    summary = summarize_traps(run)
    title = f"{escape(run.workload, NAME)}, plan traps: {escape(summary.headline, PROSE)}"
    # A caption names the tenant that was copied, in words of the workload.
    shown = [replace(one, caption=escape(one.caption, 2 * PROSE)) for one in tables(run, summary)]
    sections: list[list[str]] = [
        [f"## {title}\n", *(f"> 🛑 **{escape(alarm, 2 * PROSE)}**\n" for alarm in summary.alarms)],
        *(list(grid(table)) for table in shown[:1]),
        [*(f"- **{escape(one.query.name, NAME)}**: {escape(one.sentence, 2 * PROSE)}" for one in summary.queries), ""],
        [*(f"- {escape(kind, NAME)}: {escape(text, PROSE)}." for kind, text, _ in summary.advice), ""],
        *(list(grid(table)) for table in shown[1:]),
        [f"- {escape(note, 2 * PROSE)}" for note in summary.notes],
    ]
    return fitted(sections, "traps.html")

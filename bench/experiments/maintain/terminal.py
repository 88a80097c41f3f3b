"""A maintenance experiment on a terminal: the headline, what went wrong, the tables that there is room for."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from bench.experiments.maintain.document import tables
from bench.experiments.maintain.record import MaintenanceRun
from bench.experiments.maintain.sentences import alarms, headline, notes, sentences
from bench.experiments.maintain.summary import summarize_maintenance
from bench.report.simple_tables import fitting
from bench.report.text import one_line

LINE_MOST = 400
TERMINAL = ("procedures", "churn")
"""The tables that a terminal has room for; the page has them all."""
LATER = {
    "Slower": 9, "Faster": 8, "Wrote": 7, "More": 6, "Less": 5, "Other rows": 4, "Size after": 3, "Stops": 2, "WAL": 1,
    "All-visible": 8, "Indexes": 7, "Dead": 6, "HOT": 5, "Table size": 4, "Rows": 3,
}  # fmt: skip
"""Columns that go first where there is no room."""
LEFT_OUT = ("Lock", "Name")


def show(run: MaintenanceRun) -> RenderableType:
    """Give the headline, the alarms, the sentences, and the tables as wide as the terminal is."""
    summary = summarize_maintenance(run)
    parts: list[RenderableType] = [_line(headline(run, summary), "bold")]
    parts += [_line(f"✗ {alarm}", "bold red") for alarm in alarms(run, summary)]
    parts += [_line(f"- {one}", "") for one in sentences(run, summary)]
    for table in tables(run, summary):
        if table.ident in TERMINAL:
            parts += [Text(""), _line(table.title, "bold"), fitting(table, LATER, LEFT_OUT)]
    parts += [Text(""), *(_line(note, "dim") for note in notes(run, summary))]
    return Group(*parts)


def _line(text: str, style: str) -> Text:
    return Text(one_line(text, LINE_MOST), style=style)

"""A load on a terminal: the headline, what went wrong, the tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from bench.experiments.load.document import Cell, Table, tables
from bench.experiments.load.record import LoadRun
from bench.experiments.load.summary import summarize_load
from bench.report.fitting import Column, Fitting
from bench.report.text import one_line

LINE_MOST, CELL_MOST = 400, 64
TONES = {"over": "red", "before": "dark_orange3", "after": "dodger_blue2", "": ""}
TERMINAL = ("clients", "rates", "queries", "invariants")
"""The tables that a terminal has room for; the page has them all."""
LATER = {"Failed": 2, "Retries": 3, "p99, before": 3, "p99, after": 2}
"""Columns that go first where there is no room."""
LEFT_OUT = ("Weight", "Number, before", "Number, after")
"""Columns that only the other formats have."""


def show(run: LoadRun) -> RenderableType:
    """Give the headline, the alarms, and the tables as wide as the terminal is."""
    summary = summarize_load(run)
    parts: list[RenderableType] = [_line(summary.headline, "bold")]
    parts += [_line(f"✗ {alarm}", "bold red") for alarm in summary.alarms]
    parts += [_line(one.sentence, "") for one in summary.crossings]
    for table in tables(run, summary):
        if table.ident in TERMINAL:
            parts += [Text(""), _line(table.title, "bold"), fitting(table)]
    parts += [Text(""), *(_line(note, "dim") for note in summary.notes)]
    return Group(*parts)


def fitting(table: Table, later: Mapping[str, int] = LATER, left_out: Collection[str] = LEFT_OUT) -> Fitting:
    """Give a table as wide as the terminal is; ``later`` and ``left_out`` are as here above."""
    columns = {
        heading: Column("right" if cell.number else "left", later.get(heading, 0))
        for heading, cell in zip(table.headings, table.rows[0], strict=True)
        if heading not in left_out
    }
    return Fitting(columns, [dict(zip(table.headings, map(_cell, row), strict=True)) for row in table.rows])


def _cell(cell: Cell) -> Text:
    return Text(one_line(cell.text, CELL_MOST), style=TONES[cell.tone])


def _line(text: str, style: str) -> Text:
    return Text(one_line(text, LINE_MOST), style=style)

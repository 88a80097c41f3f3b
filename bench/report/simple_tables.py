"""Tables that are text already, for the experiments that make no document yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from rich.text import Text

from bench.report.fitting import Column, Fitting
from bench.report.markdown import NAME, PROSE, escape
from bench.report.text import one_line

CELL_MOST = 64
TONES = {"over": "red", "before": "dark_orange3", "after": "dodger_blue2", "": ""}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text; ``tone`` is ``over`` (misses the target), ``before``, ``after``, or nothing."""

    text: str
    tone: str = ""
    number: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first column names the row."""

    ident: str
    title: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def grid(table: Table) -> Iterator[str]:
    """Write a table with its title and caption."""
    yield f"### {table.title}\n"
    yield f"{table.caption}\n"
    yield f"| {' | '.join(table.headings)} |"
    yield f"|{'|'.join('---:' if cell.number else '---' for cell in table.rows[0])}|"
    for row in table.rows:
        shown = [escape(cell.text, NAME if cell.number or not place else PROSE) for place, cell in enumerate(row)]
        texts = [f"**{text}**" if cell.tone == "over" else text for cell, text in zip(row, shown, strict=True)]
        yield f"| {' | '.join(texts)} |"
    yield ""


def fitting(table: Table, later: Mapping[str, int], left_out: Collection[str]) -> Fitting:
    """Give a table as wide as the terminal is."""
    columns = {
        heading: Column("right" if cell.number else "left", later.get(heading, 0))
        for heading, cell in zip(table.headings, table.rows[0], strict=True)
        if heading not in left_out
    }
    return Fitting(columns, [dict(zip(table.headings, map(_cell, row), strict=True)) for row in table.rows])


def _cell(cell: Cell) -> Text:
    return Text(one_line(cell.text, CELL_MOST), style=TONES[cell.tone])

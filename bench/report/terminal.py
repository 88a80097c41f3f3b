"""A document on a terminal: the headline, what went wrong, the blocks that there is room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bench.report.document import (
    Beside,
    Block,
    Cell,
    Custom,
    Document,
    Fold,
    Line,
    Part,
    Sentences,
    Span,
    Table,
    Tone,
    shown,
    spans,
)
from bench.report.document import sections as sections_of
from bench.report.fitting import Column, Fitting
from bench.report.text import one_line

LINE_MOST, CELL_MOST = 500, 64
"""Characters of a line and of a cell."""

STYLES: dict[Tone, str] = {
    "": "",
    "over": "red",
    "worse": "red",
    "better": "green",
    "good": "green",
    "open": "yellow",
    "quiet": "dim",
    "before": "dark_orange3",
    "after": "dodger_blue2",
    "differs": "yellow",
    "strong": "bold",
    "alarm": "bold white on red",
    "unseen": "",
}


def render(made: Document) -> RenderableType:
    """Give the headline, the alarms, and the blocks; tables are as wide as the terminal. Text is never markup."""
    sign = f"{made.mark.sign} " if made.mark.sign else ""
    parts: list[RenderableType] = [_line(f"{sign}{made.headline}", f"bold {STYLES[made.mark.tone]}".strip())]
    parts += [_line((f"{made.alarm_sign} ", *spans(alarm)), "bold red") for alarm in made.alarms]
    parts += blocks(made.lead)
    for section in sections_of(made, "terminal"):
        if "terminal" in section.headed:
            parts += [Text(""), _line(section.title, "bold")]
        parts += blocks(section.blocks)
    return Group(*parts)


def blocks(found: Sequence[Block]) -> Iterator[RenderableType]:
    """What ``found`` looks like."""
    for block in shown(found, "terminal"):
        yield from _block(block)


def _block(block: Block) -> Iterator[RenderableType]:
    if isinstance(block, Sentences):
        yield from [Text("")] if block.gap else []
        style = "bold red" if block.style == "alarm" else STYLES[block.tone]
        for one in block.items:
            line = _line((block.mark, *spans(one)), style, block.most or LINE_MOST)
            yield Padding(line, (0, 0, 0, block.indent), expand=False) if block.indent else line
    elif isinstance(block, Table):
        yield _table(block)
        if block.most is not None and len(block.all_rows) > block.most:
            yield _line(f"{len(block.all_rows) - block.most:,} more are on the page", "dim")
    elif isinstance(block, Custom):
        yield from (_line(one, "") for one in block.terminal)
    elif isinstance(block, Fold | Beside | Part):
        if isinstance(block, Fold | Part):
            yield _line(block.summary if isinstance(block, Fold) else block.title, "bold")
        yield from blocks(block.blocks)


def _table(table: Table) -> Fitting:
    places = [place for place, column in enumerate(table.columns) if "terminal" in column.formats]
    columns = {table.columns[place].heading: place for place in places}
    rows = table.all_rows[: table.most]
    return Fitting(
        {
            name: Column("right" if table.columns[at].number else "left", table.columns[at].rank)
            for name, at in columns.items()
        },
        [{name: _cell(row[at]) for name, at in columns.items()} for row in rows],
        [{name: _shorter(row[at]) for name, at in columns.items()} for row in rows],
        table.name_width,
    )


def _shorter(cell: Cell) -> Text:
    return Text(one_line(cell.short, CELL_MOST), style=STYLES[cell.tone]) if cell.short else _cell(cell)


def _cell(cell: Cell) -> Text:
    made = Text(style=STYLES[cell.tone])
    for part in spans(cell.line):
        made.append(_text(part), style=STYLES[part.tone])
    return _cut(made, CELL_MOST)


def _line(line: Line, style: str, most: int = LINE_MOST) -> Text:
    made = Text(style=style)
    for part in spans(line):
        made.append(_text(part), style=STYLES[part.tone])
    return _cut(made, most)


def _text(part: Span) -> str:
    return f"{part.mark.sign} {part.text}".lstrip() if part.mark else part.text


def _cut(text: Text, most: int) -> Text:
    """On one line, without what a terminal obeys, and no longer than ``most`` characters."""
    flat = one_line(text.plain, most)
    if flat == text.plain:
        return text
    return Text(flat, style=text.style)

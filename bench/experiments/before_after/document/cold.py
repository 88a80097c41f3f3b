"""Executions with emptied caches beside the warm ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.experiments.before_after.cold import ColdRow, ColdSide, ColdSummary
from bench.experiments.before_after.document.places import Places
from bench.experiments.before_after.summary import RunSummary
from bench.model import STATES
from bench.report import numbers
from bench.report.document import (
    GAP,
    MARKDOWN,
    PAGE,
    TERMINAL,
    TEXT,
    Block,
    Cell,
    Column,
    Fold,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    columns,
    judged,
    marked,
)
from bench.report.markdown import PROSE
from bench.report.text import one_line

SHOWN = 3
"""Queries on a terminal; the page has them all."""
HOW_SHOWN = 3
"""Sentences on a terminal: how each of the two caches was emptied, and what the connection knew."""
TITLE_MOST = 40


def cold(summary: RunSummary, found: Places) -> Iterator[Section]:
    """Give the section, where somebody asked for cold executions."""
    if summary.cold:
        blocks = tuple(_blocks(summary.cold, found, dense=summary.dense))
        formats = PAGE | TEXT if summary.cold.rows else PAGE
        yield Section(
            "cold", "Cold beside warm", blocks, nav="Cold", headed=PAGE | MARKDOWN, on_paper=False, formats=formats
        )


def _blocks(summary: ColdSummary, found: Places, *, dense: bool) -> Iterator[Block]:
    yield Sentences((summary.sentence,), "reason", formats=PAGE)
    if not summary.rows:
        return
    yield _page(summary.worst, "Of each query the class that is slowest cold.", found)
    yield _markdown(summary)
    if dense:
        yield Sentences((marked("The other classes are in `cells.csv`."),), "none", formats=PAGE)
    elif len(summary.rows) > len(summary.worst):
        every = _page(summary.rows, "Every class.", found)
        yield Fold(("All classes ", Span(f"{len(summary.rows)} pairs", small=True)), (every,), lazy=True, formats=PAGE)
    yield Part("How cold", (Sentences(summary.how, "prose"),), kind="sub", formats=PAGE)
    where = "Of each query the class that is slowest cold; all of them are in report.html."
    yield Sentences((where,), "paragraph", formats=MARKDOWN)
    yield Sentences(summary.how, "list", most=PROSE, formats=MARKDOWN)
    yield GAP
    yield Sentences(("slowest cold, warm → cold:",), formats=TERMINAL)
    slowest = tuple(_slowest(row, summary) for row in summary.worst[:SHOWN])
    yield Sentences(slowest, indent=2, formats=TERMINAL)
    how = " ".join(summary.how[:HOW_SHOWN])
    yield Sentences((how,), tone="quiet", most=HOW_SHOWN * PROSE, formats=TERMINAL)


def _page(rows: Sequence[ColdRow], about: str, found: Places) -> Table:
    return Table(
        label=about,
        columns=(Column("Query"), Column("Class"), *_side("Before"), *_side("After")),
        rows=tuple(_row(row, found) for row in rows),
        caption=marked(
            f"{about} Medians; below the cold one is the slowest. *Times* is cold over warm, *read* the blocks of 8 kB "
            "that one cold execution had to fetch."
        ),
        sortable=True,
        filter_label="Filter the queries",
        kind="overview cold",
        cards=True,
        head=(("", 2, ""), ("Before", 5, "before"), ("After", 5, "after")),
        formats=PAGE,
    )


def _side(state: str) -> Iterator[Column]:
    for heading in ("Warm", "Cold", "Times", "Read", "Cold verdict"):
        label = f"{state} {'verdict' if heading == 'Cold verdict' else heading.lower()}"
        yield Column(heading, number=heading != "Cold verdict", label=label)


def _row(row: ColdRow, found: Places) -> Row:
    title = Cell(Span(row.title, href=f"#{found[row.query].ident}"))
    return (title, Cell(row.parameter_class), *_cells(row.before), *_cells(row.after))


def _cells(side: ColdSide) -> Iterator[Cell]:
    yield Cell(numbers.figure(side.warm), value=side.warm.ms if side.warm else None)
    slowest = (" ", Span(f"to {numbers.figure(side.slowest)}", small=True)) if side.slowest else ()
    yield Cell((numbers.figure(side.cold), *slowest), value=side.cold.ms if side.cold else None)
    yield Cell(numbers.times(side.times), value=side.times.value if side.times else None)
    if side.blocks:
        hint = f"{numbers.count(side.blocks.hit)} found in the buffers"
        yield Cell(numbers.count(side.blocks.read), value=side.blocks.read, hint=hint)
    else:
        yield Cell(numbers.NOTHING)
    yield Cell(_says(side), hint=side.reason)


def _markdown(summary: ColdSummary) -> Table:
    shown = (
        *columns("Query", "Class"),
        *columns("Warm, before → after", "Cold, before → after", "Slowest cold", "Times", "Blocks read", number=True),
        Column("Cold"),
    )
    rows = tuple(_markdown_row(row, summary) for row in summary.worst)
    return Table("Cold beside warm", shown, rows, formats=MARKDOWN)


def _markdown_row(row: ColdRow, summary: ColdSummary) -> Row:
    sides = [row.side(state) for state in STATES]
    texts = (
        row.title,
        row.parameter_class,
        " → ".join(numbers.figure(side.warm) for side in sides),
        " → ".join(numbers.figure(side.cold) for side in sides),
        " → ".join(numbers.figure(side.slowest) for side in sides),
        " → ".join(numbers.times(side.times) for side in sides),
        numbers.change(*(side.blocks.read if side.blocks else None for side in sides)),
    )
    return (*map(Cell, texts), Cell(_says(row.side(summary.state))))


def _says(side: ColdSide) -> Line:
    return judged(side.outcome, side.assumes) if side.outcome else numbers.NOTHING


def _slowest(row: ColdRow, summary: ColdSummary) -> str:
    side = row.side(summary.state)
    name = one_line(f"{row.title}, {row.parameter_class}", TITLE_MOST)
    if side.cold is None:
        return f"{name}: {side.reason}"
    read = f", {numbers.plural(side.blocks.read, 'block')} read" if side.blocks else ""
    return f"{name}: {numbers.figure(side.warm)} → {numbers.figure(side.cold)}, to {numbers.figure(side.slowest)}{read}"

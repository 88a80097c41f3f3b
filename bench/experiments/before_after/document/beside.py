"""The queries that read in other circumstances, beside the run's own figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.cells.records import CellSummary
from bench.experiments.before_after.beside import Beside, BesideRow
from bench.experiments.before_after.document import words
from bench.experiments.before_after.document.places import Places
from bench.experiments.before_after.summary import RunSummary
from bench.model import State
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


def beside(summary: RunSummary, found: Places) -> Iterator[Section]:
    """Give a section for each of the other circumstances."""
    for one in summary.beside:
        blocks = tuple(_blocks(one, found, dense=summary.dense))
        yield Section(one.ident, one.title, blocks, headed=PAGE | MARKDOWN, on_paper=False, formats=PAGE | TEXT)


def _blocks(one: Beside, found: Places, *, dense: bool) -> Iterator[Block]:
    yield Sentences(one.sentences, "prose", formats=PAGE)
    about = f"Of each query the class that is slowest {one.there}."
    yield _page(one, one.worst, about, found)
    yield _markdown(one)
    if len(one.rows) > len(one.worst) and not dense:
        every = _page(one, one.rows, "Every class.", found)
        yield Fold(("All classes ", Span(f"{len(one.rows)} pairs", small=True)), (every,), lazy=True, formats=PAGE)
    yield Sentences(one.sentences, "list", most=2 * PROSE, formats=MARKDOWN)
    yield GAP
    yield Sentences((" ".join(one.sentences[2:]),), tone="quiet", most=3 * PROSE, formats=TERMINAL)


def _page(one: Beside, rows: Sequence[BesideRow], about: str, found: Places) -> Table:
    halves = [Column(name, number=True, label=f"{what} {name}") for what in ("Before", "After", "Faster")
              for name in (one.here, one.there)]  # fmt: skip
    verdicts = [Column(name, label=f"Verdict {name}") for name in (one.here, one.there)]
    return Table(
        label=f"{one.title}: {about}",
        columns=(*columns("Query", "Class"), *halves, *verdicts, Column("Plan")),
        rows=tuple(_row(row, one.state, found) for row in rows),
        caption=marked(f"{about} p95; *faster* is the ratio of medians, *plan* whether it is another one {one.state}."),
        sortable=True,
        filter_label="Filter the queries",
        kind="overview cold",
        cards=True,
        head=(("", 2, ""), ("p95 before", 2, "before"), ("p95 after", 2, "after"), ("Faster", 2, ""),
              ("Verdict", 2, ""), ("", 1, "")),
        formats=PAGE,
    )  # fmt: skip


def _row(row: BesideRow, state: State, found: Places) -> Row:
    both = row.here, row.there
    return (
        Cell(Span(row.title, href=f"#{found[row.query].ident}")),
        Cell(row.parameter_class),
        *(words.p95(cell.before) for cell in both),
        *(words.p95(cell.after) for cell in both),
        *(Cell(words.effect(cell)) for cell in both),
        *(_verdict(cell, state) for cell in both),
        Cell("another" if row.another_plan else "same"),
    )


def _verdict(cell: CellSummary, state: State) -> Cell:
    side = cell.side(state)
    said = judged(side.outcome, side.judgement.assumes)
    return Cell(said if side.measured else numbers.NOTHING, hint=side.judgement.reason)


def _markdown(one: Beside) -> Table:
    shown = (
        *columns("Query", "Class"), *columns(f"p95 {one.here}", f"p95 {one.there}", number=True),
        *columns(f"Verdict {one.here}", f"Verdict {one.there}", "Plan"),
    )  # fmt: skip
    return Table(one.title, shown, tuple(_markdown_row(row, one.state) for row in one.worst), formats=MARKDOWN)


def _markdown_row(row: BesideRow, state: State) -> Row:
    both = row.here, row.there
    p95 = [numbers.ends(cell.before.p95, cell.after.p95) for cell in both]
    outcomes = [_verdict(cell, state) for cell in both]
    return (Cell(row.title), Cell(row.parameter_class), *map(Cell, p95), *outcomes,
            Cell("another" if row.another_plan else "same"))  # fmt: skip

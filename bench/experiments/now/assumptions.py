"""What was assumed for want of somebody who said it: by kind, each with its reason and its line of dataset.toml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.experiments.now.record import NowRun
from bench.experiments.now.summary import NowSummary
from bench.model.assumed import Assumed, AssumedKind
from bench.report.document import (
    MARKDOWN,
    PAGE,
    Block,
    Cell,
    Column,
    Custom,
    Fold,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
)

TITLES: Mapping[AssumedKind, str] = {
    "schema": "Of the schema",
    "stand-in": "Stand-ins for extensions",
    "left out": "Tables without rows",
    "query": "Queries",
    "class": "Parameter classes",
    "reference": "References without a foreign key",
    "rows": "Rows of each table",
    "column": "Columns",
}
FOLDED = 12
"""Entries of a kind above which they are folded away."""
PLACE = "toml-"


def sections(run: NowRun, summary: NowSummary) -> Iterator[Section]:
    """The section; none for a workload in which everything was said."""
    if not summary.assumed:
        return
    lines = [f"{TITLES[kind]}: {len(found):,}" for kind, found in summary.assumed]
    known = len(run.plan_text.splitlines())
    blocks: list[Block] = [
        Sentences(("Nobody said how the rows are to look, so this was assumed. To change any of it, write the workload "
                   "as files (pgproof init) and edit dataset.toml.",), "paragraph"),
        Sentences(("; ".join(lines) + ".",), "paragraph", formats=MARKDOWN),
        *(_kind(kind, found, known) for kind, found in summary.assumed),
    ]  # fmt: skip
    yield Section("assumed", "What was assumed", tuple(blocks), formats=PAGE | MARKDOWN)


def _kind(kind: AssumedKind, found: tuple[Assumed, ...], known: int) -> Block:
    title: Line = (f"{TITLES[kind]} ", Span(f"{len(found):,}", small=True))
    lined = any(one.line for one in found)
    shown = (Column("What"), Column("Assumed"), Column("Because"), *((Column("Line", number=True),) if lined else ()))
    rows = tuple(_row(one, known, lined=lined) for one in found)
    table = Table(TITLES[kind], shown, rows, sortable=True, filter_label="Filter" if len(found) > FOLDED else "",
                  kind="assumed", formats=PAGE)  # fmt: skip
    return Fold(title, (table,), formats=PAGE) if len(found) > FOLDED else Part(title, (table,), formats=PAGE)


def _row(one: Assumed, known: int, *, lined: bool) -> Row:
    row = (Cell(Span(one.what, code=True)), Cell(one.how), Cell(one.why))
    if not lined:
        return row
    href = f"#{PLACE}{one.line}" if 0 < one.line <= known else ""
    return (*row, Cell(Span(str(one.line), href=href) if one.line else "", value=one.line))


def text(run: NowRun) -> Iterator[Section]:
    """dataset.toml as it was, with a place for each line."""
    if run.plan_text:
        lines = tuple(enumerate(run.plan_text.splitlines(), 1))
        block = Custom("numbered.html", {"lines": lines, "place": PLACE, "label": "dataset.toml"}, formats=PAGE)
        yield Section("dataset-toml", "dataset.toml", (block,), formats=PAGE)

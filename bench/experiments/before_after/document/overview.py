"""A row for each query, and where the work is."""

from __future__ import annotations

from bench.cells.records import CellSummary, QuerySummary
from bench.cells.sentences import effect
from bench.experiments.attribution.document import link
from bench.experiments.before_after.details import QueryDetails
from bench.experiments.before_after.document import words
from bench.experiments.before_after.document.places import Places, links
from bench.experiments.before_after.summary import RunSummary
from bench.report import numbers
from bench.report.document import (
    MARKDOWN,
    PAGE,
    TEXT,
    Block,
    Cell,
    Column,
    Fold,
    Row,
    Section,
    Span,
    Table,
    columns,
    judged,
    marked,
)


def overview(summary: RunSummary, found: Places) -> Section:
    """Give the section."""
    blocks: tuple[Block, ...] = (_page(summary, found), _markdown(summary))
    if not summary.details:
        blocks = (words.none("The workload has no queries."),)
    tables = Span(f"blocks read of {numbers.plural(len(summary.tables), 'table')}", small=True)
    work = Fold(("Where the work is ", tables), (_work(summary, found),), "tables", lazy=True, formats=PAGE)
    formats = PAGE if not summary.details else PAGE | TEXT
    return Section("summary", "Queries at a glance", (*blocks, work), headed=PAGE, formats=formats)


def _page(summary: RunSummary, found: Places) -> Table:
    caption = marked(
        "p95 per query. *Faster* is the ratio of medians in the hot class with its 95 % interval; a query meets the "
        f"target of {numbers.ms(summary.target_ms)} only if every class does."
    )
    return Table(
        label="Queries, a row each",
        columns=(
            *columns("Query", "Verdict"),
            Column("Before", number=True, tone="before", label="Hot before"),
            Column("After", number=True, tone="after", label="Hot after"), *columns("Faster", "Buffers", number=True),
            Column("Class", label="Worst class"), Column("Before", number=True, tone="before", label="Worst before"),
            Column("After", number=True, tone="after", label="Worst after"),
        ),
        rows=tuple(_row(one, found) for one in summary.details),
        caption=caption,
        sortable=True,
        filter_label="Filter the queries",
        filters_parts=True,
        kind="overview",
        cards=True,
        head=(("", 2, ""), ("Hot class", 4, ""), ("Worst class", 3, "")),
        formats=PAGE,
    )  # fmt: skip


def _row(one: QueryDetails, found: Places) -> Row:
    query, place = one.summary, found[one.query.name]
    said = Cell(judged(query.outcome, query.assumption), hint=query.reason)
    known = (Cell(Span(query.title, href=f"#{place.ident}")), said)
    if query.hot is None or query.worst is None:
        return (*known, Cell(query.reason, "quiet", span=7))
    hot, worst = query.hot, query.worst
    return (
        *known,
        words.p95(hot.before),
        words.p95(hot.after),
        Cell(words.effect(hot)),
        Cell(words.buffers(hot)),
        Cell(worst.parameter_class if worst is hot else Span(worst.parameter_class, href=f"#{place.worst(one)}")),
        words.p95(worst.before),
        words.p95(worst.after),
    )


def _markdown(summary: RunSummary) -> Table:
    shown = (
        Column("Query"), Column("p95 hot, before → after", number=True), Column("Worst class"),
        *columns("p95 worst, before → after", "Faster (hot)", "Buffers (hot)", number=True), Column("Verdict"),
    )  # fmt: skip
    return Table("Queries", shown, tuple(_markdown_row(query) for query in summary.queries), formats=MARKDOWN)


def _markdown_row(query: QuerySummary) -> Row:
    if query.hot is None or query.worst is None:
        texts = [numbers.NOTHING] * 5
    else:
        hot, worst = query.hot, query.worst
        texts = [both_p95(hot), worst.parameter_class, both_p95(worst), effect(hot), words.buffers(hot)]
    return (Cell(query.title), *map(Cell, texts), Cell(judged(query.outcome, query.assumption)))


def both_p95(cell: CellSummary) -> str:
    """p95 before and after."""
    return numbers.ends(cell.before.p95, cell.after.p95)


def _work(summary: RunSummary, found: Places) -> Table:
    known = links(found)
    return Table(
        label="Blocks read, a row for each table",
        columns=(
            Column("Table"), Column("Before", number=True, tone="before"), Column("After", number=True, tone="after"),
            Column("Read most by"),
        ),
        rows=tuple(
            (
                Cell(Span(one.table, code=True)), Cell(numbers.count(one.before)), Cell(numbers.count(one.after)),
                Cell(link(one.query, known)),
            )
            for one in summary.tables
        ),
        caption="Blocks of 8 kB read of each table and its indexes, one execution of every cell that has a plan on "
        "both sides.",
        sortable=True,
        filter_label="Filter the tables",
        formats=PAGE,
    )  # fmt: skip

"""What each change costs and who uses it, for a run without an attribution, and the script that ships them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.cells.records import OptimizationSummary
from bench.experiments.attribution.document import Links, used_by
from bench.experiments.before_after.document import words
from bench.experiments.before_after.document.places import Places, links
from bench.experiments.before_after.summary import RunSummary
from bench.model import Upkeep
from bench.report import numbers
from bench.report.document import (
    MARKDOWN,
    PAGE,
    Block,
    Cell,
    Code,
    Column,
    Fold,
    Line,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    columns,
    marked,
)

USES: Mapping[str, Line] = {
    "unused": Span("no measured plan", bold=True),
    "not in plans": "not seen in plans",
    "not applied": "not applied",
    "cannot tell": "no plans",
}
"""In Markdown, where no query uses it."""


def optimizations(summary: RunSummary, found: Places) -> Section:
    """Give the section."""
    blocks: tuple[Block, ...] = (_page(summary, found), _markdown(summary))
    if not summary.optimizations:
        blocks = (words.none("The workload proposes no optimizations."),)
    formats = PAGE | MARKDOWN if summary.optimizations else PAGE
    return Section("optimizations", "Optimizations", (*blocks, *script(summary)), formats=formats)


def script(summary: RunSummary) -> Iterator[Block]:
    """The script that ships what was applied."""
    if summary.applied.number:
        about = marked(
            "For psql, against a live database: indexes are built concurrently, strong locks waited for shortly and "
            "often; it can be stopped and run again. With `pgproof ship-script --only NAME` it is one of them."
        )
        code = Code("ship.sql", summary.script, sql=False)
        title = ("The script that ships them ", Span("what pgproof ship-script writes", small=True))
        yield Fold(title, (Sentences((about,), "paragraph"), code), "ship", lazy=True, formats=PAGE)


def _page(summary: RunSummary, found: Places) -> Table:
    known = links(found)
    all_applied, applied = f"All {summary.applied.number} applied", summary.applied
    foot = (
        Cell(all_applied, span=3), Cell(numbers.ms(applied.build_ms)), Cell(numbers.size(applied.size_bytes)),
        Cell(numbers.size(applied.wal_bytes)), Cell(""),
    )  # fmt: skip
    return Table(
        label="Optimizations, a row each",
        columns=(
            *columns("Optimization", "Category", "Used by"), *columns("Build", "Disk", "WAL", number=True),
            Column("Locks"),
        ),
        rows=tuple(_row(one, known) for one in summary.optimizations),
        caption="What each change costs, and which measured plans use what it made.",
        sortable=True,
        filter_label="Filter the optimizations",
        kind="wide",
        foot=(foot,) if applied.number else (),
        formats=PAGE,
    )  # fmt: skip


def _row(one: OptimizationSummary, known: Links) -> Row:
    about = [one.why, *map(_upkeep, one.upkeep), f"Staleness: {one.staleness}." if one.staleness else ""]
    below = tuple(Span(text, small=True) for text in about if text)
    return (
        Cell(Span(one.name, code=True), below=below), Cell(one.category), Cell(used_by(one, known)), *_price(one),
        _locks(one),
    )  # fmt: skip


def _locks(one: OptimizationSummary) -> Cell:
    first, *rest = one.locks or (numbers.NOTHING,)
    return Cell(first, below=tuple(rest))


def _upkeep(one: Upkeep) -> str:
    price = f"{numbers.ms(one.ms)} and {numbers.size(one.wal_bytes)} of WAL"
    return f"Upkeep: {one.sql} takes {price} ({numbers.median_of(one.executions)})."


def _price(one: OptimizationSummary) -> tuple[Cell, Cell, Cell]:
    return Cell(numbers.ms(one.build_ms)), Cell(numbers.size(one.size_bytes)), Cell(numbers.size(one.wal_bytes))


def _markdown(summary: RunSummary) -> Table:
    shown = (*columns("Optimization", "Category", "Used by"), *columns("Build", "Size", "WAL", number=True))
    rows = tuple(
        (
            Cell(one.name), Cell(one.category),
            Cell(numbers.listed(one.used_by) if one.use == "used" else USES[one.use]), *_price(one),
        )
        for one in summary.optimizations
    )  # fmt: skip
    return Table("Optimizations", shown, rows, formats=MARKDOWN)

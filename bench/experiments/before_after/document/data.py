"""What was generated: how much, and what the rows look like."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.before_after import figures
from bench.experiments.before_after.distributions import Shares
from bench.experiments.before_after.document import words
from bench.experiments.before_after.noise import percent
from bench.experiments.before_after.summary import RunSummary
from bench.model import Check, Dataset, Run
from bench.report import numbers
from bench.report.document import (
    PAGE,
    Beside,
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Fold,
    Row,
    Section,
    Span,
    Table,
    columns,
)
from bench.timestamps import when

NO_SHAPES = (
    "This run counted no distributions: its workload has no dataset/distributions.sql, or it was made by an older "
    "pgproof."
)


def data(run: Run, summary: RunSummary) -> Section:
    """Give the section."""
    shapes = tuple(_shape(one, f"distribution-{number}") for number, one in enumerate(summary.distributions, 1))
    looks: Block = Beside(shapes, "shapes") if shapes else words.none(NO_SHAPES)
    many = Span(numbers.plural(len(shapes), "distribution"), small=True)
    blocks: tuple[Block, ...] = (
        _facts(run.dataset),
        _tables(run.dataset),
        Fold(("What the rows look like ", many), (looks,), lazy=True),
        *_checks(run.dataset),
    )
    return Section("dataset", "Data", blocks, on_paper=False, formats=PAGE)


def _facts(found: Dataset) -> Facts:
    skew = f"{found.skew}, of one tenant beyond {found.base:,}" if found.base else f"{found.skew}"
    return Facts((
        ("size", f"{found.scale:,} {found.unit}"), ("seed", str(found.seed)), ("skew", skew),
        ("clock", when(found.clock)), ("key", found.key),
        ("filled template", "from the cache" if found.cached else "made in this run"),
        ("rows loaded in", numbers.seconds(found.load_s)), ("indexes built in", numbers.seconds(found.index_s)),
        ("vacuumed in", numbers.seconds(found.vacuum_s)),
    ))  # fmt: skip


def _tables(found: Dataset) -> Table:
    rows = tuple(
        (
            Cell(Span(table.name, code=True)), Cell(numbers.count(table.rows)), Cell(numbers.size(table.size_bytes)),
            Cell(numbers.size(table.index_bytes)), Cell(Span(table.content_hash, code=True)),
        )
        for table in found.tables
    )  # fmt: skip
    shown = (Column("Table"), *columns("Rows", "Size", "Indexes before", number=True), Column("Content hash"))
    caption = "Tables. The hash is of the content: equal for the same version, scale, seed and skew on every machine."
    return Table("Tables", shown, rows, caption, sortable=True)


def _shape(one: Shares, ident: str) -> Beside:
    found = one.distribution
    drawing = Figure(
        lambda: figures.bars(found, ident),
        figures.describe_bars(found),
        caption=(Span(found.name, bold=True), " ", Span(f"{found.counts} by {found.across}", "quiet")),
        ident=ident,
    )
    nothing: Row = (Cell("The data has nothing to count here.", "quiet", span=3),)
    rows = tuple(
        (Cell(bar.label), Cell(numbers.count(bar.count)), Cell("" if share is None else percent(share)))
        for bar, share in zip(found.bars, one.percent, strict=True)
    )
    shown = (Column(found.across), *columns(found.counts, "Share", number=True))
    table = Table(f"Numbers of {found.name}", shown, rows or (nothing,), found.name, sortable=True)
    summary = ("Numbers ", Span(f"{numbers.count(one.total)} {found.counts}", small=True))
    return Beside((drawing, Fold(summary, (table,), opened=not one.total)), "shape")


def _checks(found: Dataset) -> Iterator[Fold]:
    if found.checks:
        holding = sum(check.ok for check in found.checks)
        table = Table(
            label="Self-checks",
            columns=(Column("Check"), *columns("Found", "At least", "At most", number=True), Column("Holds")),
            rows=tuple(map(_check, found.checks)),
            caption="What the loaded rows must look like.",
            sortable=True,
        )
        many = Span(f"{holding} of {len(found.checks)} hold", small=True)
        yield Fold(("Self-checks ", many), (table,), opened=holding < len(found.checks))


def _check(one: Check) -> Row:
    value = numbers.NOTHING if one.value is None else f"{one.value:.4g}"
    holds = Cell("yes") if one.ok else Cell("no", "over")
    return (Cell(one.name), Cell(value), Cell(f"{one.low:.4g}"), Cell(f"{one.high:.4g}"), holds)

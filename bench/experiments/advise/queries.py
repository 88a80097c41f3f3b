"""Each query without the set and with it: a row for all, and one by one with its classes, plans and statement."""

from __future__ import annotations

from collections.abc import Iterator

from bench.cells.records import CellSummary
from bench.cells.sentences import effect
from bench.experiments.advise.shares import Saved
from bench.experiments.advise.summary import AdvisedQuery, AdviseSummary
from bench.experiments.parts import Places
from bench.report import numbers
from bench.report.document import (
    EVERYWHERE,
    PAGE,
    Block,
    Cell,
    Code,
    Column,
    Fold,
    Plans,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    judged,
)

SHARE_LEAST = 0.005
"""Part of what is saved from which on a change has a row of its own."""


def overview(summary: AdviseSummary, places: Places) -> Section:
    """A row for each query."""
    shown = (
        Column("Query"), Column("Verdict"), Column("Worst class", rank=2),
        Column("p95 before", number=True, tone="before"), Column("p95 with the set", number=True, tone="after"),
        Column("Effect", number=True, rank=1),
        Column("Buffers", number=True, rank=3), Column("By", rank=4),
    )  # fmt: skip
    rows = tuple(_row(one, places) for one in summary.queries)
    caption = "Each query in the class that is slowest with the set. It meets the target only if every class does."
    table = Table("Queries, a row each", shown, rows, caption, sortable=True, filter_label="Filter the queries",
                  filters_parts=True, kind="advice", cards=True, formats=EVERYWHERE)  # fmt: skip
    none = Sentences(("There is no query.",), "none")
    return Section("summary", "Queries at a glance", (table if summary.queries else none,))


def _row(one: AdvisedQuery, places: Places) -> Row:
    title = Cell(Span(one.summary.title, href=f"#{places[one.query.name]}"))
    says = Cell(judged(one.summary.outcome, one.summary.assumption), hint=one.summary.reason)
    if one.summary.worst is None:
        return (title, says, Cell(one.summary.reason, "quiet"), *(Cell(numbers.NOTHING) for _ in range(5)))
    cell = one.summary.worst
    return (
        title, says, Cell(cell.parameter_class, "quiet"), Cell(numbers.figure(cell.before.p95)),
        Cell(numbers.figure(cell.after.p95)),
        Cell(_effect(cell), "" if cell.effect in ("faster", "slower") else "quiet"),
        Cell(_buffers(cell)), Cell(_by(one), kind="wide"),
    )  # fmt: skip


def _by(one: AdvisedQuery) -> str:
    """Who saves what: names alone where there is one, or where nothing is saved to be shared."""
    if one.saved is None or one.saved.saved_ms <= 0 or len(one.indexes) < 2:
        return numbers.listed(one.indexes, most=3) if one.indexes else numbers.NOTHING
    ranked = sorted(one.indexes, key=lambda name: -one.saved.by_name.get(name, 0.0) if one.saved else 0.0)
    return numbers.listed([f"{name} {one.saved.share(name):.0%}" for name in ranked], most=3)


def _effect(cell: CellSummary) -> str:
    return effect(cell) if cell.after.measured else numbers.NOTHING


def _buffers(cell: CellSummary) -> str:
    before, after = (side.counters.buffers if side.counters else None for side in (cell.before, cell.after))
    return numbers.change(before, after) if cell.after.measured else numbers.count(before)


def whole(one: AdvisedQuery) -> Iterator[Block]:
    """All of a query."""
    if one.query.asks:
        yield Sentences((one.query.asks,), "paragraph", kind="asks")
    yield Sentences((f"{one.summary.reason}.",), "reason")
    if one.summary.cells:
        yield _classes(one)
    if one.saved and one.saved.saved_ms > 0 and one.saved.by_name:
        yield _shares(one, one.saved)
    if one.plans and one.summary.worst:
        label = one.summary.worst.parameter_class
        shown = Plans(f"Plans, {one.summary.title}, {label}", f"Plans, {label}", one.plans)
        texts = tuple(Code(f"{name}, as EXPLAIN writes it", text, sql=False) for name, text in one.plans.texts.items())
        yield Fold((f"Plans, {label} ", Span("the worst class", small=True)), (shown, *texts))
    yield Fold(("SQL ", Span(f"{one.query.file}:{one.query.line}", small=True)), (Code("As written", one.query.sql),))


def _classes(one: AdvisedQuery) -> Table:
    shown = (
        Column("Class"), Column("p50 before", number=True, tone="before"),
        Column("p50 with", number=True, tone="after"), Column("p95 before", number=True, tone="before"),
        Column("p95 with", number=True, tone="after"),
        Column("n", number=True), Column("Effect"), Column("Buffers", number=True), Column("Rows", number=True),
        Column("Answers"), Column("Verdict"),
    )  # fmt: skip
    rows = tuple(map(_class, one.summary.cells))
    return Table(f"Figures of {one.summary.title}", shown, rows, sortable=True, kind="advice", cards=True, formats=PAGE)


def _shares(one: AdvisedQuery, saved: Saved) -> Table:
    shown = (Column("By"), Column("Share", number=True), Column("Work saved", number=True))
    rows = [
        (Cell(Span(name, code=True)), Cell(f"{saved.share(name):.1%}", value=part), Cell(numbers.ms(part), value=part))
        for name, part in saved.by_name.items()
        if abs(saved.share(name)) >= SHARE_LEAST
    ]
    left = saved.saved_ms - sum(part for part in saved.by_name.values() if abs(part / saved.saved_ms) >= SHARE_LEAST)
    if len(rows) < len(saved.by_name):
        rows.append(
            (Cell("others"), Cell(f"{left / saved.saved_ms:.1%}", value=left), Cell(numbers.ms(left), value=left))
        )
    whole = (Cell("the set"), Cell("100.0%"), Cell(numbers.ms(saved.saved_ms)))
    caption = (
        f"Of {numbers.ms(saved.before_ms)} of work in all classes: time, and 0.01 ms for each block. A share is what a "
        "change saves, averaged over all orders in which the set could be built."
    )
    return Table(f"Who saves it, {one.summary.title}", shown, tuple(rows), caption, foot=(whole,), formats=PAGE)


def _class(cell: CellSummary) -> Row:
    before, after = cell.before, cell.after
    if problem := before.error or after.error or cell.skipped:
        return (Cell(cell.parameter_class), Cell(problem, "over" if before.error or after.error else "quiet", span=10))
    side = after if after.measured else before
    return (
        Cell(cell.parameter_class), Cell(numbers.figure(before.p50)), Cell(numbers.figure(after.p50)),
        Cell(numbers.figure(before.p95)), Cell(numbers.figure(after.p95)), Cell(f"{before.n}, {after.n}"),
        Cell(_effect(cell)), Cell(_buffers(cell)), Cell(numbers.count(cell.result_rows)), Cell(cell.equality, "quiet"),
        Cell(judged(side.outcome, side.judgement.assumes), hint=side.judgement.reason),
    )  # fmt: skip

"""What a budget buys: the best sets for more and more disk, or for more and more to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.experiments.advise import figure
from bench.experiments.advise.summary import AdviseSummary
from bench.model.advised import AdvisedSet
from bench.report import numbers
from bench.report.document import Beside, Block, Cell, Column, Figure, Line, Row, Sentences, Table

NAMED = 3
"""Members of a set that are named in the tables."""


def budget(summary: AdviseSummary) -> Iterator[Block]:
    """Two curves, and the sets on them."""
    disk, writes = summary.curves
    if len(disk) < 2:
        yield Sentences(("There is one set alone: nothing to choose from.",), "none")
        return
    if (least := summary.smallest) and least.names:
        price = f"{numbers.size(least.size_bytes)}, {least.write_share:.1%} more WAL"
        yield Sentences((f"The least for the target ({price}): {', '.join(least.names)}.",), "paragraph")
    yield _curve(summary, disk, "disk", figure.DISK)
    if [one.names for one in writes] == [one.names for one in disk]:
        yield Sentences(("--write-cost chooses among the same sets.",), "paragraph")
    elif len(writes) > 1:
        yield _curve(summary, writes, "writes", figure.WRITES)


def _curve(summary: AdviseSummary, points: Sequence[AdvisedSet], name: str, cost: figure.Cost) -> Block:
    marked = {"proposed": summary.whole, "least for the target": summary.smallest}
    drawing = Figure(
        draw=lambda: figure.curve(points, marked, f"budget-{name}", cost),
        words=figure.describe(points, cost),
        caption="Each point is the best set for that cost, by executed plans. Time: every query and class once.",
        label=f"What a budget buys: {cost.name}",
    )
    shown = (
        Column("Indexes", number=True), Column("Disk", number=True), Column("More WAL", number=True),
        Column("Within the target", number=True), Column("All classes once", number=True), Column("The set"),
    )  # fmt: skip
    option = {"disk": "--disk", "writes": "--write-cost"}[name]
    caption = f"{option} chooses one of these, or one between them."
    rows = tuple(_row(one, summary) for one in points)
    table = Table(f"The best set for each budget: {cost.name}", shown, rows, caption, kind="advice", cards=True)
    return Beside((drawing, table), "curves")


def _row(one: AdvisedSet, summary: AdviseSummary) -> Row:
    return (
        Cell(str(len(one.names))), Cell(numbers.size(one.size_bytes), value=one.size_bytes),
        Cell(f"{one.write_share:.1%}"), Cell(f"{one.within} of {one.cells}"), Cell(numbers.ms(one.total_ms)),
        Cell(_said(one.names, summary), kind="wide"),
    )  # fmt: skip


def _said(names: Sequence[str], summary: AdviseSummary) -> Line:
    proposed = summary.whole and set(names) == set(summary.whole.names)
    least = summary.smallest and set(names) == set(summary.smallest.names)
    tag = "proposed: " if proposed and names else "least for the target: " if least and names else ""
    return f"{tag}{numbers.listed(names, most=NAMED)}" if names else "as it is"

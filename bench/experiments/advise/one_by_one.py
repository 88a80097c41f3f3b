"""The set one by one on a page: what each change serves, what it costs, how it comes and how it goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.attribution.costs import WritePrice
from bench.experiments.advise.changes import Change, Served, Side
from bench.experiments.advise.shares import Saved, share_of_all
from bench.experiments.parts import Places
from bench.hygiene.findings import UNSEEN
from bench.report import numbers
from bench.report.document import Block, Cell, Code, Column, Facts, Fold, Line, Part, Row, Sentences, Span, Table
from bench.statistics.quantiles import Figure

OUT = "take-out"
"""The place of the indexes to take out."""
SERVED_MOST = 6
"""Classes that are listed with a change."""
TIMES = (
    "p50 and p95 are by the clock, over the few executions that a plan gets while candidates are tried, with the rest "
    "of the set there; Faster compares the fastest of them. What the whole set makes of each query was measured again, "
    "interleaved: that stands under Queries."
)
WRITES_MOST = 3
"""Write statements that are listed with a change, the dearest."""


def one_by_one(changes: Sequence[Change], saved: Sequence[Saved], places: Places) -> Iterator[Block]:
    """A part for each that is added, its statements folded away, and one for all that go."""
    if not changes:
        yield Sentences(("The set is empty: nothing that was tried helps enough.",), "none")
    if any(one.served for one in changes):
        yield Sentences((TIMES,), "paragraph")
    adds = sorted((one for one in changes if not one.is_drop), key=lambda one: -share_of_all(saved, one.name))
    for one in adds:
        yield Part(Span(one.name, code=True), (*_detail(one, saved), _statements([one])), places[one.name], flat=True)
    if drops := [one for one in changes if one.is_drop]:
        yield Part("Indexes to take out", (_drops(drops), _statements(drops)), OUT, flat=True)


def _detail(one: Change, saved: Sequence[Saved]) -> Iterator[Block]:
    yield Sentences((one.proposal.candidate.reason,), "paragraph")
    if one.served:
        yield _table(one.served, f"What {one.name} serves", "Serves")
    if one.slower:
        yield _table(one.slower, f"What {one.name} makes slower", "Slower by it")
    yield Facts(tuple(_price(one, saved)))


def _statements(changes: Sequence[Change]) -> Fold:
    """All of them together, in the order in which they are applied; what takes them back the other way round."""
    undo = [line for one in reversed(changes) for line in one.undo]
    blocks = (
        Code("As statements", "\n".join(f"{one.proposal.candidate.ddl};" for one in changes)),
        Code("On a live database", "\n".join(line for one in changes for line in one.concurrent)),
        *((Code("To take it back", "\n".join(undo)),) if undo else ()),
    )
    return Fold(("Statements ", Span("plain, on a live database, to take it back", small=True)), blocks)


def _drops(changes: Sequence[Change]) -> Table:
    shown = (
        Column("Take out"), Column("Why"), Column("Disk freed", number=True), Column("It takes", number=True),
        Column("Longest wait of others", number=True),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(Span(one.name, code=True)), Cell(_why(one), kind="wide"),
            Cell(numbers.size(-one.size_bytes), value=-one.size_bytes), Cell(numbers.ms(one.build_ms)),
            Cell(numbers.ms(one.costs.plain.stall_ms if one.costs.plain else None)),
        )
        for one in changes
    )  # fmt: skip
    caption = 'One without which a class would get slower stays: that is under "Not in the set".'
    return Table("Indexes to take out", shown, rows, caption, sortable=True, kind="advice", cards=True)


def _why(one: Change) -> str:
    """The reason; what holds for all that nothing uses stands in the limits of the documents."""
    return one.proposal.candidate.reason.removesuffix(UNSEEN).rstrip()


def _table(cells: Sequence[Served], label: str, heading: str) -> Table:
    shown = (
        Column(heading),
        Column("p50 without", number=True, tone="before"), Column("p50 with", number=True, tone="after"),
        Column("p95 without", number=True, tone="before"), Column("p95 with", number=True, tone="after"),
        Column("Buffers", number=True), Column("Faster", number=True), Column("Planner expected", number=True),
    )  # fmt: skip
    rows = tuple(_row(one) for one in cells[:SERVED_MOST])
    more = len(cells) - len(rows)
    caption = f"And {numbers.plural(more, 'class', 'classes')} more." if more > 0 else ""
    return Table(label, shown, rows, caption, kind="advice", cards=True)


def _row(one: Served) -> Row:
    without, with_it = one.without, one.with_it
    return (
        Cell(one.label), *_percentiles(without.p50, with_it.p50), *_percentiles(without.p95, with_it.p95),
        Cell(_buffers(without, with_it)), Cell(f"{numbers.digits(one.times)} ×", value=one.times),
        Cell(_expected(one.expected), value=one.expected),
    )  # fmt: skip


def _expected(times: float) -> str:
    """What the planner thought of it."""
    return f"{numbers.digits(times)} × cheaper" if times >= 1 else f"{numbers.digits(1 / times)} × dearer"


def _percentiles(without: Figure | None, with_it: Figure | None) -> tuple[Cell, Cell]:
    return Cell(numbers.figure(without)), Cell(numbers.figure(with_it))


def _buffers(without: Side, with_it: Side) -> str:
    return numbers.change(without.buffers, with_it.buffers)


def _price(one: Change, saved: Sequence[Saved]) -> Iterator[tuple[str, Line]]:
    if said := _share(one, saved):
        yield "Part in what the set saves", said
    if one.instead:
        yield "Takes the place of", numbers.listed(one.instead)
    if one.size_bytes:
        yield "Disk", numbers.size(abs(one.size_bytes)) + (" freed" if one.size_bytes < 0 else "")
    yield "Build", numbers.ms(one.build_ms)
    for price in one.costs.writes[:WRITES_MOST]:
        yield f"One more row, {price.write}", _row_more(price, one.bare_wal.get(price.write))
    for lost in one.hot_lost:
        yield (
            f"Heap-only updates, {lost.write}",
            f"{lost.bare:.0%} without any candidate, {lost.alone:.0%} with it alone",
        )
    for way, shipped in (("plain", one.costs.plain), ("concurrently", one.costs.concurrent)):
        if shipped and not shipped.error and shipped.stall_ms is not None:
            yield (
                f"Longest wait of others, {way}",
                f"{numbers.ms(shipped.stall_ms)} while it took {numbers.ms(shipped.ms)}",
            )


def _share(one: Change, saved: Sequence[Saved]) -> str:
    """Of all work, and of each query that it has a part of 1 % in."""
    parts = [(query.query, query.share(one.name)) for query in saved]
    own = sorted((both for both in parts if abs(both[1]) >= 0.01), key=lambda both: -both[1])
    if not own:
        return ""
    listed = numbers.listed([f"{query} {share:.0%}" for query, share in own])
    return f"{share_of_all(saved, one.name):.0%} of all queries together: {listed}"


def _row_more(price: WritePrice, bare: float | None) -> str:
    beside = f" beside {bare:,.0f} without any candidate" if bare else ""
    said = f"{price.wal_bytes:,.0f} bytes of WAL more{beside}"
    return said + (f", {numbers.ms(price.ms)} more" if price.ms else ", no more time than executions differ by")

"""What a page folds away below an optimization: every cell, write statement, index and way of shipping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bench.attribution.costs import WritePrice
from bench.experiments.attribution import sentences
from bench.experiments.attribution.summary import AttributedOptimization, TriedEffect
from bench.model import Shipped, Stored
from bench.report import numbers
from bench.report.document import Block, Cell, Column, Facts, Line, Row, Sentences, Span, Table


def blocks(row: AttributedOptimization, writes: Mapping[str, str], used_by: Sequence[str | Span]) -> Iterator[Block]:
    """Everything about one optimization; ``used_by`` says which queries use it."""
    said = (row.verdict.sentence,) if row.verdict else ()
    yield Sentences((*said, _about(row, used_by)), "paragraph")
    yield Facts(tuple(_sides(row, writes)))
    yield _grid(
        "Cells that it changes: left out of all others, and alone",
        ("Cell", "Tried", "It", "Buffers without → with*", "Time*", "Promised by cost*", "By time*"),
        map(_effect, row.effects),
    )
    costs = row.costs
    yield _grid(
        "What a row costs more in each write statement",
        ("Write", "Rows*", "WAL*", "of that without*", "Buffers*", "Time*", "Heap-only without → with*"),
        (_write(one, writes) for one in (costs.writes if costs else ())),
    )
    yield _grid(
        "What it stores, new and after a phase of writes",
        ("Name", "On", "Kind", "Size*", "After writes*", "Table*", "Leaves full*"),
        map(_stored, row.stored),
    )
    yield _grid(
        "Applied while a load was running",
        ("Way", "Took*", "Longest stall*", "Writers locked out*", "Locks", "Transactions meanwhile*"),
        (_shipped(way) for way in ((costs.plain, costs.concurrent) if costs else ()) if way),
    )


def _sides(row: AttributedOptimization, writes: Mapping[str, str]) -> Iterator[tuple[str, Line]]:
    """Of what kind it is, and the four sides, each in all its figures."""
    yield "Category", row.optimization.category
    if row.verdict and (best := row.best):
        gain = row.verdict.gain
        yield "Read gain", f"{sentences.buffers(best)} buffers, {sentences.times(best)} in {best.cell}"
        queries = f" in {numbers.plural(len(gain.queries), 'query', 'queries')}" if gain.queries else ""
        yield "Share of the whole gain", f"{sentences.share_buffers(gain)}, {numbers.ms(gain.share_ms)}{queries}"
    if one := row.dearest:
        price = f"{sentences.wal(one)} WAL, {sentences.touched(one)} buffers, {sentences.micros(one)}"
        yield "Write cost", f"{price} a row of {writes.get(one.write, one.write)}"
    if lost := row.hot_lost:
        yield "Heap-only updates", f"{sentences.hot(lost)} of {writes.get(lost.write, lost.write)}"
    if costs := row.costs:
        said = [numbers.size(row.size_bytes)]
        said += [f"{sentences.percent(costs.table_share)} of its table"] if costs.table_share is not None else []
        said += [f"{numbers.size(costs.churned_bytes)} after writes"] if costs.churned_bytes is not None else []
        said += [f"leaves {sentences.density(row.largest_btree)} full"] if row.largest_btree else []
        yield "Disk", f"{', '.join(said)}; {numbers.size(costs.build_wal_bytes)} WAL to build"


def _about(row: AttributedOptimization, used_by: Sequence[str | Span]) -> Line:
    found = row.optimization
    said: list[str | Span] = [f"{found.why} Used by: ", *used_by, "."]
    if found.locks:
        said.append(f" Locks while it was built: {numbers.listed(found.locks)}.")
    for one in found.upkeep:
        price = f"{numbers.ms(one.ms)} and {numbers.size(one.wal_bytes)} of WAL"
        took = f" takes {price} ({numbers.median_of(one.executions)})."
        said += [" Upkeep: ", Span(one.sql, code=True), took]
    if found.staleness:
        said.append(f" Staleness: {found.staleness}.")
    return tuple(said)


def _grid(title: str, headings: Sequence[str], rows: Iterator[Row]) -> Table:
    """A table; a heading with a star is one of figures."""
    columns = tuple(Column(one.removesuffix("*"), number=one.endswith("*")) for one in headings)
    return Table(title, columns, tuple(rows), f"{title}.", sortable=True, kind="grid")


def _effect(one: TriedEffect) -> Row:
    does = Cell(Span("helps", tone="better") if one.helps else Span("harms", tone="worse"))
    said = (sentences.buffers, sentences.times, sentences.predicted, sentences.measured)
    return (Cell(one.effect.cell), Cell(one.way), does, *(Cell(write(one.effect)) for write in said))


def _write(one: WritePrice, writes: Mapping[str, str]) -> Row:
    hot = numbers.NOTHING if one.hot_with is None else sentences.hot(one) or sentences.percent(one.hot_with)
    said = (numbers.count(one.rows), sentences.wal(one), sentences.wal_share(one), sentences.touched(one))
    return (Cell(writes.get(one.write, one.write)), *map(Cell, (*said, sentences.micros(one), hot)))


def _stored(one: Stored) -> Row:
    sizes = map(numbers.size, (one.size_bytes, one.churned_bytes, one.table_bytes))
    return tuple(map(Cell, (one.name, one.table, one.method, *sizes, sentences.density(one))))


def _shipped(way: Shipped) -> Row:
    first, *others = way.locks or (numbers.NOTHING,)
    failed = (Span(way.error, tone="over"),) if way.error else ()
    times = (Cell(numbers.ms(value)) for value in (way.ms, way.stall_ms, way.locked_ms))
    return (Cell(way.way), *times, Cell(first, below=(*others, *failed)), Cell(numbers.count(way.transactions)))

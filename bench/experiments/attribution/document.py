"""What each optimization gains and costs, as the blocks of a run's report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bench.attribution.costs import WritePrice
from bench.cells.records import OptimizationSummary
from bench.experiments.attribution import details, sentences
from bench.experiments.attribution.heatmap import HeatmapColumn, heat
from bench.experiments.attribution.proof import Proof
from bench.experiments.attribution.summary import AttributedOptimization, AttributionSummary, FindingGroup, Totals
from bench.hygiene.findings import BY_CATALOG, TITLES, UNSEEN
from bench.model.vocabulary import mark
from bench.report import numbers
from bench.report.document import (
    MARKDOWN,
    PAGE,
    TERMINAL,
    Block,
    Cell,
    Column,
    Fold,
    Group,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    verdict,
)
from bench.report.html.anchors import anchors

OPPOSITE = "The planner promised the opposite."
ALARM_MOST, PROOF_MOST = 400, 1200
"""Characters of a sentence on a terminal, and of the smallest set's there and in Markdown."""

Links = Mapping[str, tuple[str, str]]
"""Query to its place in the page and its title."""


def sections(summary: AttributionSummary, links: Links, *more: Block) -> tuple[Section, ...]:
    """Place what an attribution says, ``more`` at its end. Markdown shows it only where there are optimizations."""
    found = (*_page(summary, links), *_markdown(summary), *_terminal(summary), *more)
    return (Section("optimizations", "Optimizations", found, headed=PAGE | MARKDOWN),)


# ------------------------------------------------------------------------------------------------------ the formats
def _page(summary: AttributionSummary, links: Links) -> Iterator[Block]:
    yield replace(_disagreements(summary), formats=PAGE)
    if proof := summary.smallest:
        kind = f"proof {mark(proof.verdict).tone}"
        yield Sentences((proof.sentence,), "paragraph", kind=kind, formats=PAGE)
        yield replace(_members(proof), formats=PAGE)
    yield replace(_moved(summary), kind="note", formats=PAGE)
    counts = tuple((Span(f"{number}", bold=True), " ", verdict(word)) for word, number in summary.outcomes)
    yield Sentences(counts, "list", kind="counts", label="Verdicts", formats=PAGE)
    if not summary.rows:
        yield Sentences(("The workload proposes no optimizations.",), "none", formats=PAGE)
    yield _table(summary, links)
    yield Part("Who earned which gain", (_heatmap(summary, links),), "shares", flat=True, nav="Shares", formats=PAGE)
    if summary.indexes:
        found = tuple(_hygiene(summary))
        yield Part("Indexes of the schema", found, "indexes", flat=True, nav="Indexes", formats=PAGE)
    limits = Sentences(summary.limits, "prose")
    yield Part("What these figures cannot tell", (limits,), "limits", flat=True, nav="Limits", formats=PAGE)


def _markdown(summary: AttributionSummary) -> Iterator[Block]:
    if not summary.rows:
        return
    yield replace(_disagreements(summary), most=300, formats=MARKDOWN)
    if proof := summary.smallest:
        said = f"{mark(proof.verdict).emoji} {proof.sentence}"
        yield Sentences((said,), "paragraph", most=PROOF_MOST, formats=MARKDOWN)
        yield replace(_members(proof), formats=MARKDOWN)
    yield replace(_moved(summary), formats=MARKDOWN)
    columns = (
        Column("Optimization"), Column("Verdict"), Column("Best gain, buffers", number=True),
        Column("Share", number=True), Column("WAL a row", number=True), Column("Size", number=True),
        Column("Stall plain → concurrent", number=True),
    )  # fmt: skip
    rows = []
    for row in summary.rows:
        name, said, best, share, wal, size, stall = _short(row)
        kept = " (smallest set)" if row.verdict and row.verdict.in_smallest else ""
        of_cell = (best, f" ({row.best.cell})") if row.best else best
        of_write = (wal, f" ({row.dearest.write})") if row.dearest else wal
        rows.append(tuple(map(Cell, (name, f"{said}{kept}", of_cell, share, of_write, size, stall))))
    yield Table("Optimizations", columns, tuple(rows), formats=MARKDOWN)


def _terminal(summary: AttributionSummary) -> Iterator[Block]:
    columns = (
        Column("optimization"), Column("verdict"), Column("best gain, buffers", number=True),
        Column("share", number=True, rank=3), Column("WAL a row", number=True, rank=2),
        Column("size", number=True, rank=1), Column("stall plain → concurrent", number=True, rank=4),
    )  # fmt: skip
    rows = []
    for row in summary.rows:
        name, said, *figures = _short(row)
        kept = " *" if row.verdict and row.verdict.in_smallest else ""
        tone = mark(said).tone if row.verdict else "quiet"
        rows.append((Cell(name), Cell(f"{said}{kept}", tone), *map(Cell, figures)))
    if rows:
        yield Table("optimizations", columns, tuple(rows), formats=TERMINAL)
        yield Sentences(("",), formats=TERMINAL)
    yield replace(_disagreements(summary), mark="‼ ", most=ALARM_MOST, formats=TERMINAL)
    if proof := summary.smallest:
        tone = mark(proof.verdict).tone
        yield Sentences((proof.sentence,), "paragraph", "* ", tone, most=PROOF_MOST, formats=TERMINAL)
        yield replace(_members(proof), formats=TERMINAL)
    yield replace(_moved(summary), mark="? ", tone="open", formats=TERMINAL)
    if number := sum(len(group.found) for group in summary.findings):
        text = f"Index hygiene: {numbers.plural(number, 'thing')} to look at, with their fixes in report.html."
        yield Sentences((text,), tone="quiet", formats=TERMINAL)


def _moved(summary: AttributionSummary) -> Sentences:
    """The cells to which nothing is attributed."""
    return Sentences(tuple(sentences.moved(summary.moved)), "paragraph", most=PROOF_MOST)


def _members(proof: Proof) -> Table:
    """What breaks without each member of the smallest set."""
    columns = (
        Column("Taken out of the set"), Column("Then"), Column("Query and class"), Column("p95", number=True),
        Column("Executions", number=True, rank=1),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(one.name),
            Cell(verdict(one.verdict)),
            Cell(one.worst.cell if one.worst else numbers.NOTHING),
            Cell(numbers.figure(one.worst.judgement.p95 if one.worst else None)),
            Cell(numbers.count(one.worst.executions if one.worst else None)),
        )
        for one in proof.members
    )
    caption = "The smallest set, executed without each of its members: a cell that then misses the target."
    return Table("The smallest set without each of its members", columns, rows, caption, kind="grid")


def _disagreements(summary: AttributionSummary) -> Sentences:
    return Sentences(tuple((Span(OPPOSITE, bold=True), f" {one}") for one in summary.disagreements), "alarm")


def _short(row: AttributedOptimization) -> tuple[str, str, str, str, str, str, str]:
    """A row where there is little room."""
    said = row.verdict.outcome if row.verdict else numbers.NOTHING if row.costs else "not applied"
    return (
        row.name,
        said,
        sentences.buffers(row.best) if row.best else numbers.NOTHING,
        numbers.count(round(row.verdict.gain.share_buffers)) if row.verdict else numbers.NOTHING,
        sentences.wal(row.dearest) if row.dearest else numbers.NOTHING,
        numbers.size(row.size_bytes),
        f"{sentences.stall(row.costs.plain)} → {sentences.stall(row.costs.concurrent)}"
        if row.costs
        else numbers.NOTHING,
    )


# -------------------------------------------------------------------------------------------------- the whole table
def _table(summary: AttributionSummary, links: Links) -> Table:
    caption = (
        "What each change gains, and what it costs to write, to store and to ship. ", Span("Read gain", tone="strong"),
        ": the cell that it changes most, left out of all or alone; its ", Span("share", tone="strong"),
        " is the Shapley value: its part of the whole gain of all cells. ", Span("Planner, execution", tone="strong"),
        ": how many times less by the planner's cost, and by time, in that cell. ", Span("Write cost", tone="strong"),
        ": the statement whose WAL grows most, by row. ", Span("Stall", tone="strong"),
        ": the longest transaction of a running load while it was applied.",
    )  # fmt: skip
    headings = (
        "Optimization", "Read gain", "Planner, execution", "Write cost", "Disk", "Shipping", "Smallest set"
    )  # fmt: skip
    places = anchors("optimization", [row.name for row in summary.rows])
    groups = []
    for row, place in zip(summary.rows, places, strict=True):
        folded = Fold(
            ("Details", Span(f" of {row.name}", tone="unseen")),
            tuple(details.blocks(row, summary.writes, used_by(row.optimization, links))),
            place,
        )
        groups.append(Group((_row(row, summary),), more=folded))
    return Table(
        "The four sides, a row for each optimization", tuple(map(Column, headings)), (), caption, sortable=True,
        filter_label="Filter the optimizations", kind="attribution", cards=True, groups=tuple(groups),
        foot=(_total(summary.totals, summary),) if summary.totals else (), formats=PAGE,
    )  # fmt: skip


def used_by(found: OptimizationSummary, links: Links) -> tuple[str | Span, ...]:
    """Say which queries use an optimization, with links to them."""
    if found.use == "used":
        linked = [link(name, links) for name in found.used_by]
        return tuple(piece for one in linked for piece in (", ", one))[1:]
    if found.use == "unused":
        return (Span("no measured plan uses it", tone="open", bold=True),)
    said = {"not in plans": "nothing a plan could name", "not applied": "not applied"}
    return (Span(said.get(found.use, "no after plan was seen"), tone="quiet"),)


def link(query: str, links: Links) -> str | Span:
    """A query by its title, which leads to it; by its name where the page does not have it."""
    place, title = links.get(query, ("", query))
    return Span(title, href=f"#{place}") if place else title


def _row(row: AttributedOptimization, summary: AttributionSummary) -> Row:
    says: tuple[Line, ...] = ()
    if row.verdict:
        says = (verdict(row.verdict.outcome), Span(row.verdict.sentence, small=True))
    elif not row.costs:
        says = (Span("not applied", small=True),)
    name = Cell(Span(row.name, code=True), below=(Span(row.optimization.category, small=True), *says))
    return (name, _gain(row), _promise(row), _write(row, summary), _disk(row), _shipping(row), _kept(row))


def _gain(row: AttributedOptimization) -> Cell:
    if row.verdict is None:
        return Cell(numbers.NOTHING)
    gain, best = row.verdict.gain, row.best
    if best is None:
        return Cell(Span("none", tone="quiet"), value=gain.share_buffers)
    queries = [f"in {numbers.plural(len(gain.queries), 'query', 'queries')}"] if gain.queries else []
    share = f"share {_whole(f'{sentences.share_buffers(gain)},', numbers.ms(gain.share_ms), *queries)}"
    below = (sentences.times(best), Span(best.cell, small=True), Span(share, small=True))
    return Cell(f"{sentences.buffers(best)} buffers", value=gain.share_buffers, below=below)


def _promise(row: AttributedOptimization) -> Cell:
    if row.best is None:
        return Cell(numbers.NOTHING)
    below = (f"time {sentences.measured(row.best)}",)
    return Cell(f"cost {sentences.predicted(row.best)}", value=row.best.measured, below=below)


def _price(one: WritePrice, writes: Mapping[str, str]) -> tuple[str, Span]:
    price = _whole(f"{sentences.wal(one)} WAL,", f"{sentences.touched(one)} buffers,", sentences.micros(one))
    return price, Span(f"a row of {writes.get(one.write, one.write)}", small=True)


def _write(row: AttributedOptimization, summary: AttributionSummary) -> Cell:
    if row.dearest is None:
        return Cell(numbers.NOTHING)
    price, of = _price(row.dearest, summary.writes)
    below: tuple[Line, ...] = (of,)
    if lost := row.hot_lost:
        title = summary.writes.get(lost.write, lost.write)
        below = (of, f"heap-only {_whole(sentences.hot(lost))}", Span(f"of {title}", small=True))
    return Cell(price, value=row.dearest.wal_bytes, below=below)


def _disk(row: AttributedOptimization) -> Cell:
    said = []
    if costs := row.costs:
        said += [f"{sentences.percent(costs.table_share)} of its table"] if costs.table_share is not None else []
        said += [f"{numbers.size(costs.churned_bytes)} after writes"] if costs.churned_bytes is not None else []
        said += [f"leaves {sentences.density(row.largest_btree)}"] if row.largest_btree else []
        said += [f"{numbers.size(costs.build_wal_bytes)} WAL to build"]
    below = tuple(Span(one, small=True) for one in said)
    return Cell(numbers.size(row.size_bytes), value=row.size_bytes, below=below)


def _shipping(row: AttributedOptimization) -> Cell:
    lines: list[Line] = []
    for way in (row.costs.plain, row.costs.concurrent) if row.costs else ():
        if way is None:
            continue
        took = f" {_whole(f'{numbers.ms(way.ms)},', f'stall {numbers.ms(way.stall_ms)}')}"
        name = Span(way.way, bold=True)
        lines.append((name, " ", Span("failed", tone="over")) if way.error else (name, took))
        if way.locks:
            held = "" if way.locked_ms is None else f", {_whole(numbers.ms(way.locked_ms))}"
            lines.append(Span(f"{way.locks[0]}{held}", small=True))
    stall_ms = row.costs.plain.stall_ms if row.costs and row.costs.plain else None
    return Cell(lines[0], value=stall_ms, below=tuple(lines[1:])) if lines else Cell(numbers.NOTHING)


def _kept(row: AttributedOptimization) -> Cell:
    if row.verdict is None or row.verdict.in_smallest is None:
        return Cell(numbers.NOTHING)
    return Cell(Span("in it", bold=True) if row.verdict.in_smallest else Span("left out", tone="quiet"))


def _total(totals: Totals, summary: AttributionSummary) -> Row:
    saved, together = summary.heatmap.buffers, summary.together
    price, of = _price(together, summary.writes) if together else (numbers.NOTHING, None)
    return (
        Cell(f"All {totals.number} applied"),
        Cell(numbers.NOTHING if saved is None else f"{numbers.count(saved)} buffers over all cells"),
        Cell(""),
        Cell(price, below=(of,) if of else ()),
        Cell(
            numbers.size(totals.size_bytes), below=(Span(f"{numbers.size(totals.wal_bytes)} WAL to build", small=True),)
        ),
        Cell(Span(f"{numbers.ms(totals.build_ms)} to build with nothing else running", small=True)),
        Cell(""),
    )


def _whole(*pieces: str) -> str:
    """Pieces that stay whole where a line has to break."""
    return " ".join(piece.replace(" ", "\u00a0") for piece in pieces)


# ---------------------------------------------------------------------------------------------- shares and indexes
def _heatmap(summary: AttributionSummary, links: Links) -> Table:
    caption = (
        "Percent of the buffers that all optimizations together save a query, over its classes. A column adds up to "
        "100; less than nothing is an optimization that costs this query more than it saves."
    )
    found = summary.heatmap
    linked = [(one.query, *links.get(one.query, ("", one.query))) for one in found.columns]
    queries = (Column(title, href=f"#{place}" if place else "") for _, place, title in linked)
    rows = tuple(
        (Cell(Span(row.name, code=True)), *(Cell(sentences.share(one), kind=heat(one)) for one in row.percent))
        for row in found.rows
    )
    foot: tuple[Row, ...] = ((Cell("100 % in buffers"), *map(_whole_gain, found.columns)),)
    if left := found.unexplained:
        named = (Cell("" if one is None else f"{one:.0f}") for one in left)
        foot = ((Cell("could not be taken away"), *named), *foot)
    return Table(
        "Shares, a row for each optimization", (Column("Optimization"), *queries), rows, caption, sortable=True,
        filter_label="Filter the shares", kind="heatmap", foot=foot,
    )  # fmt: skip


def _whole_gain(column: HeatmapColumn) -> Cell:
    below = [] if column.gained else ["no gain"]
    below += [f"{column.stopped} stopped"] if column.stopped else []
    return Cell(numbers.count(column.buffers), below=tuple(Span(one, small=True) for one in below))


def _hygiene(summary: AttributionSummary) -> Iterator[Block]:
    if not summary.findings:
        indexes = numbers.plural(summary.indexes, "index", "indexes")
        keys = numbers.plural(summary.foreign_keys, "foreign key")
        yield Sentences((f"Nothing is wrong with the {indexes} and {keys}.",), "paragraph")
    else:
        yield Sentences((BY_CATALOG,), "paragraph")
    for group in summary.findings:
        size = f", {numbers.size(group.size_bytes)}" if group.folded or group.size_bytes else ""
        title = (f"{TITLES[group.kind]} ", Span(f"{len(group.found)}{size}", small=True))
        listed = tuple(_findings(group))
        yield Fold(title, listed) if group.folded else Part(title, listed, level=4)


def _findings(group: FindingGroup) -> Iterator[Block]:
    if group.kind == "unused":
        yield Sentences((UNSEEN,), "note")
    lines = tuple((one.sentence, Span(one.fix, code=True)) if one.fix else one.sentence for one in group.found)
    yield Sentences(lines, "list", kind="findings")

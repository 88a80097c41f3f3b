"""What each optimization gains and costs, as the blocks of a run's report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bench.cells.records import OptimizationSummary
from bench.experiments.attribution import details, sentences
from bench.experiments.attribution.heatmap import HeatmapColumn, heat
from bench.experiments.attribution.proof import Proof
from bench.experiments.attribution.summary import AttributedOptimization, AttributionSummary, FindingGroup, Totals
from bench.experiments.attribution.verdicts import OptimizationOutcome
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

OPEN: tuple[OptimizationOutcome, ...] = ("harmful", "cannot tell", "unused")
"""Verdicts that stand with their reason."""
NOTHING = Cell(numbers.NOTHING)
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
    if summary.rows:
        shares = Span(f"{len(summary.rows)} optimizations by {len(summary.heatmap.columns)} queries", small=True)
        yield Fold(("Who earned which gain ", shares), (_heatmap(summary, links),), "shares", lazy=True, formats=PAGE)
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
        _stalls(row),
    )


# -------------------------------------------------------------------------------------------------- the whole table
def places(summary: AttributionSummary) -> Mapping[str, str]:
    """Where the page has each optimization, by name."""
    names = [row.name for row in summary.rows]
    return dict(zip(names, anchors("optimization", names), strict=True))


def _table(summary: AttributionSummary, links: Links) -> Table:
    caption = (
        "What each change gains, and what it costs to write, to store and to ship. ", Span("Read gain", tone="strong"),
        ": buffers without and with it in the cell that it changes most, left out of all or alone. ",
        Span("Planner, execution", tone="strong"),
        ": how many times less by the planner's cost, and by time, in that cell. ", Span("Write cost", tone="strong"),
        ": WAL that a row takes more, in the statement where that is most. ", Span("Stall", tone="strong"),
        ": the longest transaction of a running load while it was applied, plainly and concurrently. Sorted by ",
        "Read gain, what saves most of all cells comes first: its share, the Shapley value, is below each.",
    )  # fmt: skip
    columns = (
        *map(Column, ("Optimization", "Verdict")), Column("Read gain, buffers", number=True, label="Read gain"),
        *(Column(name, number=True) for name in ("Planner, execution", "Write cost", "Disk", "Stall")),
        Column("Smallest set"),
    )  # fmt: skip
    groups = []
    for row, place in zip(summary.rows, places(summary).values(), strict=True):
        folded = Fold(
            ("Details", Span(f" of {row.name}", tone="unseen")),
            tuple(details.blocks(row, summary.writes, used_by(row.optimization, links))),
            place,
            lazy=True,
        )
        groups.append(Group((_row(row),), more=folded))
    return Table(
        "The four sides, a row for each optimization", columns, (), caption, sortable=True,
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


def _row(row: AttributedOptimization) -> Row:
    """An optimization in a line; why, where it is not simply kept, and everything else below it."""
    said = row.verdict.outcome if row.verdict else ""
    below: tuple[Line, ...] = (Span(row.verdict.sentence, small=True),) if row.verdict and said in OPEN else ()
    best, dearest = row.best, row.dearest
    gains = Cell(Span("none", tone="quiet"), value=row.verdict.gain.share_buffers) if row.verdict else NOTHING
    if row.verdict and best:
        gains = Cell(sentences.buffers(best), value=row.verdict.gain.share_buffers, hint=f"buffers, {best.cell}")
    promise = f"{sentences.predicted(best)}, {sentences.measured(best)}" if best else numbers.NOTHING
    stall_ms = row.costs.plain.stall_ms if row.costs and row.costs.plain else None
    kept = row.verdict.in_smallest if row.verdict else None
    return (
        Cell(Span(row.name, code=True), below=below),
        Cell(verdict(said) if said else "" if row.costs else "not applied"),
        gains,
        Cell(promise, value=best.measured if best else None),
        Cell(f"{sentences.wal(dearest)}", value=dearest.wal_bytes) if dearest else NOTHING,
        Cell(numbers.size(row.size_bytes), value=row.size_bytes),
        Cell(_stalls(row), value=stall_ms),
        Cell(Span("in it", bold=True) if kept else "" if kept is False else numbers.NOTHING),
    )


def _stalls(row: AttributedOptimization) -> str:
    if row.costs is None:
        return numbers.NOTHING
    return f"{sentences.stall(row.costs.plain)} → {sentences.stall(row.costs.concurrent)}"


def _total(totals: Totals, summary: AttributionSummary) -> Row:
    saved, together = summary.heatmap.buffers, summary.together
    built = f"{numbers.ms(totals.build_ms)} and {numbers.size(totals.wal_bytes)} of WAL to build, nothing else running"
    of = (Span(f"a row of {summary.writes.get(together.write, together.write)}", small=True),) if together else ()
    return (
        Cell(f"All {totals.number} applied", below=(Span(built, small=True),)),
        Cell(""),
        Cell(numbers.NOTHING if saved is None else f"{numbers.count(saved)} saved"),
        Cell(""),
        Cell(sentences.wal(together) if together else numbers.NOTHING, below=of),
        Cell(numbers.size(totals.size_bytes)),
        Cell(""),
        Cell(""),
    )


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

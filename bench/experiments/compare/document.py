"""A comparison as a document: whether the runs compare, what moved, and every cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bench import __version__
from bench.experiments.compare.on_a_cluster import on_a_cluster
from bench.experiments.compare.record import ComparedOptimization, Comparison, MeasuredCell, OptimizationInRun
from bench.experiments.compare.summary import CellRow, ComparisonSummary, QuerySummary, Versus, presence
from bench.model import STATES, State
from bench.model.vocabulary import mark
from bench.report import numbers
from bench.report.document import (
    GAP,
    MARKDOWN,
    PAGE,
    TERMINAL,
    TEXT,
    Block,
    Cell,
    Column,
    Document,
    Fold,
    Format,
    Group,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    columns,
    verdict,
)
from bench.report.text import one_line
from bench.statistics.quantiles import Figure
from bench.timestamps import when

CHANGES_MOST = 8
"""Sentences on the plan of one cell in Markdown."""
CELLS_MOST = 60
"""Rows of a table on a terminal; all are on the page."""
SIDE_BY_SIDE = (0, 1, 3, 4)
"""Columns of a terminal's table for runs that do not compare."""
NOTHING_COMPARED = "Nothing was compared: the reasons are above."
WHY_NOT_MOST = 30
"""Characters in the last column of a terminal."""


def footer(runs: int) -> Line:
    """What a page of stored runs ends with."""
    shows = f"Made by pgproof {__version__} from {runs} stored runs. This page shows; "
    return (shows, Span("pgproof gate", code=True), " is what fails a pull request.")


def document(found: Comparison, summary: ComparisonSummary) -> Document:
    """Place what a comparison says."""
    begun = [when(one.started_at) for one in found.facts]
    printed = tuple(
        f"{label}  {at}  {says}" for label, at, says in zip(found.labels, begun, found.sentences, strict=True)
    )
    return Document(
        experiment="compare",
        file="compare",
        title=summary.headline,
        headline=summary.headline,
        facts=("compare", *(f"{label}: {at}" for label, at in zip(found.labels, begun, strict=True))),
        alarms=summary.alarms,
        lead=(*_leads(summary), Sentences(printed, gap=True, formats=TERMINAL)),
        sections=(
            *_distributions(found, summary),
            _runs(found, summary),
            *(_against(one, summary, found.labels[0]) for one in summary.versus if not one.distributed),
            *_what_moved(summary),
            Section("optimizations", "Optimizations", tuple(_optimizations(found, summary)), formats=PAGE),
            _other_optimizations(found, summary),
            Section("queries", "Queries", tuple(_queries(found, summary)), formats=PAGE),
            Section("details", "", tuple(_details(found, summary)), headed=frozenset(), formats=MARKDOWN),
        ),
        pgproof=__version__,
        footer=footer(len(found.facts)),
        markdown_title="",
        alarm_sign="‼",
        alarm_lead="Other rows.",
        styles=("query.css", "compare.css"),
    )


def _leads(summary: ComparisonSummary) -> Iterator[Block]:
    for one in summary.versus:
        if len(summary.versus) > 1:
            named = (Span(f"{one.title}:", bold=True), f" {one.sentence}.")
            yield Sentences((named,), style="paragraph", formats=PAGE)
        yield Sentences(one.remarks, formats=PAGE)


def _runs(found: Comparison, summary: ComparisonSummary) -> Section:
    caption = f"What each run was measured on; marked: what is not as in {found.labels[0]}."
    rows = tuple((Cell(name), *(Cell(one.text, one.tone) for one in texts)) for name, texts in summary.facts)
    label = "Runs, one beside the other"
    tables = (
        Table(label, columns("Field", *found.labels), rows, caption, kind="run-facts", formats=PAGE),
        Table(label, columns("", *found.labels), rows, formats=MARKDOWN),
    )
    return Section("runs", "Runs", tables, headed=PAGE, formats=PAGE | MARKDOWN)


# ----------------------------------------------------------------------------------------- a run against the first
def _against(one: Versus, summary: ComparisonSummary, first: str) -> Section:
    title = f"{one.title}: {one.sentence}"
    headed = TEXT if len(summary.versus) > 1 else frozenset[Format]()
    return Section(f"run-{one.label}", title, tuple(_told(one, summary, first)), headed=headed, formats=TEXT)


def _told(one: Versus, summary: ComparisonSummary, first: str) -> Iterator[Block]:
    rest = numbers.plural(one.untold, "cell")
    compares = one.comparable.level != "nothing"
    yield Sentences(one.remarks, formats=MARKDOWN)
    yield _changes(one.told, one.label, first)
    yield Sentences((f"{rest} {'did not move' if compares else 'more'}.",), style="paragraph", formats=MARKDOWN)
    if len(summary.versus) == 1:
        yield GAP
    yield _printed(one, first)
    if len(one.told) > CELLS_MOST:
        more = f"{len(one.told) - CELLS_MOST:,} more cells are on the page"
        yield Sentences((more,), tone="quiet", formats=TERMINAL)
    if one.untold:
        ending = "that did not move" if compares else "not shown"
        hint = f"{rest} of state {summary.state} {ending}: --all shows them"
        yield Sentences((hint,), tone="quiet", formats=TERMINAL)
    yield Sentences(one.remarks, mark="- ", tone="quiet", formats=TERMINAL)


def _changes(rows: Sequence[CellRow], label: str, first: str) -> Table:
    arrow = f"{first} → {label}"
    heads = (
        Column("Cell"), Column(f"p50, {arrow}", number=True), Column("Clock"),
        *columns(f"p95, {arrow}", f"Buffers, {arrow}", number=True), *columns("Work", "Plan", "Verdict"),
    )  # fmt: skip
    found = tuple(_change(row, numbers.figure, _said, _verdict(row)) for row in rows)
    return Table(f"Cells, {arrow}", heads, found, formats=MARKDOWN)


def _printed(one: Versus, first: str) -> Table:
    arrow = f"{first} → {one.label}"
    heads = (
        Column("cell"), Column(f"p50, ms {arrow}", number=True, rank=2), Column("clock", rank=3),
        Column(f"p95, ms {arrow}", number=True, rank=4), Column(f"buffers {arrow}", number=True), Column("work"),
        Column("plan", rank=1), Column("verdict"),
    )  # fmt: skip
    rows = [_change(row, numbers.bare, _meant, _printed_verdict(row)) for row in one.told[:CELLS_MOST]]
    places = SIDE_BY_SIDE if one.comparable.level == "nothing" else range(len(heads))
    shown = tuple(tuple(row[place] for place in places) for row in rows)
    return Table(f"Cells, {arrow}", tuple(heads[place] for place in places), shown, formats=TERMINAL)


def _change(
    row: CellRow, time: Callable[[Figure | None], str], words: Callable[[Span], Cell], ending: Cell
) -> Row:  # fmt: skip
    ends = (row.base, row.seen)
    first, last = (one.summary if one else None for one in ends)
    p50 = numbers.ends(first.p50 if first else None, last.p50 if last else None, time)
    p95 = numbers.ends(first.p95 if first else None, last.p95 if last else None, time)
    return (
        Cell(f"{row.cell.query}[{row.cell.parameter_class}]"), Cell(p50), words(row.clock), Cell(p95),
        Cell(" → ".join(_buffers(one) for one in ends)), words(row.work), words(row.plan), ending,
    )  # fmt: skip


def _outcome(seen: MeasuredCell | None) -> str:
    if seen is None:
        return numbers.NOTHING
    assumes = seen.summary.judgement.assumes
    return f"{seen.summary.outcome}, assuming {assumes}" if assumes else seen.summary.outcome


def _verdict(row: CellRow) -> Cell:
    if row.change.other_rows:
        return Cell(verdict("other rows"))
    if row.goal.text:
        return Cell(f"{mark('misses' if row.goal.tone == 'over' else 'meets').emoji} {row.goal.text}")
    return Cell(_outcome(row.seen))


def _printed_verdict(row: CellRow) -> Cell:
    if row.change.other_rows:
        return Cell(verdict("other rows"), "alarm")
    if row.goal.text:
        return _meant(row.goal)
    if row.change.why_not:
        return Cell(one_line(row.change.why_not, WHY_NOT_MOST), "quiet")
    short = f"{row.seen.summary.outcome} (assuming)" if row.seen and row.seen.summary.judgement.assumes else ""
    return Cell(_outcome(row.seen), "quiet", short=short)


# ------------------------------------------------------------------------------------------------------ what moved
def _distributions(found: Comparison, summary: ComparisonSummary) -> Iterator[Section]:
    for one in summary.versus:
        yield from on_a_cluster(one, summary.state, alone=len(found.labels) == 2)


def _what_moved(summary: ComparisonSummary) -> Iterator[Section]:
    """Of one server and a cluster everything has moved: their own section says it."""
    if not all(one.distributed for one in summary.versus):
        yield Section("moved", "What moved", (_moved(summary),), formats=PAGE)


def _moved(summary: ComparisonSummary) -> Sentences:
    moved = tuple(_moves(query, summary) for query in summary.queries if query.query.moved)
    if moved:
        return Sentences(moved, style="prose")
    nothing = "Nothing that could be compared moved." if summary.compares else NOTHING_COMPARED
    return Sentences((nothing,), style="none")


def _moves(query: QuerySummary, summary: ComparisonSummary) -> Line:
    notes = f": {' '.join(query.query.notes)}" if query.query.notes else ""
    parts = [Span(query.query.title, href=f"#{query.ident}"), Span(notes)]
    for row in query.moved:
        run = f", run {row.label}" if len(summary.versus) > 1 else ""
        where = f"\n{row.cell.parameter_class}, {row.cell.state}{run}: "
        if row.change.other_rows:
            parts += [Span(where, small=True), Span("other rows", "over", small=True)]
            where = ", " if row.moves else ""
        parts.append(Span(f"{where}{row.moves}", small=True))
    return tuple(part for part in parts if part.text)


# --------------------------------------------------------------------------------------------------- optimizations
def _optimizations(found: Comparison, summary: ComparisonSummary) -> Iterator[Block]:
    if not found.optimizations:
        yield Sentences(("No run has an optimization.",), style="none")
    yield _blocks(summary.optimizations, "Optimizations that differ", found.labels)
    same = numbers.plural(len(summary.same_optimizations), "optimization")
    table = _blocks(summary.same_optimizations, "Optimizations that are the same", found.labels)
    yield Fold(f"{same} the same in all runs", (table,))


def _blocks(of: Sequence[ComparedOptimization], label: str, labels: Sequence[str]) -> Table:
    caption = "Disk and time to apply in each run. Build times are single measurements, and drift as all times do."
    against = Column(f"Against {labels[0]}")
    heads = [column for label in labels for column in (Column(label, number=True), against)]
    rows = []
    for one in of:
        cells = [cell for run in one.runs for cell in (Cell(_cost(run)), _said(presence(run)))]
        rows.append((Cell(Span(one.name, code=True)), Cell(one.category), cells[0], *cells[2:]))
    shown = (*columns("Optimization", "Category"), heads[0], *heads[2:])
    return Table(label, shown, tuple(rows), caption, sortable=True, filter_label="Filter the optimizations")


def _other_optimizations(found: Comparison, summary: ComparisonSummary) -> Section:
    rows = []
    for one in summary.optimizations:
        first, *others = one.runs
        texts = (f"{presence(run).text}: {_cost(run)}" for run in others)
        rows.append((Cell(one.name), Cell(_cost(first)), *(Cell(text) for text in texts)))
    title = "Optimizations that are not the same"
    table = Table(title, columns("Optimization", *found.labels), tuple(rows))
    return Section("other-optimizations", title, (table,), formats=MARKDOWN)


def _cost(one: OptimizationInRun) -> str:
    if one.size_bytes is None:
        return numbers.NOTHING
    return f"{numbers.size(one.size_bytes)}, {numbers.ms(one.build_ms)}"


# --------------------------------------------------------------------------------------------------------- queries
def _queries(found: Comparison, summary: ComparisonSummary) -> Iterator[Block]:
    if not summary.queries:
        yield Sentences(("No run has a query.",), style="none")
    for query in summary.queries:
        blocks: list[Block] = [Sentences((note,), style="reason") for note in query.query.notes]
        if query.rows[found.state]:
            blocks += _cells(query, found.state, found.labels[0])
        else:
            blocks.append(Sentences((f"Nothing to show in state {found.state}.",), style="none"))
        for state in STATES:
            if state != found.state:
                blocks.append(Fold(f"State {state}", tuple(_cells(query, state, found.labels[0]))))
        yield Part(query.query.title, tuple(blocks), query.ident)


def _cells(query: QuerySummary, state: State, first: str) -> Iterator[Block]:
    caption = ("State ", Span(state, state), f", by class and run. Each run is held against {first}.")
    heads = (
        *columns("Class", "Run"), *columns("p50", "p95", number=True), Column("Clock (p50)"),
        Column("Buffers", number=True), *columns("Work", "Plan", "Target"),
    )  # fmt: skip
    groups = tuple(
        Group(tuple(_run(row) for row in runs), name=runs[0].cell.parameter_class) for runs in query.rows[state]
    )
    label = f"{query.query.title}, {state}"
    yield Table(label, heads, (), caption, sortable=True, kind="cells", groups=groups)
    for row in (row for runs in query.rows[state] for row in runs if row.change.plan):
        heading = f"{row.cell.parameter_class}, run {row.label}:"
        yield Sentences((heading,), style="paragraph", kind="asks")
        yield Sentences(row.change.plan, style="list", kind="planned")


def _run(row: CellRow) -> Row:
    if row.seen is None:
        return (Cell(row.label), Cell(row.change.why_not or "not measured", "quiet", span=7))
    if row.seen.summary.error:
        return (Cell(row.label), Cell(f"failed: {row.seen.summary.error}", "over", span=7))
    p50, p95 = numbers.figure(row.seen.summary.p50), numbers.figure(row.seen.summary.p95)
    target: list[str | Span] = [row.seen.summary.outcome]
    if row.goal.text:
        target += [" ", Span(row.goal.text, row.goal.tone, small=True)]
    if row.change.other_rows:
        target += [" ", Span("other rows", "over", bold=True)]
    return (
        Cell(row.label), Cell(p50), Cell((p95, Span(row.p95_moved, small=True)) if row.p95_moved else p95),
        _said(row.clock), Cell(_buffers(row.seen)), _said(row.work), _said(row.plan), Cell(tuple(target)),
    )  # fmt: skip


def _details(found: Comparison, summary: ComparisonSummary) -> Iterator[Fold]:
    """Every cell of a query against the reference, folded; and what its plans do differently."""
    for position, one in enumerate(summary.versus, start=1):
        for query in summary.queries:
            rows = [runs[position] for runs in query.rows[found.state]]
            blocks: list[Block] = [Sentences(query.query.notes, style="paragraph")]
            blocks.append(_changes(rows, one.label, found.labels[0]))
            for row in rows:
                if row.change.plan:
                    blocks.append(Sentences((f"{row.cell.parameter_class}:",), style="paragraph"))
                    blocks.append(Sentences(row.change.plan[:CHANGES_MOST], style="list"))
            if rows:
                yield Fold((query.query.title, f", {one.title}"), tuple(blocks))


# --------------------------------------------------------------------------------------------------------- figures
def _meant(words: Span) -> Cell:
    return Cell(words.text, words.tone)


def _said(words: Span) -> Cell:
    return Cell(words.text or numbers.NOTHING, words.tone)


def _buffers(cell: MeasuredCell | None) -> str:
    return numbers.count(cell.summary.counters.buffers if cell and cell.summary.counters else None)

"""An advice as a document: the verdict, what to add with gain, price and DDL, the curve, every query, the losers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.advice.blocks import text_of
from bench.cells import samples
from bench.experiments import about
from bench.experiments.advise import beside, figure
from bench.experiments.advise.findings import findings
from bench.experiments.advise.queries import overview, whole
from bench.experiments.advise.record import ADVISE, AdviseRun
from bench.experiments.advise.summary import AdviseSummary, Change, Served, figures_of, summarize
from bench.experiments.experiment import Experiment
from bench.experiments.parts import Places, answer, answer_in_text, query_parts, tile
from bench.report import csv, numbers
from bench.report.document import (
    MARKDOWN,
    PAGE,
    TERMINAL,
    Beside,
    Block,
    Cell,
    Code,
    Column,
    Document,
    Facts,
    Figure,
    Fold,
    Format,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
)
from bench.report.html.anchors import anchors

SERVED_MOST = 6
"""Classes that are listed with a change."""


def document(run: AdviseRun, summary: AdviseSummary) -> Document:
    """Place what an advice says."""
    names = [one.query.name for one in summary.queries]
    places = dict(zip(names, anchors("query", names), strict=True))
    changes = [one.name for one in summary.changes]
    own = dict(zip(changes, anchors("change", changes), strict=True))
    return Document(
        experiment="advise",
        file="advice",
        title=f"{run.workload}: {summary.headline}",
        markdown_title=run.workload,
        headline=summary.headline,
        facts=("advise", about.size(run.workload, run.dataset), about.when(run.started_at)),
        alarms=summary.alarms,
        lead=tuple(_first_screen(run, summary, own)),
        sections=(
            Section("set", "The set, one by one", tuple(_one_by_one(summary, own)), formats=PAGE),
            Section("budget", "What a budget buys", tuple(_curve(summary)), formats=PAGE | MARKDOWN),
            overview(summary, places),
            Section("rewrites", "Statements written in another way", tuple(beside.rewrites(summary))),
            Section("losers", "Not in the set, and why", tuple(beside.losers(summary)), nav="Not in the set"),
            Section("hopeless", "Where no index can help", tuple(beside.hopeless(run, summary)),
                    formats=PAGE | MARKDOWN),
            Section("queries", "Queries", tuple(query_parts(summary.queries, places, whole)), formats=PAGE),
            _about(run),
        ),
        pgproof=run.pgproof,
        footer=f"Made by pgproof {run.pgproof} from run {run.id}. Every figure can be computed again from advise.json.",
        styles=("query.css", "run.css", "plan.css", "now.css", "load.css"),
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------- first screen
def _first_screen(run: AdviseRun, summary: AdviseSummary, own: Places) -> Iterator[Block]:
    tables = [_changes(summary, own, TERMINAL), _changes(summary, own, MARKDOWN)]
    yield from answer_in_text(tables, summary.paragraph, summary.next_steps)
    yield Beside(answer(summary.paragraph, "What to do next", summary.next_steps, _tiles(run, summary)), "answer", PAGE)
    yield _changes(summary, own, PAGE)
    if summary.changes:
        yield Code("advised.sql", advised(run, summary))


def _tiles(run: AdviseRun, summary: AdviseSummary) -> Iterator[tuple[str, Line]]:
    target, total = numbers.ms(summary.target_ms), f"of {len(summary.queries)}"
    for state, found in (("before", summary.before), ("with the set", summary.after)):
        if found and summary.queries:
            yield f"meet {target} {state}", tile(str(found.meets), f"{total}{found.assumed}, {found.rest}")
    if summary.changes:
        yield "disk", tile(numbers.size(summary.size_bytes), f"{len(summary.changes)} changes")
        yield "more WAL to write", tile(f"{summary.write_share:.1%}", "over the write statements")
    yield "tried", tile(str(len(run.built)), "candidates built and executed")


def _changes(summary: AdviseSummary, own: Places, formats: frozenset[Format]) -> Table:
    """What to add and to take out, with gain and price."""
    shown = (
        Column("Change"), Column("Gains most", rank=1), Column("Without it", number=True),
        Column("With it", number=True), Column("Disk", number=True),
        Column("More WAL", number=True, rank=2), Column("Build", number=True, rank=3),
    )  # fmt: skip
    rows = tuple(_change(one, own, linked=formats == PAGE) for one in summary.changes)
    caption = (
        "Times are of the query and class that the change gains most in, the rest of the set in place. More WAL: over "
        "the workload's write statements, each alike."
    )
    return Table("What to add and to take out", shown, rows, caption if formats == PAGE else "", kind="worst",
                 cards=formats == PAGE, formats=formats)  # fmt: skip


def _change(one: Change, own: Places, *, linked: bool) -> Row:
    name = Span(one.name, href=f"#{own[one.name]}" if linked else "", code=True)
    ddl: tuple[Line, ...] = (Span(one.proposal.candidate.ddl, code=True, small=True),) if linked else ()
    best = one.best
    label = best.label if best else "nothing gets slower" if one.is_drop else numbers.NOTHING
    size = f"−{numbers.size(-one.size_bytes)}" if one.size_bytes < 0 else numbers.size(one.size_bytes)
    return (
        Cell(name, below=ddl), Cell(label), Cell(numbers.ms(best.without_ms) if best else numbers.NOTHING),
        Cell(numbers.ms(best.with_ms) if best else numbers.NOTHING), Cell(size, value=one.size_bytes),
        Cell(f"{one.write_share:.1%}"), Cell(numbers.ms(one.build_ms)),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------ one by one
def _one_by_one(summary: AdviseSummary, own: Mapping[str, str]) -> Iterator[Block]:
    if not summary.changes:
        yield Sentences(("The set is empty: nothing that was tried helps enough.",), "none")
    for one in summary.changes:
        yield Part(Span(one.name, code=True), tuple(_detail(one)), own[one.name], flat=True)


def _detail(one: Change) -> Iterator[Block]:
    yield Sentences((one.proposal.candidate.reason,), "paragraph")
    if one.served:
        yield _served(one)
    if one.slower:
        said = tuple(f"{s.label}: {numbers.ms(s.without_ms)} → {numbers.ms(s.with_ms)}" for s in one.slower)
        yield Sentences((f"Slower by it, and outweighed by the rest: {'; '.join(said)}.",), "note")
    yield Facts(tuple(_price(one)))
    yield Code("As a statement", f"{one.proposal.candidate.ddl};")
    yield Code("On a live database", "\n".join(one.concurrent))
    if one.undo:
        yield Code("To take it back", "\n".join(one.undo))


def _served(one: Change) -> Table:
    shown = (
        Column("Serves"), Column("Without it", number=True), Column("With it", number=True),
        Column("Faster", number=True),
        Column("Planner expected", number=True),
    )  # fmt: skip
    rows = tuple(_row(s) for s in one.served[:SERVED_MOST])
    more = len(one.served) - len(rows)
    caption = f"And {numbers.plural(more, 'class', 'classes')} more." if more > 0 else ""
    return Table(f"What {one.name} serves", shown, rows, caption)


def _row(one: Served) -> Row:
    return (
        Cell(one.label), Cell(numbers.ms(one.without_ms)), Cell(numbers.ms(one.with_ms)),
        Cell(f"{numbers.digits(one.times)} ×", value=one.times),
        Cell(f"{numbers.digits(one.expected)} × cheaper", value=one.expected),
    )  # fmt: skip


def _price(one: Change) -> Iterator[tuple[str, Line]]:
    if one.size_bytes:
        yield "Disk", numbers.size(abs(one.size_bytes)) + (" freed" if one.size_bytes < 0 else "")
    yield "Build", numbers.ms(one.build_ms)
    for price in one.costs.writes[:2]:
        hot = ""
        if price.hot_with is not None and price.hot_without is not None and price.hot_without > price.hot_with:
            hot = f", heap-only updates {price.hot_without:.0%} → {price.hot_with:.0%}"
        took = f", {numbers.ms(price.ms)} more" if price.ms else ""
        yield (
            f"One more row, {price.write}",
            f"{price.wal_bytes:,.0f} bytes of WAL more ({price.wal_share:.0%}){took}{hot}",
        )
    for way, shipped in (("plain", one.costs.plain), ("concurrently", one.costs.concurrent)):
        if shipped and not shipped.error and shipped.stall_ms is not None:
            yield (
                f"Longest wait of others, {way}",
                f"{numbers.ms(shipped.stall_ms)} while it took {numbers.ms(shipped.ms)}",
            )


# ------------------------------------------------------------------------------------------------------- the curve
def _curve(summary: AdviseSummary) -> Iterator[Block]:
    points = summary.curve
    if len(points) < 2:
        yield Sentences(("There is one set alone: nothing to choose from.",), "none")
        return
    drawing = Figure(
        draw=lambda: figure.curve(points, summary.whole, summary.smallest, "budget"),
        words=figure.describe(points),
        caption="Each point is the best set for that disk, by executed plans. Time: every query and class once.",
        label="What a budget buys",
    )
    shown = (
        Column("Indexes", number=True), Column("Disk", number=True), Column("More WAL", number=True),
        Column("Within the target", number=True), Column("All classes once", number=True), Column("The set"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(str(len(one.names))), Cell(numbers.size(one.size_bytes), value=one.size_bytes),
            Cell(f"{one.write_share:.1%}"), Cell(f"{one.within} of {one.cells}"), Cell(numbers.ms(one.total_ms)),
            Cell(_said(one.names, summary)),
        )
        for one in points
    )  # fmt: skip
    caption = "--disk and --write-cost choose one of these, or between them."
    yield Beside((drawing, Table("The best set for each budget", shown, rows, caption)), "curves")


def _said(names: Sequence[str], summary: AdviseSummary) -> Line:
    proposed = summary.whole and set(names) == set(summary.whole.names)
    least = summary.smallest and set(names) == set(summary.smallest.names)
    tag = "proposed: " if proposed and names else "least for the target: " if least and names else ""
    return f"{tag}{numbers.listed(names, most=8)}" if names else "as it is"


# ----------------------------------------------------------------------------------------------------------- about
def _about(run: AdviseRun) -> Section:
    options, data = run.options, run.dataset
    facts = Facts((
        ("Status", run.status), ("Size", f"{data.scale:,} {data.unit}, seed {data.seed}"), ("Clock", data.clock),
        *((("On top of", ", ".join(run.on_top)),) if run.on_top else ()),
        ("Executions", f"{options.rounds} of a cell at most while a verdict is open, timeout {options.timeout_s:g} s"),
        *((("Schema", run.source),) if run.source else ()),
        about.server(run.server), *about.forced(run.server), about.machine(run.machine),
        ("Time spent", ", ".join(f"{name} {numbers.seconds(took)}" for name, took in run.phases_s.items())),
    ))  # fmt: skip
    said = (*run.notes, *(run.costs.notes if run.costs else ()))
    notes = Fold("Notes", (Sentences(said, "prose"),), formats=PAGE) if said else Sentences(())
    return Section("about", "About this advice", (facts, notes), nav="About", formats=PAGE)


def advised(run: AdviseRun, summary: AdviseSummary) -> str:
    """The set as blocks for optimizations.sql."""
    head: tuple[str, ...] = (
        summary.headline, f"{about.size(run.workload, run.dataset)}, PostgreSQL {run.server.version}, "
        f"{about.when(run.started_at)}, by pgproof advise.",
    )  # fmt: skip
    head += tuple(f"Slower with the set: {one}" for one in summary.slower)
    return text_of([one.block for one in summary.changes], head, figures_of(summary.changes))


def _kept(run: AdviseRun, folder: Path) -> tuple[str, ...]:
    what = numbers.plural(sum(len(cell.plans) for cell in run.cells), "plan")
    return f"{run.status}; {what} kept: {folder}/advice.html", f"to see it: pgproof report {folder}/advise.json"


EXPERIMENT = Experiment(
    name="advise",
    kind=ADVISE,
    summarize=summarize,
    document=document,
    findings=findings,
    page="advice.html",
    page_is="advice",
    smallest=("--scale", "1k", "--rounds", "2", "--budget", "0", "--no-shipping"),
    others={
        "advised.sql": advised,
        "samples.csv": lambda run, _summary: csv.render(samples.COLUMNS, samples.rows(run.pairs)),
    },
    worth_keeping=lambda run: bool(run.cells or run.pairs),
    kept=_kept,
)

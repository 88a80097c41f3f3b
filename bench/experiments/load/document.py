"""A load as a document: the curves, the tables, and what held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.experiments import about
from bench.experiments.entries import judged, void
from bench.experiments.experiment import Experiment
from bench.experiments.load import figure
from bench.experiments.load.findings import findings
from bench.experiments.load.record import LOAD, LoadRun, MixPart
from bench.experiments.load.summary import (
    Crossing,
    InvariantSummary,
    LoadSummary,
    StepSummary,
    Times,
    rate,
    share,
    summarize,
)
from bench.model import STATES, State
from bench.overview.record import Answers
from bench.report import numbers
from bench.report.document import (
    MARKDOWN,
    PAGE,
    TEXT,
    Beside,
    Block,
    Cell,
    Column,
    Document,
    Facts,
    Figure,
    Line,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    Tone,
)
from bench.report.numbers import plural
from bench.timestamps import when

NAMES = ("p95", "p50", "p99")
"""What decides comes first: a phone shows two or three columns beside the name."""


def document(run: LoadRun, summary: LoadSummary) -> Document:
    """Place what a load says."""
    sections = (
        _section("clients", "Clients", _closed(run, summary), summary),
        _section("rates", "At a rate", _open(run, summary), summary),
        _section("queries", "Queries", _queries(run, summary), summary),
        _section("waits", "What the clients did", _doing(summary), summary),
        _section("invariants", "Invariants", _invariants(summary), summary),
    )
    return Document(
        experiment="load",
        file="load",
        title=f"{run.workload} under load",
        headline=summary.headline,
        facts=("load", about.size(run.workload, run.dataset), when(run.started_at)),
        alarms=summary.alarms,
        lead=(
            Sentences((*(_crossing(one, run) for one in summary.crossings), *summary.notes), formats=PAGE),
            Sentences(tuple(one.sentence for one in summary.crossings), formats=TEXT),
        ),
        sections=(*_with_curves(sections, summary), _about(run), _notes(summary)),
        pgproof=run.pgproof,
        footer=f"Made by pgproof {run.pgproof} from load.json.",
        styles=("load.css",),
    )


def _crossing(one: Crossing, run: LoadRun) -> Line:
    tried = f"{numbers.plural(one.tried, 'rate')} tried; target {numbers.ms(run.options.target_ms)}"
    return (f"{one.sentence} ", Span(tried, small=True)) if one.tried else one.sentence


def _section(ident: str, title: str, table: Table, summary: LoadSummary) -> Section:
    return Section(ident, title, (table,), formats=table.formats)


def _with_curves(found: Sequence[Section], summary: LoadSummary) -> Iterator[Section]:
    """The sections that hold something, the first of them beside the curves."""
    first = True
    for one in found:
        (table,) = one.blocks
        assert isinstance(table, Table)
        if table.rows and first:
            curves = Figure(lambda: figure.curves(summary, summary.target_ms, "load"), figure.describe(summary))
            yield Section(one.ident, one.title, (Beside((curves, table), kind="curves"),))
            first = False
        elif table.rows:
            yield one


def _closed(run: LoadRun, summary: LoadSummary) -> Table:
    caption = (
        f"Steps of {run.options.seconds} s, each on a fresh copy. Each client asks again as soon as it has its answer, "
        "so what one waits the others do not ask: compare throughput first, and times at a rate."
    )
    columns = (
        Column("Clients", number=True), Column("State"), Column("Done", number=True), *_numbers(*NAMES),
        Column("Failed", number=True, rank=2), Column("Retries", number=True, rank=3),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(str(one.step.clients)), _state(one.step.state), Cell(rate(one.tps)), *_times(one.all, summary),
            Cell(numbers.count(one.all.failed)), Cell(numbers.count(one.all.retries)),
        )
        for one in summary.closed
    )  # fmt: skip
    return Table("Table: Clients", columns, rows, caption)


def _open(run: LoadRun, summary: LoadSummary) -> Table:
    caption = (
        "Transactions become due whether the ones before them are done or not, and a time counts from when it was due. "
        f"One that could not begin within {numbers.ms(run.options.late_ms)} is skipped and counts as longer than all."
    )
    columns = (
        Column("Asked", number=True), Column("State"), Column("Says"), *_numbers(*NAMES, "Done", "Skipped", "Clients"),
    )  # fmt: skip
    return Table("Table: At a rate", columns, tuple(_rate(one, summary) for one in summary.open), caption)


def _rate(one: StepSummary, summary: LoadSummary) -> Row:
    says, wrong = summary.says(one)
    return (
        Cell(rate(one.step.rate_tps)), _state(one.step.state), Cell(says, "over" if wrong else ""),
        *_times(one.all, summary), Cell(rate(one.tps)), Cell(numbers.count(one.step.skipped)),
        Cell(str(one.step.clients)),
    )  # fmt: skip


def _queries(run: LoadRun, summary: LoadSummary) -> Table:
    sides = [(state, one) for state in STATES if (one := summary.last(state))]
    most = numbers.plural(max((one.step.clients for _, one in sides), default=0), "client")
    caption = (
        f"With {most}. All parameter classes together: each binding of a query is as likely as any other. Of "
        "fewer than 20 transactions p95 is the longest, of fewer than 100 there is no p99."
    )
    ranks = {"p99, before": 3, "p99, after": 2}
    columns = [Column("Query")]
    for name in NAMES:
        headings = [(f"{name}, {state}", state) for state, _ in sides]
        columns += [Column(text, number=True, rank=ranks.get(text, 0), tone=state) for text, state in headings]
    columns += [Column(f"Number, {state}", number=True, tone=state, formats=PAGE | MARKDOWN) for state, _ in sides]
    columns.append(Column("Weight", number=True, formats=PAGE | MARKDOWN))
    rows = tuple(_query(part, [one for _, one in sides], summary) for part in run.mix) if sides else ()
    return Table("Table: Queries", tuple(columns), rows, caption, sortable=True)


def _query(part: MixPart, sides: Sequence[StepSummary], summary: LoadSummary) -> Row:
    found = [next((times for times in one.queries if times.query == part.query), None) for one in sides]
    figures = [_times(times, summary) for times in found]
    cells = [side[place] for place in range(len(NAMES)) for side in figures]
    counts = [Cell(numbers.count(times.transactions if times else None)) for times in found]
    return (Cell(part.title), *cells, *counts, Cell(str(part.weight)))


def _doing(summary: LoadSummary) -> Table:
    sides = summary.doing
    looks = numbers.plural(max((one.step.samples for _, one in sides), default=0), "look")
    caption = (
        f"With the most clients, from {looks} into pg_stat_activity in a step. Running: on a processor or waiting for "
        "one, which the server cannot tell apart. Idle: between two transactions, pgbench's own part."
    )
    rows = tuple(
        (Cell(what), *(Cell(share(dict(one.doing).get(what, 0.0))) for _, one in sides))
        for what in summary.doings
    )  # fmt: skip
    columns = (Column("Doing"), *(Column(state.capitalize(), number=True) for state, _ in sides))
    return Table("Table: What the clients did", columns, rows, caption, sortable=True, formats=PAGE | MARKDOWN)


def _invariants(summary: LoadSummary) -> Table:
    caption = "What no load may break, as the queries' headers say: the same rows before and after each step."
    rows = tuple((Cell(one.name), Cell(one.query), _held(one)) for one in summary.invariants)
    return Table("Table: Invariants", (Column("Invariant"), Column("Query"), Column("Held")), rows, caption)


def _held(one: InvariantSummary) -> Cell:
    if one.held == one.steps:
        return Cell(f"after {numbers.plural(one.held, 'step')}")
    return Cell(f"VIOLATED in {one.steps - one.held} of {one.steps}", "over")


def _about(run: LoadRun) -> Section:
    options = run.options
    steps = f"{len(run.steps)} of {options.seconds} s, after {options.warm_up_s} s that do not count"
    facts = Facts((
        ("Status", run.status), ("Steps", steps), ("Mix", tuple(_mix(run.mix))),
        ("Target", f"p95 within {numbers.ms(options.target_ms)}"), about.server(run.server), *about.forced(run.server),
        about.machine(run.machine),
    ))  # fmt: skip
    return Section("about", "About this load", (facts,), nav="About", formats=PAGE)


def _mix(mix: Sequence[MixPart]) -> Iterator[str | Span]:
    for place, part in enumerate(mix):
        if place:
            yield ", "
        yield Span(part.query, code=True)
        if part.weight != 1:
            yield f" × {part.weight}"
        if part.writes:
            yield " "
            yield Span("writes", small=True)


def _notes(summary: LoadSummary) -> Section:
    blocks: tuple[Block, ...] = (Sentences(summary.notes, tone="quiet", gap=True),)
    return Section("notes", "Notes", blocks, headed=frozenset(), formats=TEXT)


def _numbers(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, number=True) for name in names)


def _state(state: State) -> Cell:
    return Cell(state, state)


def _times(found: Times | None, summary: LoadSummary) -> tuple[Cell, Cell, Cell]:
    p95, p50, p99 = (found.p95, found.p50, found.p99) if found else (None, None, None)
    late: Tone = "over" if summary.is_over(p95) else ""
    return Cell(numbers.figure(p95), late), Cell(numbers.figure(p50)), Cell(numbers.figure(p99))


def _answers(run: LoadRun, summary: LoadSummary) -> Answers:
    """With the most clients that were tried, or at the highest rate, in the state that counts."""
    states = [one.step.state for one in (*summary.closed, *summary.open)]
    state: State = "after" if "after" in states else "before"
    last = summary.last(state) or next((one for one in reversed(summary.open) if one.step.state == state), None)
    if last is None or (state == "before" and run.status != "complete"):  # the other one was still to come
        return {}
    bad = last.saturated or summary.is_over(last.all.p95) or summary.violated or void(summary.alarms, run.status)
    return {"load": judged(no=bad, unknown=last.all.p95 is None)}


def _kept(run: LoadRun, folder: Path) -> tuple[str, ...]:
    return (f"{run.status}; {plural(len(run.steps), 'step')} kept: {folder / 'load.html'}",)


EXPERIMENT = Experiment(
    name="load",
    kind=LOAD,
    summarize=summarize,
    document=document,
    page="load.html",
    page_is="load",
    findings=findings,
    worth_keeping=lambda run: bool(run.steps),
    kept=_kept,
    smallest=("--scale", "1k", "--clients", "1", "--seconds", "1"),
    answers=_answers,
)

"""A look for plan traps as a document: the verdict of each query, what was found in words, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.experiments import about
from bench.experiments.entries import judged, void
from bench.experiments.experiment import Experiment
from bench.experiments.traps.findings import findings
from bench.experiments.traps.hazards import Hazard, QueryTraps
from bench.experiments.traps.plan_costs import Cost, Draws, Price
from bench.experiments.traps.record import TRAPS, TrapsRun
from bench.experiments.traps.summary import TrapsSummary, summarize
from bench.model.vocabulary import Mark
from bench.overview.record import Answers
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
    Facts,
    Fold,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    columns,
)
from bench.timestamps import when

UNTOLD = Cell(numbers.NOTHING)


def document(run: TrapsRun, summary: TrapsSummary) -> Document:
    """Place what a look for traps says."""
    rest = (
        ("generic", "Generic plans", _generic(summary)), ("fresh", "A new tenant", _fresh(run, summary)),
        ("statistics", "Statistics gathered anew", _draws(summary)), ("borrowed", "Borrowed plans", _borrowed(summary)),
        ("estimates", "Estimates", _estimates(summary)),
    )  # fmt: skip
    return Document(
        experiment="traps",
        file="traps",
        title=f"{run.workload}, plan traps",
        headline=summary.headline,
        facts=("traps", f"{about.size(run.workload, run.dataset)}, {run.options.state}", when(run.started_at)),
        alarms=summary.alarms,
        lead=(Sentences(summary.notes, formats=PAGE), GAP, _at_a_glance(summary), GAP),
        sections=(
            Section("verdicts", "Verdicts", (_verdicts(summary),), formats=PAGE | MARKDOWN), _found(summary),
            *(Section(ident, title, (table,), formats=PAGE | MARKDOWN) for ident, title, table in rest),
            _about(run), _notes(summary),
        ),
        pgproof=run.pgproof,
        footer=f"Made by pgproof {run.pgproof} from traps.json.",
        styles=("traps.css",),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------ verdicts
def _at_a_glance(summary: TrapsSummary) -> Table:
    headings = (
        Column("query"), Column("verdict"), Column("class", rank=1), Column("buffers more", number=True, rank=2),
        Column("ms lost", number=True, rank=3), Column("found", number=True, rank=4),
    )  # fmt: skip
    rows = tuple(_glance(one) for one in summary.queries)
    return Table("Table: Verdicts", headings, rows, formats=TERMINAL)


def _glance(one: QueryTraps) -> Row:
    first = one.first
    found = first.price if first else None
    more, lost = (found.extra_blocks, found.extra_ms) if found else (0, 0.0)
    blocks = "cut off" if found and found.cut_off else numbers.count(more if more > 0 else None)
    return (
        Cell(one.query.title),
        Cell(one.said, "over" if one.trap else "open" if one.unknown or first else "good"),
        Cell(first.parameter_class if first else numbers.NOTHING, "quiet"),
        Cell(blocks),
        Cell(numbers.digits(lost) if lost > 0 else numbers.NOTHING),
        Cell(str(len(one.hazards)) if first else numbers.NOTHING, "quiet"),
    )


def _verdicts(summary: TrapsSummary) -> Table:
    caption = (
        "A trap springs by itself, as the server decides; a risk needs something else to go wrong. Those that cost the "
        "most time come first."
    )
    headings = (
        *columns("Query", "Verdict", "Class"),
        *columns("Buffers", "Instead of", "p50", "Instead of", "Times as long", number=True),
    )
    rows = tuple(map(_verdict, summary.queries))
    return Table("Table: Verdicts", headings, rows, caption, sortable=True)


def _verdict(one: QueryTraps) -> Row:
    first = None if one.unknown else one.first
    less, more, shorter, longer, factor = _price(first.price if first else None, work=one.trap)
    return (
        Cell(one.query.title), Cell(one.said, "over" if one.trap else ""),
        Cell(first.parameter_class if first else numbers.NOTHING), more, less, longer, shorter, factor,
    )  # fmt: skip


def _price(found: Price | None, *, work: bool = True) -> Row:
    """Blocks and time of the cheap and of the dear plan, and how many times as long that one took."""
    if found is None:
        return (UNTOLD,) * 5
    between = f" ({numbers.interval(found.ratio)})" if numbers.interval(found.ratio) else ""
    return (
        Cell(numbers.count(found.cheap.blocks)),
        Cell(_blocks(found.dear), "over" if found.hurts_by_work and work else ""),
        Cell(numbers.figure(found.cheap.time)),
        Cell(numbers.figure(found.dear.time), "over" if found.hurts_by_time else ""),
        Cell(f"{numbers.times(found.ratio)}{between}"),
    )  # fmt: skip


def _blocks(one: Cost) -> str:
    return "cut off" if one.cut_off else numbers.count(one.blocks)


# -------------------------------------------------------------------------------------------------- what was found
def _found(summary: TrapsSummary) -> Section:
    told = [one for one in summary.queries if one.hazards or one.unknown]
    calm = [one for one in summary.queries if not one.hazards and not one.unknown]
    helps = tuple(
        (_sentence(kind), (f"{_sentence(text)}. ", Span(f"{numbers.plural(len(titles), 'query', 'queries')}: "
                                                        f"{numbers.listed(titles)}", small=True)))
        for kind, text, titles in summary.advice
    )  # fmt: skip
    nothing = tuple((Span(one.query.title, bold=True), f": {one.sentence}") for one in calm)
    parts = (
        *(Part((f"{one.query.title} ", _label(one)), tuple(_hazards(one)), f"trap-{place}", "trap", formats=PAGE)
          for place, one in enumerate(told, start=1)),
        Part("What helps", (Facts(helps, kind="advice"),), formats=PAGE),
        Part("No trap found", (Sentences(nothing, "prose"),), formats=PAGE),
    )  # fmt: skip
    return Section("queries", "What was found", (*parts, *_as_text(summary)), headed=PAGE)


def _label(one: QueryTraps) -> Span:
    return Span(one.said, mark=Mark("", "", "over" if one.trap else "open"))


def _hazards(one: QueryTraps) -> Iterator[Block]:
    if one.unknown:
        yield Sentences((f"{_sentence(one.sentence)}.",), "paragraph")
    for hazard in one.hazards:
        yield Sentences((_hazard(hazard),), "prose")
        yield Fold("What the dear plan does differently", (Sentences(hazard.changes, "prose"),))


def _hazard(one: Hazard) -> Line:
    kind = Span("Trap.", "over", bold=True) if one.trap else Span("Risk.", bold=True)
    return kind, f" {_sentence(one.sentence)}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _as_text(summary: TrapsSummary) -> Iterator[Block]:
    all_queries = tuple((Span(one.query.name, bold=True), f": {one.sentence}") for one in summary.queries)
    yield Sentences(all_queries, formats=MARKDOWN)
    yield Sentences(tuple(f"{kind}: {text}." for kind, text, _ in summary.advice), formats=MARKDOWN)
    telling = [f"- {one.query.name}: {one.sentence}" for one in summary.queries if one.trap or one.unknown]
    helping = [f"against '{kind}': {text}" for kind, text, _ in summary.advice]
    yield Sentences((*telling, *helping), formats=TERMINAL)


# ----------------------------------------------------------------------------------------------- what it rests on
def _generic(summary: TrapsSummary) -> Table:
    caption = (
        "Custom: planned for the values at each execution, as everywhere else in pgproof. Generic: planned once for no "
        "value in particular, without planning afterwards. Goes over: the execution from which the server itself, with "
        "plan_cache_mode at auto, took the generic plan, by the class of the first five. Blocks of 8 kB."
    )
    headings = (
        *columns("Query", "Class"), *columns("Buffers", "Generic", "p50", "Generic p50", "Times as long", number=True),
        *columns("Plan", "Goes over"),
    )  # fmt: skip
    rows = tuple(
        (Cell(one.query.title), Cell(found.parameter_class), *_price(found.price), Cell(found.price.plan),
         Cell(found.goes_over))
        for one in summary.queries for found in one.generic
    )  # fmt: skip
    return Table("Table: Generic plans", headings, rows, caption, sortable=True)


def _fresh(run: TrapsRun, summary: TrapsSummary) -> Table:
    fresh = run.fresh
    caption = ""
    if fresh:
        keys = ", ".join(f"{name} {value}" for name, value in fresh.values.items())
        size = f" ({fresh.about})" if fresh.about else ""
        caption = (
            f"A copy of the tenant of class {fresh.parameter_class}{size} under a new key ({keys}), {fresh.rows:,} "
            "rows, in two copies: one whose statistics do not know of it, one after ANALYZE; timed in turn."
        )
    numeric = columns("Analyzed", "Stale", "p50", "Stale p50", "Times as long", number=True)
    rows = tuple(
        (Cell(one.query.title), *_price(one.fresh, work=one.fresh.other_plan), Cell(one.fresh.plan))
        for one in summary.queries if one.fresh
    )  # fmt: skip
    return Table("Table: A new tenant", (Column("Query"), *numeric, Column("Plan")), rows, caption, sortable=True)


def _draws(summary: TrapsSummary) -> Table:
    caption = (
        f"ANALYZE {summary.draws} times, each time from another random sample, as large as on a server where nobody "
        f"chose a statistics target. {summary.unchanged} of {summary.drawn} cells had one and the same plan each time. "
        "The others: plan A is the most frequent."
    )
    headings = (
        *columns("Query", "Class", "Plans"), *columns("Buffers of each", "p50 of each", number=True), Column("Says")
    )  # fmt: skip
    rows = tuple(_drawn(one, found) for one in summary.queries for found in one.draws if len(found.plans) > 1)
    if not rows and summary.drawn:
        rows = ((Cell("All"), *[Cell("")] * 4, Cell("no coin toss")),)
    return Table("Table: Statistics gathered anew", headings, rows, caption, sortable=True)


def _drawn(one: QueryTraps, found: Draws) -> Row:
    plans = ", ".join(f"{chr(ord('A') + place)} {times} of {found.total}"
                      for place, (times, _) in enumerate(found.plans))  # fmt: skip
    return (
        Cell(one.query.title), Cell(found.parameter_class), Cell(plans),
        Cell(", ".join(_blocks(cost) for _, cost in found.plans)),
        Cell(", ".join(numbers.figure(cost.time) for _, cost in found.plans)),
        Cell("coin toss", "over") if found.price and found.price.hurts else Cell("costs the same"),
    )  # fmt: skip


def _borrowed(summary: TrapsSummary) -> Table:
    caption = (
        "Where two classes have different plans: the plan of one, executed for the other. PostgreSQL cannot be told "
        "which plan to take, so planner settings were tried, alone and in pairs, until it took that one."
    )
    headings = (
        *columns("Query", "Plan of", "For"),
        *columns("Own buffers", "Borrowed", "p50", "Borrowed p50", "Times as long", number=True),
        *columns("Generic plan", "By"),
    )
    rows = tuple(
        (Cell(one.query.title), Cell(found.lender), Cell(found.parameter_class), *_price(found.price),
         Cell(found.generic), Cell(found.by))
        for one in summary.queries for found in one.borrowed
    )  # fmt: skip
    return Table("Table: Borrowed plans", headings, rows, caption, sortable=True)


def _estimates(summary: TrapsSummary) -> Table:
    caption = (
        "The node of each query whose number of rows was estimated worst, in any class, with whole-table statistics. "
        "It matters where a join, a sort or a limit above it was chosen by that number. Of what stops early it is no "
        "error that fewer rows came."
    )
    headings = (
        *columns("Query", "Class"), *columns("Off by", "Expected", "Came", number=True), *columns("Node", "Below")
    )  # fmt: skip
    rows = tuple(
        (Cell(one.query.title), Cell(worst.parameter_class),
         Cell(f"{numbers.digits(worst.found.q)}×", "over" if worst.off else ""),
         Cell(numbers.count(worst.found.node.estimated_rows)), Cell(numbers.count(worst.found.node.actual_rows)),
         Cell(worst.found.node.label), Cell(worst.found.above or numbers.NOTHING))
        for one in summary.queries if (worst := one.estimate)
    )  # fmt: skip
    return Table("Table: Estimates", headings, rows, caption, sortable=True)


# ------------------------------------------------------------------------------------------------------ the rest
def _about(run: TrapsRun) -> Section:
    options = run.options
    statistics = (
        f"gathered {numbers.plural(options.analyzes, 'time')} at a target of {options.statistics_target}; all else "
        "with whole-table statistics"
    )
    took = ", ".join(f"{name} {numbers.seconds(seconds)}" for name, seconds in run.phases_s.items())
    facts = Facts((
        ("Status", run.status), ("State", options.state), ("Statistics", statistics),
        ("Timeout", f"{options.timeout_s:g} s"), ("Took", took), about.server(run.server), *about.forced(run.server),
        about.machine(run.machine),
    ))  # fmt: skip
    return Section("about", "About this look", (facts,), nav="About", formats=PAGE)


def _notes(summary: TrapsSummary) -> Section:
    return Section("notes", "Notes", (Sentences(summary.notes, tone="quiet"),), headed=frozenset(), formats=TEXT)


def _answers(run: TrapsRun, summary: TrapsSummary) -> Answers:
    found = summary.queries
    traps = any(one.trap for one in found) or void(summary.alarms, run.status)
    unsure = not found or any(one.unknown or one.risk for one in found)
    return {"plans": judged(no=traps, unknown=unsure)}


def _kept(run: TrapsRun, folder: Path) -> tuple[str, ...]:
    return (f"{run.status}; what was seen is kept: {folder / 'traps.html'}",)


EXPERIMENT = Experiment(
    name="traps",
    kind=TRAPS,
    summarize=summarize,
    document=document,
    page="traps.html",
    page_is="traps",
    findings=findings,
    outcome=lambda _run: "",  # a trap is what one looks for here, and no failure
    worth_keeping=lambda run: bool(run.cells),
    kept=_kept,
    smallest=("--scale", "1k", "--analyzes", "1"),
    answers=_answers,
)

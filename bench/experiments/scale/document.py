"""A scale experiment as a document: when each query crosses, a curve for each, and how far to trust them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.experiments.entries import judged
from bench.experiments.experiment import Experiment
from bench.experiments.scale import figure as chart
from bench.experiments.scale import nodes_document
from bench.experiments.scale.check import FEW_BLOCKS, GOOD, Tally
from bench.experiments.scale.findings import findings
from bench.experiments.scale.further import further
from bench.experiments.scale.further_document import predicted
from bench.experiments.scale.record import SCALE, Measurement, Scaling
from bench.experiments.scale.sentences import crossing, error, exponent, short
from bench.experiments.scale.summary import CellSummary, QueryGrowth, ScaleSummary, summarize
from bench.overview.record import Answers
from bench.report import numbers
from bench.report.document import (
    GAP,
    MARKDOWN,
    PAGE,
    TERMINAL,
    Beside,
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Fold,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    Tone,
    columns,
)
from bench.statistics.quantiles import TARGET_QUANTILE, longest_of
from bench.statistics.quantiles import Figure as Percentile
from bench.timestamps import when

UNTOLD = Cell(numbers.NOTHING)
WITHIN = ("still within", "not before")

MARKS = (
    "Marks: what was measured, full for the hot class, rings for the class that crosses first where that is another. "
    "Thin lines: the curve through p95. A square on the target line: where it crosses, the bar is its interval. Both "
    "axes are logarithmic, so that a straight line is a power and its slope the exponent."
)
TRUST = (
    "Within the steps, a crossing lies between one that clearly meets the target and one that clearly misses it. "
    "Beyond, it is where the curve meets the target, and the interval holds what every likely curve says. "
    "Neither is estimated unless at least half of the predictions of medians held.",
    "Nobody measured beyond the last step. A plan that changes there, memory that runs out, or more clients move a "
    "crossing, and no interval here knows of them.",
    '"Linear in the tenant" grows with the rows of the tenant that asks, "linear in everything" with those of all '
    'tenants together. In this dataset both grow at once, by its own rule; "linear" says that they could not be told '
    "apart.",
)


def document(found: Scaling, summary: ScaleSummary) -> Document:
    """Place what is said of growth, or of more nodes."""
    if summary.on_nodes:
        return nodes_document.document(found, summary.headline, summary.on_nodes)
    target, unit = f"{found.asked.options.target_ms:g} ms", found.asked.unit
    steps = numbers.plural(len(found.steps), "step")
    return Document(
        experiment="scale",
        file="scale",
        title=summary.headline,
        markdown_title=found.asked.workload,
        headline=summary.headline,
        facts=("scale", found.asked.workload, when(found.started_at)),
        alarms=found.alarms,
        alarm_sign="‼",
        alarm_lead="Not to be trusted.",
        notes=tuple(_unfinished(found)),
        lead=(Sentences(summary.remarks, formats=PAGE | MARKDOWN),),
        sections=(
            Section("at-a-glance", "", tuple(_at_a_glance(found, summary)), headed=frozenset(), formats=TERMINAL),
            Section("crossings", f"When p95 crosses {target}", (_crossings(found, summary), _none(
                "No step has been measured.", there=bool(summary.queries))), nav="Crossings", formats=PAGE),
            Section("when", f"When p95 crosses {target}, in {unit}", (_crossings_in_short(summary),), formats=MARKDOWN),
            Section("queries", "Queries", tuple(_queries(found, summary)), formats=PAGE),
            Section("trust", "How far to trust it", tuple(_trust(found, summary)), formats=PAGE),
            Section("further", "Ten times further", predicted(further(found, summary), found.asked.unit,
                    found.asked.options.target_ms), formats=PAGE | MARKDOWN),
            Section("steps", "Steps", (_steps(found, summary),), formats=PAGE),
            Section("sizes", f"Steps ({found.server})", (_sizes(found),), formats=MARKDOWN),
            Section("cells", "Cells", tuple(map(_cells_in_short, summary.queries)), headed=frozenset(),
                    formats=MARKDOWN),
        ),
        pgproof=found.pgproof,
        footer=f"Made by pgproof {found.pgproof} from {steps} of a scale experiment, seed {found.asked.seed}.",
        styles=("growth.css",),
    )  # fmt: skip


def _unfinished(found: Scaling) -> Iterator[tuple[str | Span, ...]]:
    if found.status != "complete":
        here = f"{len(found.steps)} of {len(found.asked.scales)} steps are here"
        again = Span("pgproof scale --resume", code=True)
        yield f"This experiment is {found.status}: {here}. ", again, " goes on with the rest."


def _none(text: str, *, there: bool) -> Sentences:
    """Say that there is nothing, where there is nothing."""
    return Sentences(() if there else (text,), "none", formats=PAGE)


def _tone(one: CellSummary) -> Tone:
    return "over" if one.over else "good" if one.curve.crossing.kind in WITHIN else "open"


# ----------------------------------------------------------------------------------------------------- crossings
def _at_a_glance(found: Scaling, summary: ScaleSummary) -> Iterator[Block]:
    headings = (
        Column("query"), Column("crosses before", rank=4), Column("crosses after"), Column("class", rank=2),
        Column("buffers, hot", rank=1), Column("exponent", rank=5), Column("p50, hot", rank=3),
    )  # fmt: skip
    if summary.queries:
        rows = tuple(_glance(one, summary) for one in summary.queries)
        yield GAP
        yield Table("Crossings of all queries", headings, rows)
        target = f"{found.asked.options.target_ms:g} ms"
        how = "with the 95 % interval" if summary.estimates else "by the steps alone"
        says = f"crosses {target} at p95: {found.asked.unit}, {how}; of the class that crosses first"
        yield Sentences((says,), tone="quiet")
    yield Sentences(summary.remarks, mark="- ")


def _glance(one: QueryGrowth, summary: ScaleSummary) -> Row:
    before = one.first.get("before") if summary.state == "after" else None
    shown, hot = one.first.get(summary.state), one.hot.get(summary.state)
    soonest = (Cell(crossing(cell.curve.crossing, short), _tone(cell)) if cell else Cell(numbers.NOTHING, "quiet")
               for cell in (before, shown))  # fmt: skip
    return (
        Cell(one.title), *soonest, Cell(shown.curve.parameter_class if shown else numbers.NOTHING, "quiet"),
        Cell(hot.curve.work.shape) if hot else UNTOLD,
        Cell(exponent(hot.curve.work) if hot else numbers.NOTHING, "quiet"),
        Cell(hot.curve.time.shape) if hot else UNTOLD,
    )  # fmt: skip


def _crossings(found: Scaling, summary: ScaleSummary) -> Table:
    last = found.steps[-1].scale if found.steps else 0
    caption = (
        f"In {found.asked.unit}, with the 95 % interval, for the class that crosses first. Beyond {last:,} it is read "
        "off a curve, at most ten times as far."
        if summary.estimates
        else f"In {found.asked.unit}, for the class that crosses first: what the steps show by themselves."
    )
    state = summary.state
    before = (Column("Before", tone="before"),) if state == "after" else ()
    headings = (
        Column("Query"), *before, Column(state.capitalize(), tone=state),
        *columns("Class", "Buffers, hot", "Exponent", "Median, hot"),
    )  # fmt: skip
    rows = tuple(_crossing(one, summary, place) for place, one in enumerate(summary.queries, start=1))
    return Table(
        "Crossings of all queries", headings, rows, caption, sortable=True, filter_label="Filter the queries",
        kind="crossings", cards=True,
    )  # fmt: skip


def _crossing(one: QueryGrowth, summary: ScaleSummary, place: int) -> Row:
    shown, hot = one.first.get(summary.state), one.hot.get(summary.state)
    before = (_scale(one.first.get("before"), ""),) if summary.state == "after" else ()
    return (
        Cell(Span(one.title, href=f"#query-{place}")), *before, _scale(shown, _tone(shown) if shown else ""),
        Cell(shown.curve.parameter_class) if shown else UNTOLD, *_hot(hot),
        Cell(hot.curve.time.shape) if hot else UNTOLD,
    )  # fmt: skip


def _scale(one: CellSummary | None, tone: Tone) -> Cell:
    at = one.curve.crossing.at if one else None
    return Cell(crossing(one.curve.crossing) if one else numbers.NOTHING, tone, "" if at is None else at)


def _hot(hot: CellSummary | None) -> tuple[Cell, Cell]:
    return (Cell(hot.curve.work.shape), Cell(exponent(hot.curve.work))) if hot else (UNTOLD, UNTOLD)


def _crossings_in_short(summary: ScaleSummary) -> Table:
    headings = columns("Query", "Before", summary.state.capitalize(), "Class", "Buffers, hot", "Exponent")
    rows = []
    for one in summary.queries:
        before, shown, hot = one.first.get("before"), one.first.get(summary.state), one.hot.get(summary.state)
        rows.append((
            Cell(one.title), Cell(crossing(before.curve.crossing)) if before else UNTOLD,
            Cell(Span(crossing(shown.curve.crossing), bold=True)) if shown else UNTOLD,
            Cell(shown.curve.parameter_class) if shown else UNTOLD, *_hot(hot),
        ))  # fmt: skip
    return Table("Crossings of all queries", headings, tuple(rows))


# ------------------------------------------------------------------------------------------------------- queries
def _queries(found: Scaling, summary: ScaleSummary) -> Iterator[Block]:
    if summary.queries:
        yield Sentences((MARKS,), "paragraph", tone="quiet")
    parts = (_query(one, found, summary, place) for place, one in enumerate(summary.queries, start=1))
    yield Beside(tuple(parts), "growths")
    yield _none("No step has a query.", there=bool(summary.queries))


def _query(one: QueryGrowth, found: Scaling, summary: ScaleSummary, place: int) -> Part:
    shown = one.first.get(summary.state)
    says: tuple[Line, ...] = ()
    if shown:
        crosses = Span(crossing(shown.curve.crossing).capitalize(), "over" if shown.over else "", bold=True)
        which = Span(f"{shown.curve.parameter_class}, {summary.state}", small=True)
        says = ((crosses, f" {found.asked.unit} ", which),)
    reasons = tuple(
        (Span(f"{cell.curve.parameter_class}, {cell.curve.state}.", bold=True), f" {' '.join(cell.notes)}")
        for cell in one.cells
        if cell.notes
    )
    blocks = (
        Sentences(says, "paragraph", kind="says"),
        Figure(lambda: chart.growth(one, found, f"growth-{place}"), chart.describe(one, found)),
        _none("Nothing was measured of it.", there=one.measured),
        Fold(f"All {numbers.plural(len(one.cells), 'cell')}", (_cells(one), Sentences(reasons, "reason"))),
        Fold("Figures", (_figures(one, found.asked.unit),)),
    )
    return Part(one.title, blocks, f"query-{place}")


def _cells(one: QueryGrowth) -> Table:
    headings = columns(
        "Class", "State", "Crosses", "Buffers", "Exponent", "Over the tenant", "Median", "Exponent", "Plan changed at",
        "Buffers predicted", "Median predicted",
    )  # fmt: skip
    rows = tuple(_cell(cell) for cell in one.cells)
    return Table(f"Cells of {one.title}", headings, rows, sortable=True, kind="cells-grown")


def _cell(one: CellSummary) -> Row:
    cell, over = one.curve, one.curve.work.tenant_exponent
    return (
        Cell(cell.parameter_class), Cell(cell.state, cell.state),
        Cell(crossing(cell.crossing), "over" if one.over else ""), Cell(cell.work.shape), Cell(exponent(cell.work)),
        UNTOLD if over is None else Cell(f"{over:.2f}"), Cell(cell.time.shape), Cell(exponent(cell.time)),
        Cell(", ".join(f"{scale:,}" for scale in cell.changes) or numbers.NOTHING),
        Cell(error(cell.work_forecast or cell.work_check)), Cell(error(cell.time_check)),
    )  # fmt: skip


def _figures(one: QueryGrowth, unit: str) -> Table:
    headings = (
        *columns("Class", "State"), *columns(unit.capitalize(), "Tenant", "p50", "p95", "Buffers", number=True),
        *columns("Verdict", "Plan"),
    )  # fmt: skip
    rows = tuple(row for cell in one.cells for row in _measurements(cell))
    return Table(f"Figures of {one.title}", headings, rows, sortable=True, kind="cells-grown")


def _measurements(one: CellSummary) -> Iterator[Row]:
    cell = one.curve
    for place, found in enumerate(cell.readings):
        plan = "another" if found.scale in cell.changes else "same" if place else numbers.NOTHING
        yield (
            Cell(cell.parameter_class), Cell(cell.state, cell.state), Cell(f"{found.scale:,}"),
            Cell(numbers.count(found.tenant_rows)), Cell(_time(found.p50_ms, found.p50_censored)),
            Cell(_time(found.p95_ms, found.p95_censored, found.executions)), Cell(numbers.count(found.buffers)),
            Cell(_verdict(found)), Cell(plan),
        )  # fmt: skip


def _time(ms: float | None, censored: bool, executions: int | None = None) -> str:
    """Write a median, or p95 where it is said of how many executions."""
    few = longest_of(executions, TARGET_QUANTILE) if executions else 0
    return numbers.figure(None if ms is None else Percentile(ms, censored, few))


def _verdict(found: Measurement) -> str:
    if found.error:
        return f"failed: {found.error}"
    return f"{found.verdict}, assuming {found.assumes}" if found.assumes else found.verdict


def _cells_in_short(one: QueryGrowth) -> Fold:
    headings = columns(
        "Class", "State", "Crosses", "Buffers", "Exponent", "p50", "Exponent", "Plan changed at", "Prediction off by"
    )
    rows = tuple(
        (Cell(cell.parameter_class), Cell(cell.state), Cell(crossing(cell.crossing)), Cell(cell.work.shape),
         Cell(exponent(cell.work)), Cell(cell.time.shape), Cell(exponent(cell.time)),
         Cell(numbers.listed([f"{scale:,}" for scale in cell.changes]) or numbers.NOTHING),
         Cell(error(cell.work_forecast or cell.work_check)))
        for cell in (cell.curve for cell in one.cells)
    )  # fmt: skip
    return Fold(one.title, (Table(f"Cells of {one.title}", headings, rows),))


# --------------------------------------------------------------------------------------------- what it rests on
def _trust(found: Scaling, summary: ScaleSummary) -> Iterator[Block]:
    caption = (
        "Each cell's last step was predicted from the earlier ones, as if it had not been measured. A plan that "
        "changes at the last step is what no curve can know."
    )
    headings = (Column("Figure"), *columns(
        f"Within {GOOD * 100:.0f} %", "Of cells", "Share", f"Or off by {FEW_BLOCKS} blocks", "Plan the same: within",
        "Of", "Farthest off", number=True,
    ))  # fmt: skip
    work, nodes, time = summary.work, summary.nodes, summary.time
    told = (
        ("Buffers", work, numbers.count(work.close)),
        ("Buffers, by plan nodes", nodes, numbers.count(nodes.close)),
        ("Median time", time, numbers.NOTHING),
        ("Median time, by plan nodes", summary.node_time, numbers.NOTHING),
    )
    rows = tuple(_tally(name, one, close) for name, one, close in told if one.cells)
    yield Table("Predictions of the last step", headings, rows, caption, kind="steps")
    held, intervals = summary.covered
    yield _none(
        "By plan nodes: from the plan and rows that EXPLAIN expects at the last step and the sizes of its tables, "
        f"executing nothing. Nine of ten of its intervals are to hold what came; {held:,} of {intervals:,} did. "
        "They are as wide as the same prediction was off at the step before.", there=not intervals,
    )  # fmt: skip
    yield _none("Extrapolation cannot be checked: that needs three steps.", there=bool(rows))
    yield Sentences((*TRUST, *found.notes), "prose")


def _tally(name: str, one: Tally, close: str) -> Row:
    return (
        Cell(name), Cell(str(one.good)), Cell(str(one.cells)), Cell(f"{100 * one.good_share:.0f} %"), Cell(close),
        Cell(str(one.same_plan_good)), Cell(str(one.same_plan)), Cell(f"{100 * (one.worst or 0.0):+.0f} %"),
    )  # fmt: skip


def _steps(found: Scaling, summary: ScaleSummary) -> Table:
    machine = f"; {found.machine}" if found.machine else ""
    caption = (
        f"{found.server or 'Not begun'}{machine}. Each step is a run of its own, in a folder of its own; rows of the "
        "first tenant of each class where the dataset tells."
    )
    headings = (
        Column(found.asked.unit.capitalize(), number=True), Column("Folder"),
        *columns("Database", "Optimizations", "Took", *summary.classes, number=True),
    )  # fmt: skip
    rows: list[Row] = [
        (Cell(f"{step.scale:,}"), Cell(Span(step.folder, code=True)), Cell(numbers.size(step.database_bytes)),
         Cell(numbers.size(step.optimized_bytes)), Cell(numbers.seconds(step.seconds)),
         *(Cell(numbers.count(step.tenant_rows.get(name))) for name in summary.classes))
        for step in found.steps
    ]  # fmt: skip
    wide = len(headings) - 1
    rows += [(Cell(f"{scale:,}"), Cell("not measured", "quiet", span=wide)) for scale in found.missing]
    return Table("Table of steps", headings, tuple(rows), caption, kind="steps")


def _sizes(found: Scaling) -> Table:
    rows = tuple(
        (Cell(f"{step.scale:,}"), Cell(numbers.size(step.database_bytes)), Cell(numbers.size(step.optimized_bytes)),
         Cell(numbers.seconds(step.seconds)))
        for step in found.steps
    )  # fmt: skip
    return Table(
        "Table of steps", columns(found.asked.unit, "Database", "Optimizations", "Took", number=True), rows
    )  # fmt: skip


def _answers(found: Scaling, summary: ScaleSummary) -> Answers:
    """Up to the largest step, in the state that counts."""
    if summary.on_nodes:
        return {}
    cells = [cell for one in summary.queries for cell in one.cells if cell.curve.state == summary.state]
    unsure = not cells or found.asked.only or any(cell.unknown for cell in cells)
    return {"scale": judged(no=any(cell.over for cell in cells), unknown=unsure)}


def _kept(found: Scaling, folder: Path) -> tuple[str, ...]:
    if found.asked.nodes:
        return (f"what was measured is kept: {folder}",)
    return (
        f"{len(found.steps)} of {len(found.asked.scales)} steps are kept: {folder}",
        f"to go on: pgproof scale --resume {folder}",
    )


EXPERIMENT = Experiment(
    name="scale",
    kind=SCALE,
    summarize=summarize,
    document=document,
    page="scale.html",
    page_is="report",
    findings=findings,
    kept=_kept,
    worth_reporting=lambda found: bool(found.steps or found.more_nodes),
    smallest=("--from", "1k", "--to", "2k", "--steps", "2", "--rounds", "1", "--budget", "0"),
    answers=_answers,
)

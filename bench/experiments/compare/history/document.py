"""A history as a document: the runs in their groups, and a chart for each query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from bench import __version__
from bench.experiments import about
from bench.experiments.compare.document import footer
from bench.experiments.compare.history import figure
from bench.experiments.compare.history.record import History, Measurement
from bench.experiments.compare.history.sparkline import sparkline
from bench.experiments.compare.history.summary import (
    GroupSummary,
    HistorySummary,
    LatestTrend,
    NumberedRun,
    TrendSummary,
)
from bench.experiments.compare.sentences import DRIFTS
from bench.report import numbers
from bench.report.document import (
    GAP,
    PAGE,
    TERMINAL,
    Beside,
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Fold,
    Group,
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

DAY = 10
"""Characters of a moment that say the day."""
SPARK_MOST = 24
"""Runs in a sparkline: the latest."""
ONE_LINE = (
    "Work (buffers) is drawn as one line where rows, major version of the server, and settings that shape plans are "
    "the same; times where the machine, the server and all settings are as well. Elsewhere the line is broken."
)
LEGEND = (
    "Full marks: the hot class; rings: the slowest one; the thin line is the median of the hot class. A triangle is a "
    "timeout: the true time lies higher. Both axes are logarithmic."
)
NO_SENTENCE = "The plans differ in what no sentence says: keys, or the order of conditions."


def document(found: History, summary: HistorySummary) -> Document:
    """Place what a history says."""
    skipped = tuple(Span(f"{one.file} was left out: {one.reason}", "over") for one in found.skipped)
    left_out = tuple(Span(f"left out: {one.file}: {one.reason}", "open") for one in found.skipped)
    groups = tuple(line for group in summary.groups for line in _printed_group(group))
    return Document(
        experiment="history",
        file="history",
        title=summary.headline,
        headline=summary.headline,
        facts=("history", summary.begun),
        alarms=(),
        lead=(
            Sentences((ONE_LINE, DRIFTS, *skipped), formats=PAGE),
            Sentences((*groups, *left_out), gap=True, formats=TERMINAL),
        ),
        sections=(
            Section("runs", "Runs", (_runs(summary.groups),), formats=PAGE),
            Section("trends", "Queries", tuple(_trends(found, summary)), formats=PAGE),
            Section("latest", "", tuple(_latest(summary)), headed=frozenset(), formats=TERMINAL),
        ),
        pgproof=__version__,
        footer=footer(len(found.runs)),
        styles=("query.css", "compare.css", "history.css"),
    )


# ------------------------------------------------------------------------------------------------------------ runs
def _runs(groups: Sequence[GroupSummary]) -> Table:
    heads = (
        Column("No.", number=True),
        *columns("Begun", "Says", "Status", "Workload files", "Server", "Machine", "File"),
    )
    found = tuple(Group(tuple(_run(run) for run in group.runs), _group_title(group)) for group in groups)
    caption = "Oldest first, in groups of which the work compares."
    return Table("Runs, oldest first", heads, (), caption, kind="run-facts", groups=found)


def _group_title(group: GroupSummary) -> Line:
    return (group.name, *(part for why in group.why for part in (" ", Span(why, small=True))))


def _run(one: NumberedRun) -> Row:
    facts = one.run.facts
    breaks = (Span(f"Times do not follow the run above. {sentence}", small=True) for sentence in one.breaks)
    machine = f"{facts.machine.cpu}, {numbers.plural(facts.machine.cores, 'core')}"
    return (
        Cell(str(one.number)), Cell(when(facts.started_at)), Cell((one.run.sentence, *breaks)),
        Cell(facts.status),
        Cell(Span(facts.workload_hash[:12], code=True)), Cell(about.server(facts.server)[1]), Cell(machine),
        Cell(Span(one.run.file, code=True)),
    )  # fmt: skip


def _printed_group(group: GroupSummary) -> Iterator[Line]:
    why = f": {group.why_short}" if group.why_short else ""
    here = "  (shown below)" if group.latest else ""
    yield f"{numbers.plural(len(group.runs), 'run')} with {group.size}, {group.span}{why}{here}"
    for one in group.runs:
        if one.breaks:
            yield Span(f"┊ {when(one.run.facts.started_at)}: times start anew ({one.breaks_short})", "quiet")


# ---------------------------------------------------------------------------------------------------------- trends
def _trends(found: History, summary: HistorySummary) -> Iterator[Block]:
    if not summary.trends:
        yield Sentences(("No run has a query.",), style="none")
        return
    yield Sentences((LEGEND,), style="paragraph", tone="quiet")
    yield Sentences(tuple(_broken(summary.groups)), style="prose")
    yield Beside(tuple(_trend(found, one) for one in summary.trends), kind="trends")


def _broken(groups: Sequence[GroupSummary]) -> Iterator[str]:
    """Where the lines of all queries are broken, and why."""
    for number, group in enumerate(groups):
        if number:
            yield f"From run {group.runs[0].number} on everything starts anew: {' '.join(group.why)}"
        for run in group.runs:
            if run.breaks:
                yield f"At run {run.number} times start anew: {' '.join(run.breaks)}"


def _trend(history: History, one: TrendSummary) -> Part:
    blocks: list[Block] = []
    if one.measured:
        draw = partial(figure.trend, one.trend, history, one.ident.replace("query", "trend"))
        blocks.append(Figure(draw, figure.describe(one.trend)))
    else:
        blocks.append(Sentences(("No run measured it.",), style="none"))
    for number in one.asked_anew:
        anew = f"From run {number} on its statement or its parameters are others: the lines are broken."
        blocks.append(Sentences((anew,), style="reason"))
    for number, change in one.changes:
        where = f"run {number}, {when(change.started_at)}, {change.state}: {numbers.listed(change.classes)}"
        sentences = Sentences(change.sentences or (NO_SENTENCE,), style="list", kind="planned")
        blocks.append(Fold(("Plan changed ", Span(where, small=True)), (sentences,)))
    blocks.append(Fold("Figures", (_figures(one),)))
    return Part(one.trend.title, tuple(blocks), one.ident)


def _figures(one: TrendSummary) -> Table:
    number = partial(columns, number=True)
    heads = (*number("Run"), *columns("Class", "State"), *number("p50", "p95", "Buffers"))
    rows = tuple(
        (
            Cell(str(row.run)), Cell(row.parameter_class), Cell(row.state, row.state), Cell(_p50(row.measurement)),
            Cell(_p95(row.measurement)), Cell(_buffers(row.measurement)),
        )
        for row in one.rows
    )  # fmt: skip
    return Table(f"Figures of {one.trend.title}", heads, rows, sortable=True)


# ---------------------------------------------------------------------------------------------------- on a terminal
def _latest(summary: HistorySummary) -> Iterator[Block]:
    heads = (
        Column("query"), Column("class", rank=3), Column("p95, first → last", number=True, rank=1),
        Column("its trend"), Column("buffers, first → last", number=True, rank=2), Column("trend of buffers", rank=4),
        Column("plan changes", number=True),
    )  # fmt: skip
    rows = tuple(_last(one.trend.title, one.latest) for one in summary.trends if one.latest)
    if rows:
        yield GAP
    yield Table("Queries", heads, rows)
    yield Sentences((DRIFTS,), tone="quiet", gap=True)


def _last(title: str, one: LatestTrend) -> Row:
    changes = f"{one.plan_changes}, last {when(one.last_change)[:DAY]}" if one.plan_changes else numbers.NOTHING
    return (
        Cell(title), Cell(f"{one.parameter_class}, {one.state}", "quiet"),
        Cell(_ends([_p95(found) for found in one.measurements])), Cell(sparkline(one.times[-SPARK_MOST:])),
        Cell(_ends([_buffers(found) for found in one.measurements])), Cell(sparkline(one.work[-SPARK_MOST:])),
        Cell(changes, "differs" if one.plan_changes else "quiet"),
    )  # fmt: skip


def _ends(texts: Sequence[str]) -> str:
    if not texts:
        return numbers.NOTHING
    return texts[0] if len(texts) == 1 else f"{texts[0]} → {texts[-1]}"


def _p50(found: Measurement | None) -> str:
    return numbers.figure(found.p50 if found else None)


def _p95(found: Measurement | None) -> str:
    return numbers.figure(found.p95 if found else None)


def _buffers(found: Measurement | None) -> str:
    return numbers.count(found.buffers if found else None)

"""What a history says: how many runs compare, what became of each query, and where a line is broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.experiments.compare.history.record import (
    CellSeries,
    Group,
    GroupTrend,
    History,
    Measurement,
    PlanChange,
    QueryTrend,
    RunDigest,
)
from bench.model import STATES, State
from bench.report.numbers import listed, plural
from bench.timestamps import when

Series = tuple[tuple[float, bool] | None, ...]
"""Values, each with whether it follows the one before; None where nothing was measured."""


@dataclass(frozen=True, slots=True)
class NumberedRun:
    """A run with its number in the history, and why its times do not follow those of the run before."""

    number: int
    run: RunDigest
    breaks: tuple[str, ...]
    """In sentences; empty where they do follow."""
    breaks_short: str


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """A group with its runs, the oldest first."""

    name: str
    size: str
    span: str
    """From when to when."""
    why: tuple[str, ...]
    """Why it does not compare with the group before it, in sentences; empty for the first."""
    why_short: str
    runs: tuple[NumberedRun, ...]
    latest: bool
    """It is one of several, and the latest run is in it."""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A class of a query in one run and state."""

    run: int
    parameter_class: str
    state: State
    measurement: Measurement | None


@dataclass(frozen=True, slots=True)
class LatestTrend:
    """The hot class of a query in the group of the latest run, in the state that the latest of its runs has."""

    parameter_class: str
    state: State
    measurements: tuple[Measurement, ...]
    times: Series
    work: Series
    plan_changes: int
    last_change: str
    """When the run of the last one began; empty without one."""


@dataclass(frozen=True, slots=True)
class TrendSummary:
    """A query through the history; ``ident`` is its place in a page. Runs go by their number in the history."""

    trend: QueryTrend
    ident: str
    rows: tuple[ResultRow, ...]
    changes: tuple[tuple[int, PlanChange], ...]
    asked_anew: tuple[int, ...]
    latest: LatestTrend | None
    """None where no run of that group measured it."""

    @property
    def measured(self) -> bool:
        """Whether any run did."""
        return any(group.measured for group in self.trend.groups)


@dataclass(frozen=True, slots=True)
class HistorySummary:
    """A history, decided."""

    headline: str
    begun: str
    """When the latest run began."""
    groups: tuple[GroupSummary, ...]
    trends: tuple[TrendSummary, ...]


def summarize(found: History) -> HistorySummary:
    """Decide what ``found`` says."""
    firsts = [1 + sum(len(group.runs) for group in found.groups[:number]) for number in range(len(found.groups))]
    several = len(found.groups) > 1
    return HistorySummary(
        headline=_headline(found),
        begun=when(found.groups[found.latest].runs[-1].facts.started_at),
        groups=tuple(
            _group(group, first, latest=several and number == found.latest)
            for number, (group, first) in enumerate(zip(found.groups, firsts, strict=True))
        ),
        trends=tuple(_trend(one, number, firsts, found.latest) for number, one in enumerate(found.trends, start=1)),
    )


def _headline(found: History) -> str:
    """How many runs there are, and how many queries are not planned as they once were."""
    number = len(found.runs)
    if number == 1:
        return "One run: there is nothing to compare it with yet"
    parts = len(found.groups)
    apart = "" if parts == 1 else f", in {parts} groups that do not compare with each other"
    if parts == number:
        return f"{number} runs, and none compares with another"
    changed = sum(bool(trend.plan_changes) for trend in found.trends)
    queries = plural(changed, "query", "queries")
    said = "no plan changed" if not changed else f"{queries} changed plan"
    return f"{number} runs{apart}: {said}"


def _group(group: Group, first: int, *, latest: bool) -> GroupSummary:
    facts = group.runs[-1].facts
    ends = [when(run.facts.started_at) for run in (group.runs[0], group.runs[-1])]
    size = f"{facts.scale:,} {facts.unit}"
    return GroupSummary(
        name=f"{facts.workload}, {size}",
        size=size,
        span=ends[0] if len(group.runs) == 1 else f"{ends[0]} to {ends[1]}",
        why=tuple(reason.sentence for reason in group.why),
        why_short=listed([reason.short for reason in group.why]),
        runs=tuple(
            NumberedRun(
                number=number,
                run=run,
                breaks=tuple(reason.sentence for reason in reasons),
                breaks_short=listed([reason.short for reason in reasons]),
            )
            for number, (run, reasons) in enumerate(zip(group.runs, group.breaks, strict=True), start=first)
        ),
        latest=latest,
    )


def _trend(found: QueryTrend, number: int, firsts: Sequence[int], latest: int) -> TrendSummary:
    groups = list(zip(found.groups, firsts, strict=True))
    return TrendSummary(
        trend=found,
        ident=f"query-{number}",
        rows=tuple(row for group, first in groups for one in (group.hot, group.worst) for row in _rows(one, first)),
        changes=tuple((first + change.run, change) for group, first in groups for change in group.changes),
        asked_anew=tuple(first + run for group, first in groups for run in group.asked_anew),
        latest=_latest(found.groups[latest]),
    )


def _rows(series: CellSeries | None, first: int) -> Iterator[ResultRow]:
    for number, point in enumerate(series.points if series else (), start=first):
        if series and point:
            yield from (ResultRow(number, series.parameter_class, state, point.of(state)) for state in STATES)


def _latest(group: GroupTrend) -> LatestTrend | None:
    if group.hot is None:
        return None
    points = [point for point in group.hot.points if point]
    state: State = "after" if points[-1].after else "before"
    found = [(point, point.of(state)) for point in points]
    return LatestTrend(
        parameter_class=group.hot.parameter_class,
        state=state,
        measurements=tuple(one for _, one in found if one),
        times=tuple((one.p95.ms, point.joins_times) if one and one.p95 else None for point, one in found),
        work=tuple(
            (float(one.buffers), point.joins_work) if one and one.buffers is not None else None for point, one in found
        ),
        plan_changes=len(group.changes),
        last_change=group.changes[-1].started_at if group.changes else "",
    )

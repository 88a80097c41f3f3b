"""Many runs in the order of time on a terminal: a row for each query, with its trend in the group of the latest run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from bench.experiments.compare import sentences as said
from bench.experiments.compare import series
from bench.experiments.compare.comparability import Reason
from bench.experiments.compare.history import History
from bench.experiments.compare.trends import Mark, Point, Stretch, Trend
from bench.model import State
from bench.report import numbers
from bench.report.fitting import Column, Fitting
from bench.report.text import one_line

TITLE_MOST, LINE_MOST = 32, 400
DAY = 10
"""Characters of a moment that say the day."""
SPARK_MOST = 24
"""Runs in a sparkline: the latest."""
COLUMNS = {
    "query": Column("left", 0),
    "class": Column("left", 3),
    "p95, first → last": Column("right", 1),
    "its trend": Column("left", 0),
    "buffers, first → last": Column("right", 2),
    "trend of buffers": Column("left", 4),
    "plan changes": Column("right", 0),
}


def show(found: History, headline: str) -> RenderableType:
    """Give the headline, the groups, and a row for each query."""
    parts: list[RenderableType] = [_line(headline, style="bold"), Text("")]
    for number, group in enumerate(found.groups):
        first, last = group.runs[0].facts, group.runs[-1].facts
        ends = said.when(first.started_at), said.when(last.started_at)
        span = ends[0] if len(group.runs) == 1 else f"{ends[0]} to {ends[1]}"
        here = "  (shown below)" if number == found.latest and len(found.groups) > 1 else ""
        why = f": {_short(group.why)}" if group.why else ""
        runs = numbers.plural(len(group.runs), "run")
        parts.append(_line(f"{runs} with {last.scale:,} {last.unit}, {span}{why}{here}"))
        parts += [
            _line(f"  ┊ {said.when(kept.facts.started_at)}: times start anew ({_short(reasons)})", style="dim")
            for kept, reasons in zip(group.runs, group.breaks, strict=True)
            if reasons
        ]
    parts += [_line(f"left out: {one.file}: {one.reason}", style="yellow") for one in found.skipped]
    if rows := [row for one in found.trends if (row := _row(one, found))]:
        parts += [Text(""), Fitting(COLUMNS, rows)]
    parts += [Text(""), _line(said.DRIFTS, style="dim")]
    return Group(*parts)


def _row(found: Trend, history: History) -> dict[str, Text] | None:
    stretch = found.stretches[history.latest]
    if stretch.hot is None:
        return None
    points = [point for point in stretch.hot.points if point]
    state: State = "after" if points[-1].after else "before"
    marks = [mark for point in points if (mark := _mark(point, state))]
    times, work = _series(points, state)
    return {
        "query": Text(one_line(found.title, TITLE_MOST)),
        "class": Text(one_line(f"{stretch.hot.parameter_class}, {state}", TITLE_MOST), style="dim"),
        "p95, first → last": Text(_ends([series.p95(mark) for mark in marks])),
        "its trend": Text(series.sparkline(times[-SPARK_MOST:])),
        "buffers, first → last": Text(_ends([numbers.count(mark.buffers) for mark in marks])),
        "trend of buffers": Text(series.sparkline(work[-SPARK_MOST:])),
        "plan changes": _changes(stretch),
    }


def _series(
    points: Sequence[Point], state: State
) -> tuple[list[tuple[float, bool] | None], list[tuple[float, bool] | None]]:
    times: list[tuple[float, bool] | None] = []
    work: list[tuple[float, bool] | None] = []
    for point in points:
        mark = _mark(point, state)
        times.append((mark.p95.ms, point.joins_times) if mark and mark.p95 else None)
        work.append((float(mark.buffers), point.joins_work) if mark and mark.buffers is not None else None)
    return times, work


def _changes(stretch: Stretch) -> Text:
    number = len(stretch.changes)
    if not number:
        return Text("–", style="dim")
    return Text(f"{number}, last {said.when(stretch.changes[-1].started_at)[:DAY]}", style="yellow")


def _mark(point: Point, state: State) -> Mark | None:
    return point.after if state == "after" else point.before


def _short(reasons: Sequence[Reason]) -> str:
    return numbers.listed([reason.short for reason in reasons])


def _ends(texts: Sequence[str]) -> str:
    if not texts:
        return numbers.NOTHING
    return texts[0] if len(texts) == 1 else f"{texts[0]} → {texts[-1]}"


def _line(text: str, *, style: str = "") -> Text:
    return Text(one_line(text, LINE_MOST), style=style)

"""Many runs in the order of time as one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from bench.experiments.compare import sentences as said
from bench.experiments.compare import series
from bench.experiments.compare import trend_figure as chart
from bench.experiments.compare.history import Group, History, Kept
from bench.experiments.compare.trends import PlanChange, Track, Trend
from bench.report import numbers as words
from bench.report.html.environment import fill
from bench.report.text import clean


@dataclass(frozen=True, slots=True)
class RunView:
    """A run of a history: its number in the page, and why its times do not follow those of the run above."""

    number: int
    kept: Kept
    breaks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group of a history with its runs, the oldest first."""

    group: Group
    name: str
    why: tuple[str, ...]
    runs: tuple[RunView, ...]


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One run of a query: what the chart draws of it, as text."""

    run: int
    parameter_class: str
    before: tuple[str, str, str]
    after: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class TrendView:
    """A query of a history: its chart, the figures of the chart, and what happened to it."""

    trend: Trend
    anchor: str
    drawing: str
    alternative: str
    rows: tuple[TrendRow, ...]
    changes: tuple[tuple[int, PlanChange], ...]
    """With the number of the run in the page."""
    asked_anew: tuple[int, ...]


def render(found: History, headline: str, pgproof: str) -> str:
    """Write the page of a history. The same runs give the same bytes."""
    numbers, first = [], 1
    for group in found.groups:
        numbers.append(first)
        first += len(group.runs)
    return fill(
        "history.html",
        pgproof=pgproof,
        found=found,
        headline=headline,
        groups=[_group(group, number) for group, number in zip(found.groups, numbers, strict=True)],
        trends=[_trend(one, position, found, numbers) for position, one in enumerate(found.trends, start=1)],
        said=said,
        words=words,
    )


def _group(group: Group, first: int) -> GroupView:
    runs = [
        RunView(first + number, kept, tuple(reason.sentence for reason in why))
        for number, (kept, why) in enumerate(zip(group.runs, group.breaks, strict=True))
    ]
    facts = group.runs[-1].facts
    name = f"{facts.workload}, {facts.scale:,} {facts.unit}"
    return GroupView(group, name, tuple(reason.sentence for reason in group.why), tuple(runs))


def _trend(found: Trend, position: int, history: History, numbers: list[int]) -> TrendView:
    stretches = list(zip(found.stretches, numbers, strict=True))
    drawing = chart.trend(found, history, f"trend-{position}")
    return TrendView(
        trend=found,
        anchor=f"query-{position}",
        # Drawn by us, its texts escaped by matplotlib.
        drawing=Markup(clean(drawing)),  # noqa: S704
        alternative=chart.describe(found),
        rows=tuple(
            row for stretch, first in stretches for track in (stretch.hot, stretch.worst) for row in _rows(track, first)
        ),
        changes=tuple((first + change.run, change) for stretch, first in stretches for change in stretch.changes),
        asked_anew=tuple(first + run for stretch, first in stretches for run in stretch.asked_anew),
    )


def _rows(track: Track | None, first: int) -> Iterator[TrendRow]:
    for number, point in enumerate(track.points if track else ()):
        if track and point:
            texts = [
                (series.p50(mark), series.p95(mark), words.count(mark.buffers if mark else None))
                for mark in (point.before, point.after)
            ]
            yield TrendRow(first + number, track.parameter_class, texts[0], texts[1])

"""How each query went through the runs of a group: times, work, and where its plan changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.cells.cell import rank
from bench.cells.query import HOT
from bench.experiments.compare.comparability import Facts, comparable
from bench.model import STATES, Json, Pair, State
from bench.plans import describe_change
from bench.statistics.quantiles import Figure, percentile

Key = tuple[str, ...]
Cell = tuple[str, str]
"""Query and parameter class."""
Plans = Json
Read = Callable[[Key], Plans]


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell of one run: milliseconds, and buffers in blocks of 8 kB (None without a plan)."""

    p50: Figure | None
    p95: Figure | None
    n: int
    buffers: int | None
    plan: str
    """Fingerprint; empty without a plan."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A cell of one run in both states; ``question`` is the same for the same statement and parameters."""

    question: str
    before: Mark | None
    after: Mark | None

    def of(self, state: State) -> Mark | None:
        """The cell in ``state``."""
        return self.before if state == "before" else self.after


@dataclass(frozen=True, slots=True)
class Kept:
    """What a trend needs of a run."""

    file: str
    facts: Facts
    sentence: str
    titles: Mapping[str, str]
    dots: Mapping[Cell, Dot]


@dataclass(frozen=True, slots=True)
class Point:
    """One run on a track."""

    before: Mark | None
    after: Mark | None
    joins_times: bool
    """The line of times goes on from the point before: same question, machine and server."""
    joins_work: bool
    """The line of buffers goes on: same question."""


@dataclass(frozen=True, slots=True)
class Track:
    """A class of a query through the runs of a group; ``points`` is parallel to them, None where not measured."""

    parameter_class: str
    points: tuple[Point | None, ...]


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A run in which plans of a query are not what they were when the same question was last asked."""

    run: int
    """Number in the group."""
    started_at: str
    since: str
    """When the run began that it is held against."""
    state: State
    classes: tuple[str, ...]
    sentences: tuple[str, ...]
    """Of the first of the classes."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A query through one group: the hot class, and the one that was slowest in the group's latest run with it."""

    hot: Track | None
    worst: Track | None
    changes: tuple[PlanChange, ...]
    asked_anew: tuple[int, ...]
    """Runs of the group in which the statement or the parameters are others than before."""

    @property
    def measured(self) -> bool:
        """Whether any run of the group has it."""
        return self.hot is not None


@dataclass(frozen=True, slots=True)
class Trend:
    """A query through all groups; ``stretches`` is parallel to them."""

    query: str
    title: str
    stretches: tuple[Stretch, ...]

    @property
    def plan_changes(self) -> int:
        """Number of changes in all groups."""
        return sum(len(stretch.changes) for stretch in self.stretches)


def mark(pair: Pair, state: State) -> Mark | None:
    """Sum up one cell; None where nothing of it was measured."""
    side = pair.side(state)
    if not (side.samples or side.plan):
        return None
    return Mark(
        p50=percentile(side.samples, 0.5),
        p95=percentile(side.samples, 0.95),
        n=len(side.samples),
        buffers=side.plan.counters.buffers if side.plan else None,
        plan=side.plan.fingerprint if side.plan else "",
    )


def plan_key(pair: Pair, state: State) -> Key:
    """Name a plan so that those that read alike have the same name."""
    plan = pair.side(state).plan
    assert plan
    return pair.query, pair.parameter_class, state, plan.fingerprint, str(plan.counters.buffers)


def trends(groups: Sequence[Sequence[Kept]], read: Read) -> tuple[Trend, ...]:
    """Follow every query through ``groups``, in the order in which they first came; ``read`` gives plans by key."""
    titles: dict[str, str] = {}
    for runs in groups:
        for run in runs:
            titles.update(run.titles)
    return tuple(
        Trend(name, title, tuple(_stretch(name, runs, read) for runs in groups)) for name, title in titles.items()
    )


def _stretch(name: str, runs: Sequence[Kept], read: Read) -> Stretch:
    classes = dict.fromkeys(cell[1] for run in runs for cell in run.dots if cell[0] == name)
    tracks = {one: _track((name, one), runs) for one in classes}
    tracks = {one: track for one, track in tracks.items() if any(track.points)}
    hot = HOT if HOT in tracks else next(iter(tracks), None)
    worst = max(tracks, key=lambda one: _latest(tracks[one]), default=None)
    anew = {number for one in tracks for number in _asked_anew((name, one), runs)}
    return Stretch(
        hot=tracks[hot] if hot else None,
        worst=tracks[worst] if worst and worst != hot else None,
        changes=tuple(_changes(name, tuple(tracks), runs, read)),
        asked_anew=tuple(sorted(anew)),
    )


def _latest(track: Track) -> tuple[int, tuple[bool, float]]:
    """Order classes: those that the latest run has, by their p95 in it."""
    number = max(number for number, point in enumerate(track.points) if point)
    point = track.points[number]
    assert point
    shown = point.after or point.before
    return number, rank(shown.p95 if shown else None)


def _track(cell: Cell, runs: Sequence[Kept]) -> Track:
    points: list[Point | None] = []
    former: tuple[Facts, str] | None = None
    for run in runs:
        dot = run.dots.get(cell)
        if dot is None or not (dot.before or dot.after):
            points.append(None)
            continue
        same = former is not None and former[1] == dot.question
        times = same and former is not None and not comparable(former[0], run.facts).times
        points.append(Point(dot.before, dot.after, joins_times=times, joins_work=same))
        former = run.facts, dot.question
    return Track(cell[1], tuple(points))


def _asked_anew(cell: Cell, runs: Sequence[Kept]) -> Iterator[int]:
    former = ""
    for number, run in enumerate(runs):
        if dot := run.dots.get(cell):
            if former and dot.question != former:
                yield number
            former = dot.question


def _changes(name: str, classes: Sequence[str], runs: Sequence[Kept], read: Read) -> Iterator[PlanChange]:
    """Find where plans changed from one run with the cell to the next, if both ask the same."""
    for number in range(1, len(runs)):
        for state in STATES:
            found: list[tuple[str, int]] = []
            for one in classes:
                former = _former((name, one), runs[:number], state)
                if former is not None and _changed(runs[former], runs[number], (name, one), state):
                    found.append((one, former))
            if found:
                one, former = found[0]
                keys = [_key(runs[at], (name, one), state) for at in (former, number)]
                plans = [read(key) for key in keys]
                yield PlanChange(
                    run=number,
                    started_at=runs[number].facts.started_at,
                    since=runs[former].facts.started_at,
                    state=state,
                    classes=tuple(one for one, _ in found),
                    sentences=describe_change(plans[0], plans[1]) if all(plans) else (),
                )


def _former(cell: Cell, runs: Sequence[Kept], state: State) -> int | None:
    """The latest of ``runs`` that has a plan of the cell."""
    for number in range(len(runs) - 1, -1, -1):
        dot = runs[number].dots.get(cell)
        if dot and (found := dot.of(state)) and found.plan:
            return number
    return None


def _changed(one: Kept, other: Kept, cell: Cell, state: State) -> bool:
    dots = one.dots[cell], other.dots.get(cell)
    if dots[1] is None or dots[0].question != dots[1].question:
        return False
    marks = [dot.of(state) for dot in dots if dot]
    plans = [found.plan if found else "" for found in marks]
    return all(plans) and plans[0] != plans[1]


def _key(run: Kept, cell: Cell, state: State) -> Key:
    found = run.dots[cell].of(state)
    assert found
    return (*cell, state, found.plan, str(found.buffers))

"""How each query went through the runs of a group: times, work, and where its plan changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bench.cells.cell import rank
from bench.cells.query import HOT
from bench.experiments.compare.comparability import RunFacts, comparable
from bench.experiments.compare.history.record import (
    Cell,
    CellSeries,
    GroupTrend,
    Measurement,
    PlanChange,
    Point,
    QueryTrend,
    RunDigest,
)
from bench.model import STATES, Json, Pair, State
from bench.plans import describe_change
from bench.statistics.quantiles import percentile

Key = tuple[str, ...]
Read = Callable[[Key], Json]


def measured(pair: Pair, state: State) -> Measurement | None:
    """Sum up one cell; None where nothing of it was measured."""
    side = pair.side(state)
    if not (side.samples or side.plan):
        return None
    return Measurement(
        p50=percentile(side.samples, 0.5),
        p95=percentile(side.samples, 0.95),
        buffers=side.plan.counters.buffers if side.plan else None,
        plan=side.plan.fingerprint if side.plan else "",
    )


def plan_key(pair: Pair, state: State) -> Key:
    """Name a plan so that those that read alike have the same name."""
    plan = pair.side(state).plan
    assert plan
    return pair.query, pair.parameter_class, state, plan.fingerprint, str(plan.counters.buffers)


def trends(groups: Sequence[Sequence[RunDigest]], read: Read) -> tuple[QueryTrend, ...]:
    """Follow every query through ``groups``, in the order in which they first came; ``read`` gives plans by key."""
    titles: dict[str, str] = {}
    for runs in groups:
        for run in runs:
            titles.update(run.titles)
    return tuple(
        QueryTrend(name, title, tuple(_group_trend(name, runs, read) for runs in groups))
        for name, title in titles.items()
    )


def _group_trend(name: str, runs: Sequence[RunDigest], read: Read) -> GroupTrend:
    classes = dict.fromkeys(cell[1] for run in runs for cell in run.results if cell[0] == name)
    every = {one: _series((name, one), runs) for one in classes}
    series = {one: found for one, found in every.items() if any(found.points)}
    hot = HOT if HOT in series else next(iter(series), None)
    worst = max(series, key=lambda one: _latest(series[one]), default=None)
    anew = {number for one in series for number in _asked_anew((name, one), runs)}
    return GroupTrend(
        hot=series[hot] if hot else None,
        worst=series[worst] if worst and worst != hot else None,
        changes=tuple(_changes(name, tuple(series), runs, read)),
        asked_anew=tuple(sorted(anew)),
    )


def _latest(series: CellSeries) -> tuple[int, tuple[bool, float]]:
    """Order classes: those that the latest run has, by their p95 in it."""
    number = max(number for number, point in enumerate(series.points) if point)
    point = series.points[number]
    assert point
    shown = point.after or point.before
    return number, rank(shown.p95 if shown else None)


def _series(cell: Cell, runs: Sequence[RunDigest]) -> CellSeries:
    points: list[Point | None] = []
    former: tuple[RunFacts, str] | None = None
    for run in runs:
        result = run.results.get(cell)
        if result is None or not (result.before or result.after):
            points.append(None)
            continue
        same = former is not None and former[1] == result.question
        times = same and former is not None and not comparable(former[0], run.facts).times
        points.append(Point(result.before, result.after, joins_times=times, joins_work=same))
        former = run.facts, result.question
    return CellSeries(cell[1], tuple(points))


def _asked_anew(cell: Cell, runs: Sequence[RunDigest]) -> Iterator[int]:
    former = ""
    for number, run in enumerate(runs):
        if result := run.results.get(cell):
            if former and result.question != former:
                yield number
            former = result.question


def _changes(name: str, classes: Sequence[str], runs: Sequence[RunDigest], read: Read) -> Iterator[PlanChange]:
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


def _former(cell: Cell, runs: Sequence[RunDigest], state: State) -> int | None:
    """The latest of ``runs`` that has a plan of the cell."""
    for number in range(len(runs) - 1, -1, -1):
        result = runs[number].results.get(cell)
        if result and (found := result.of(state)) and found.plan:
            return number
    return None


def _changed(one: RunDigest, other: RunDigest, cell: Cell, state: State) -> bool:
    results = one.results[cell], other.results.get(cell)
    if results[1] is None or results[0].question != results[1].question:
        return False
    measurements = [result.of(state) for result in results if result]
    plans = [found.plan if found else "" for found in measurements]
    return all(plans) and plans[0] != plans[1]


def _key(run: RunDigest, cell: Cell, state: State) -> Key:
    found = run.results[cell].of(state)
    assert found
    return (*cell, state, found.plan, str(found.buffers))

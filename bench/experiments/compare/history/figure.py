"""One query through many runs: times above, buffers below, groups of comparable runs side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.experiments.compare.history.record import CellSeries, History, Measurement, Point, QueryTrend
from bench.model import STATES, State
from bench.report.figures import keys
from bench.report.figures.drawing import GLYPH, Drawing, Shape, Sheet, inline, plain
from bench.report.figures.keys import Key
from bench.report.figures.panel import Panel, frame, panel
from bench.report.numbers import count, longest
from bench.statistics.quantiles import CLOCK_MS

# Shown from 300 to 480 px wide: the font is 11 px at 330 and 16 px at 480. One drawing serves every screen.
WIDTH, LEFT, RIGHT, FONT, SMALL = 360.0, 48.0, 350.0, 12.0, 10.5
TIMES_TALL, WORK_TALL = 104.0, 62.0
"""Units that the panels of times and of buffers are tall."""
BETWEEN = 1.6
"""Room between two groups, in steps from run to run."""
GROUP_CHARACTERS = 22
DAY = 10
"""Characters of a moment that say the day."""

Value = Callable[[Measurement], tuple[float, bool] | None]
"""What is drawn of a cell, and whether the true value lies above it."""


@dataclass(frozen=True, slots=True)
class _Series:
    """One class and state of the query, and how it is drawn."""

    cell: Callable[[int], CellSeries | None]
    state: State
    p50: bool
    filled: bool


def trend(found: QueryTrend, history: History, ident: str) -> str:
    """Draw ``found``, a query of ``history``, as SVG for a page; empty when no run measured it.

    ``ident`` makes its ids unique in the page. Legible from 300 px on.
    """
    drawing = layout(found, history)
    return inline(drawing, ident) if drawing else ""


def layout(found: QueryTrend, history: History) -> Drawing | None:
    """Lay ``found`` out; None when no run measured it."""
    measured = [number for number, group in enumerate(found.groups) if group.measured]
    if not measured:
        return None
    xs = _places([(number, len(history.groups[number].runs)) for number in measured])
    legend = list(_keys(found, measured))
    top = 2 * FONT + 10
    shown = [*_values(found, measured, _times), *_values(found, measured, _median)]
    times = panel(shown, top, TIMES_TALL, least=CLOCK_MS)
    work = panel(_values(found, measured, _work), times.bottom + FONT + 14, WORK_TALL, least=1.0)
    below = work.bottom + FONT + 4
    height = below + 8 + keys.height(legend, WIDTH - 12, FONT)

    def paint(sheet: Sheet) -> None:
        frame(sheet, times, "ms", LEFT, RIGHT, SMALL)
        frame(sheet, work, "buffers", LEFT, RIGHT, SMALL)
        _groups(sheet, history, measured, xs, top, below)
        _plan_changes(sheet, found, measured, xs, (top, work.bottom))
        for series in _series(found):
            for number in measured:
                cell = series.cell(number)
                if cell:
                    _draw(sheet, cell, series, xs[number], times, work)
        keys.draw(sheet, legend, (6, below + 6), WIDTH - 12, FONT)

    return Drawing(WIDTH, height, paint)


def _places(groups: Sequence[tuple[int, int]]) -> dict[int, list[float]]:
    """Where each run of each group lies: evenly, with more room between groups."""
    steps = sum(number for _, number in groups) - 1 + (BETWEEN - 1) * (len(groups) - 1)
    step = (RIGHT - LEFT - 24) / steps if steps > 0 else 0.0
    at = LEFT + 12 if steps > 0 else (LEFT + RIGHT) / 2
    places: dict[int, list[float]] = {}
    for group, number in groups:
        places[group] = [at + step * position for position in range(number)]
        at = places[group][-1] + step * BETWEEN
    return places


def _series(found: QueryTrend) -> Iterator[_Series]:
    """From the back to the front."""
    for state in STATES:
        yield _Series(lambda number: found.groups[number].worst, state, p50=False, filled=False)
        yield _Series(lambda number: found.groups[number].hot, state, p50=state == "after", filled=True)


def _times(mark: Measurement) -> tuple[float, bool] | None:
    return (mark.p95.ms, mark.p95.censored) if mark.p95 else None


def _median(mark: Measurement) -> tuple[float, bool] | None:
    return (mark.p50.ms, mark.p50.censored) if mark.p50 else None


def _work(mark: Measurement) -> tuple[float, bool] | None:
    return (float(mark.buffers), False) if mark.buffers is not None else None


def _values(found: QueryTrend, measured: Iterable[int], value: Value) -> list[float]:
    """Everything of ``value`` that may be drawn: its axis has to hold it."""
    return [
        shown[0]
        for number in measured
        for cell in (found.groups[number].hot, found.groups[number].worst)
        for point in (cell.points if cell else ())
        for mark in ((point.before, point.after) if point else ())
        if mark and (shown := value(mark))
    ]


def _groups(
    sheet: Sheet, history: History, measured: Sequence[int], xs: dict[int, list[float]], top: float, below: float
) -> None:
    """Name each group above, give the days of its first and last run below, and part it from its neighbour."""
    names, days = [], []
    for position, number in enumerate(measured):
        group, places = history.groups[number], xs[number]
        facts = group.runs[-1].facts
        names.append((places[0] - 6, plain(f"{facts.scale:,} {facts.unit}", GROUP_CHARACTERS)))
        days += [(at, plain(run.facts.started_at[:DAY], DAY)) for at, run in zip(places, group.runs, strict=True)]
        if position:
            at = (xs[measured[position - 1]][-1] + places[0]) / 2
            sheet.lines([((at, top - 4), (at, below - FONT))], colour="muted", width=0.9, dashed=True)
        for run, reasons in enumerate(group.breaks):
            if reasons:
                at = (places[run - 1] + places[run]) / 2
                sheet.lines([((at, top), (at, top + TIMES_TALL))], colour="muted", width=0.6, dashed=True)
    _row(sheet, names, top - 8, "ink")
    half = DAY * GLYPH * SMALL / 2
    ends = [(days[0][0] - half, days[0][1]), (days[-1][0] - half, days[-1][1])]
    _row(sheet, ends if days[0][1] != days[-1][1] else ends[:1], below, "muted")


def _row(sheet: Sheet, texts: Sequence[tuple[float, str]], y: float, colour: str) -> None:
    """Write texts beside each other, from where each wants to begin; what has no room is left out."""
    free = 0.0
    for wanted, words in texts:
        wide = GLYPH * SMALL * len(words)
        left = min(wanted, WIDTH - 2 - wide)
        if left >= free:
            sheet.text((left, y), words, size=SMALL, colour=colour)
            free = left + wide + SMALL


def _plan_changes(
    sheet: Sheet, found: QueryTrend, measured: Sequence[int], xs: dict[int, list[float]], span: tuple[float, float]
) -> None:
    for number in measured:
        for change in found.groups[number].changes:
            at = xs[number][change.run]
            sheet.lines([((at, span[0]), (at, span[1]))], colour=change.state, width=0.9, alpha=0.6)
            sheet.marks([(at, span[0])], "D", size=6, colour=change.state)


def _draw(sheet: Sheet, cell: CellSeries, series: _Series, xs: Sequence[float], times: Panel, work: Panel) -> None:
    size = 5.5 if series.state == "after" else 4.5
    for part, value in ((times, _times), (work, _work)):
        _line(sheet, cell, series, xs, part, value, dashed=not series.filled, width=1.6)
        for above in (False, True):
            points = [(x, part.y(shown[0])) for x, _, shown in _shown(cell, series, xs, value) if shown[1] == above]
            shape: Shape = "^" if above else "o"
            sheet.marks(points, shape, size=size, colour=series.state, filled=series.filled, edge=1.2)
    if series.p50:
        _line(sheet, cell, series, xs, times, _median, dashed=False, width=0.8)


def _shown(
    cell: CellSeries, series: _Series, xs: Sequence[float], value: Value
) -> Iterator[tuple[float, Point, tuple[float, bool]]]:
    for x, point in zip(xs, cell.points, strict=True):
        mark = point.of(series.state) if point else None
        if point and mark and (shown := value(mark)):
            yield x, point, shown


def _line(
    sheet: Sheet, cell: CellSeries, series: _Series, xs: Sequence[float], part: Panel, value: Value, *,
    dashed: bool, width: float,
) -> None:  # fmt: skip
    pairs, former = [], None
    for x, point, shown in _shown(cell, series, xs, value):
        at = (x, part.y(shown[0]))
        joins = point.joins_work if value is _work else point.joins_times
        if former is not None and joins:
            pairs.append((former, at))
        former = at
    sheet.lines(pairs, colour=series.state, width=width, dashed=dashed, alpha=0.75)


def _keys(found: QueryTrend, measured: Iterable[int]) -> Iterator[Key]:
    groups = [found.groups[number] for number in measured]
    states = [state for state in STATES if any(_has(cell, state) for s in groups for cell in (s.hot, s.worst))]
    for state in reversed(states):
        yield keys.mark(f"{state}, hot p95", "o", state, size=5.5)
    if any(group.worst for group in groups):
        yield keys.mark("worst class", "o", states[-1] if states else "after", size=5.5, filled=False)
    if any(group.changes for group in groups):
        yield keys.mark("plan changed", "D", "ink", size=5.5)


def _has(cell: CellSeries | None, state: State) -> bool:
    return cell is not None and any(point and point.of(state) for point in cell.points)


def describe(found: QueryTrend) -> str:
    """Say what the drawing of ``found`` shows, for those who do not see it."""
    parts = []
    for group in found.groups:
        points = [point for point in (group.hot.points if group.hot else ()) if point]
        marks = [mark for point in points if (mark := point.after or point.before)]
        if marks:
            first, last = (_words(mark) for mark in (marks[0], marks[-1]))
            parts.append(f"{len(marks)} runs, from {first} to {last}" if len(marks) > 1 else f"one run, {first}")
    changes = found.plan_changes
    return f"{found.title}, hot class: {'; '.join(parts)}. Plan changes: {changes}."


def _words(mark: Measurement) -> str:
    buffers = f"{count(mark.buffers)} buffers"
    if not mark.p95:
        return f"no time and {buffers}"
    return f"p95 {'more than ' if mark.p95.censored else ''}{mark.p95.ms:,.3g} ms{longest(mark.p95)} and {buffers}"

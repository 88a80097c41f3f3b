"""One query at growing scale: p95 above with the target, buffers below; both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.experiments.scale.crossing import FARTHEST, curve
from bench.experiments.scale.record import CellCurve, Measurement, Scaling
from bench.experiments.scale.sentences import crossing, short
from bench.experiments.scale.summary import QueryGrowth
from bench.model import STATES
from bench.report.figures import keys
from bench.report.figures.drawing import GLYPH, Drawing, Shape, Sheet, inline
from bench.report.figures.keys import Key
from bench.report.figures.panel import Panel, frame, panel
from bench.statistics.quantiles import CLOCK_MS, TARGET_QUANTILE, longest_of

# Shown from 300 to 480 px wide: the font is 11 px at 330 and 16 px at 480. One drawing serves every screen.
WIDTH, LEFT, RIGHT, FONT, SMALL = 360.0, 48.0, 350.0, 12.0, 10.5
TIMES_TALL, WORK_TALL = 132.0, 66.0
"""Units that the panels of times and of buffers are tall."""
INSIDE = 10.0
"""Units between the ends of the axis and the first and last scale."""
FARTHER = 1.3
"""Factor by which the axis goes on beyond a crossing."""
DASHES = 24
"""Points of a curve, which is bent only where it is no power law."""


@dataclass(frozen=True, slots=True)
class _Across:
    """The logarithmic axis of scales."""

    low: float
    high: float

    def x(self, scale: float) -> float:
        kept = min(max(scale, self.low), self.high)
        share = math.log(kept / self.low) / math.log(self.high / self.low)
        return LEFT + INSIDE + share * (RIGHT - LEFT - 2 * INSIDE)


@dataclass(frozen=True, slots=True)
class _Series:
    """One cell, and whether it is of the hot class."""

    cell: CellCurve
    hot: bool


def growth(found: QueryGrowth, scaling: Scaling, ident: str) -> str:
    """Draw ``found``, a query of ``scaling``, as SVG for a page; ``ident`` makes its ids unique there.

    Empty where nothing was timed or counted. Legible from 300 px on.
    """
    drawing = layout(found, scaling)
    return inline(drawing, ident) if drawing else ""


def layout(found: QueryGrowth, scaling: Scaling) -> Drawing | None:
    """Lay ``found`` out; None where no cell was timed or counted."""
    shown = [_Series(*one) for one in found.series]
    measurements = [one for series in shown for one in series.cell.readings]
    if not found.measured:
        return None
    target = scaling.asked.options.target_ms
    across = _across(shown, measurements)
    top = 2 * FONT + 6
    times = panel(
        [target, *(one.p95_ms for one in measurements if one.p95_ms is not None)], top, TIMES_TALL, least=CLOCK_MS
    )
    counted = [float(one.buffers) for one in measurements if one.buffers is not None]
    work = panel(counted, times.bottom + FONT + 16, WORK_TALL, least=1.0)
    below = work.bottom + FONT + 4
    legend = list(_keys(shown))
    height = below + SMALL + 12 + keys.height(legend, WIDTH - 12, FONT)

    def paint(sheet: Sheet) -> None:
        frame(sheet, times, "p95, ms", LEFT, RIGHT, SMALL)
        frame(sheet, work, "buffers", LEFT, RIGHT, SMALL)
        _scales(sheet, across, {one.scale for one in measurements}, below, scaling.asked.unit, (times.top, work.bottom))
        _target(sheet, times, target)
        for series in shown:
            _changes(sheet, series, across, (times.top, work.bottom))
            _curve(sheet, series, across, times)
            _points(sheet, series, across, times, work)
        for series in shown:
            _crossing(sheet, series, across, times.y(target))
        keys.draw(sheet, legend, (6, below + SMALL + 8), WIDTH - 12, FONT)

    return Drawing(WIDTH, height, paint)


def _across(shown: Sequence[_Series], measurements: Sequence[Measurement]) -> _Across:
    scales = [float(one.scale) for one in measurements]
    low, high = min(scales), max(scales)
    ends = [
        at * FARTHER for series in shown if series.cell.crossing.kind == "crosses" and (at := series.cell.crossing.at)
    ]
    high = min(max([high, *ends]), high * FARTHEST)
    return _Across(low, high if high > low else low * 2)


def _scales(
    sheet: Sheet, across: _Across, measured: Iterable[int], below: float, unit: str, span: tuple[float, float]
) -> None:
    """Mark each step with a line; write its scale where there is room, the last step's always."""
    steps = sorted(measured)
    sheet.lines([((across.x(n), span[0]), (across.x(n), span[1])) for n in steps], colour="grid", width=0.8)
    taken: list[tuple[float, float]] = []
    for n in (steps[-1], *steps[:-1], across.high):
        words = short(n)
        half = _wide(words) / 2
        x = min(across.x(n), WIDTH - 2 - half)
        if all(x + half + 5 <= left or x - half - 5 >= right for left, right in taken):
            sheet.text((x, below), words, size=SMALL, colour="muted", anchor="center")
            taken.append((x - half, x + half))
    sheet.text((LEFT - 5, below), _fitting(unit), size=SMALL, colour="ink", anchor="right")


def _fitting(unit: str) -> str:
    most = int((LEFT - 6) / (GLYPH * SMALL))
    return unit if len(unit) <= most else f"{unit[: most - 1]}…"


def _wide(words: str) -> float:
    return GLYPH * SMALL * len(words)


def _target(sheet: Sheet, times: Panel, target: float) -> None:
    y = times.y(target)
    sheet.lines([((LEFT, y), (RIGHT, y))], colour="ink", width=1.2, dashed=True)
    sheet.text((RIGHT, times.top - 6), f"- - target {target:,g} ms", size=SMALL, colour="ink", anchor="right")


def _changes(sheet: Sheet, series: _Series, across: _Across, span: tuple[float, float]) -> None:
    for scale in series.cell.changes:
        at = across.x(scale)
        sheet.lines([((at, span[0]), (at, span[1]))], colour=series.cell.state, width=0.9, alpha=0.6)
        sheet.marks([(at, span[1])], "D", size=5.5, colour=series.cell.state, filled=series.hot, edge=1.2)


def _curve(sheet: Sheet, series: _Series, across: _Across, times: Panel) -> None:
    """Draw the curve of p95 as far as it may be read: within the panel, and on to the end of the axis."""
    found = curve(series.cell.readings)
    if found is None:
        return
    made, first = found
    step = math.log(across.high / first) / DASHES
    scales = [first * math.exp(step * number) for number in range(DASHES + 1)] if step > 0 else []
    points = [(across.x(n), times.y(y)) for n in scales if (y := made.at(n)) <= times.high]
    pairs = list(pairwise(points))
    sheet.lines(pairs, colour=series.cell.state, width=1.0, alpha=0.8, dashed=not series.hot)


def _points(sheet: Sheet, series: _Series, across: _Across, times: Panel, work: Panel) -> None:
    size = 5.5 if series.cell.state == "after" else 4.5
    measurements, state = series.cell.readings, series.cell.state
    for above in (False, True):
        shape: Shape = "^" if above else "o"
        marks = [
            (across.x(one.scale), times.y(one.p95_ms))
            for one in measurements
            if one.p95_ms is not None and one.p95_censored == above
        ]
        sheet.marks(marks, shape, size=size, colour=state, filled=series.hot, edge=1.2)
    counted = [(across.x(one.scale), work.y(float(one.buffers))) for one in measurements if one.buffers is not None]
    sheet.marks(counted, "o", size=size, colour=state, filled=series.hot, edge=1.2)
    pairs = list(pairwise(counted))
    sheet.lines(pairs, colour=state, width=1.4, dashed=not series.hot, alpha=0.75)


def _crossing(sheet: Sheet, series: _Series, across: _Across, y: float) -> None:
    found = series.cell.crossing
    if found.kind != "crosses":
        return
    low = across.x(found.low or across.low)
    high = across.x(found.high if found.high is not None else across.high)
    colour = series.cell.state
    sheet.lines([((low, y), (max(high, low + 0.1), y))], colour=colour, width=5.0, alpha=0.35, round_ends=True)
    if found.at is not None:
        sheet.marks([(across.x(found.at), y)], "s", size=7, colour=colour, filled=series.hot, edge=1.5)


def _keys(shown: Sequence[_Series]) -> Iterator[Key]:
    states = {series.cell.state for series in shown}
    for state in reversed([state for state in STATES if state in states]):
        yield keys.mark(f"{state}, hot", "o", state, size=5.5)
    if any(not series.hot for series in shown):
        yield keys.mark("class that crosses first", "o", "ink", size=5.5, filled=False)
    if any(series.cell.crossing.kind == "crosses" and series.cell.crossing.at for series in shown):
        yield keys.mark("crosses", "s", "ink", size=6.5)
    if any(series.cell.changes for series in shown):
        yield keys.mark("plan changed", "D", "ink", size=5.5)


def describe(found: QueryGrowth, scaling: Scaling) -> str:
    """Say what the drawing of ``found`` shows, for those who do not see it."""
    parts = []
    for cell, _ in reversed(list(found.series)):
        timed = [one for one in cell.readings if one.p95_ms is not None]
        if timed:
            first, last = timed[0], timed[-1]
            parts.append(
                f"{cell.state}, {cell.parameter_class}: p95 from {_ms(first)} at {first.scale:,} to {_ms(last)} at "
                f"{last.scale:,} {scaling.asked.unit}; crosses {scaling.asked.options.target_ms:g} ms: "
                f"{crossing(cell.crossing)}"
            )
    return f"{found.title}. {'. '.join(parts)}."


def _ms(measurement: Measurement) -> str:
    few = f" (max of {measurement.executions})" if longest_of(measurement.executions, TARGET_QUANTILE) else ""
    return f"{'more than ' if measurement.p95_censored else ''}{measurement.p95_ms:,.3g} ms{few}"

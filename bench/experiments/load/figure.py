"""Throughput and p95 against the number of clients, before and after, one panel below the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.experiments.load.summary import LoadSummary, StepSummary, rate, where
from bench.model import STATES, State
from bench.report import numbers
from bench.report.figures import keys
from bench.report.figures.drawing import Drawing, Sheet, inline
from bench.report.figures.keys import Key

# Shown from 300 to 560 px wide: the font is 10 px at 300 and 18 px at 560. One drawing serves every screen.
WIDTH, LEFT, RIGHT, FONT, SMALL = 360.0, 52.0, 340.0, 12.0, 10.5
TALL = 100.0
"""Units that a panel is tall."""
MARGIN = 1.4
"""Factor by which an axis goes on beyond the first and last value."""
LEAST = 10.0
"""Factor between the ends of an axis, at least: a small difference must not look like a large one."""


@dataclass(frozen=True, slots=True)
class _Panel:
    """A logarithmic axis from ``low`` to ``high``, upwards from ``bottom`` to ``top``, in units."""

    name: str
    low: float
    high: float
    top: float

    @property
    def bottom(self) -> float:
        return self.top + TALL

    def y(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return self.bottom - math.log(inside / self.low) / math.log(self.high / self.low) * TALL

    def ticks(self) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.floor(math.log10(self.high))
        found = [times * 10.0**power for power in range(first, last + 1) for times in (1, 2, 5)]
        shown = [value for value in found if self.low <= value <= self.high]
        decades = [value for value in shown if 10 ** round(math.log10(value)) == value]
        ticks = decades if len(decades) > 2 else shown
        return ticks[:: max(1, math.ceil(len(ticks) / 5))]


def curves(summary: LoadSummary, target_ms: float, ident: str) -> str:
    """Draw the closed steps as SVG for a page; empty where there is none. ``ident`` makes its ids unique."""
    drawing = layout(summary, target_ms)
    return inline(drawing, ident) if drawing else ""


def layout(summary: LoadSummary, target_ms: float) -> Drawing | None:
    """Lay the curves out; None where no step was finished or none did a transaction."""
    steps = [one for one in summary.closed if one.tps > 0 and one.all.p95]
    if not steps:
        return None
    top = _panel("done in a second", [one.tps for one in steps], 2 * FONT)
    times = [one.all.p95.ms for one in steps if one.all.p95]
    below = _panel("p95, ms", [*times, target_ms], top.bottom + 2.4 * FONT)
    xs = _places(sorted({one.step.clients for one in steps}))
    legend = _keys({one.step.state for one in steps})
    height = below.bottom + 2.6 * FONT + 8 + keys.height(legend, WIDTH - 12, FONT)

    def paint(sheet: Sheet) -> None:
        for panel in (top, below):
            _frame(sheet, panel)
        y = below.y(target_ms)
        sheet.lines([((LEFT, y), (RIGHT, y))], colour="bad", width=1.1, dashed=True)
        for clients, x in xs.items():
            sheet.text((x, below.bottom + FONT + 3), f"{clients:,}", size=SMALL, colour="muted", anchor="center")
        sheet.text((RIGHT, below.bottom + 2.2 * FONT + 3), "clients", size=SMALL, anchor="right")
        for state in STATES:
            own = [one for one in steps if one.step.state == state]
            _curve(sheet, own, state, xs, [top.y(one.tps) for one in own])
            _curve(sheet, own, state, xs, [below.y(one.all.p95.ms) for one in own if one.all.p95])
        keys.draw(sheet, legend, (6, below.bottom + 2.6 * FONT + 6), WIDTH - 12, FONT)

    return Drawing(WIDTH, height, paint)


def _panel(name: str, values: Sequence[float], top: float) -> _Panel:
    low, high = max(min(values), 0.001) / MARGIN, max(values) * MARGIN
    if high / low < LEAST:
        wider = math.sqrt(LEAST * low / high)
        low, high = low / wider, high * wider
    return _Panel(name, low, high, top)


def _places(clients: Sequence[int]) -> dict[int, float]:
    """Where each number of clients lies, on a logarithmic axis; one alone in the middle."""
    first, last = clients[0], clients[-1]
    if first == last:
        return {first: (LEFT + RIGHT) / 2}
    room = RIGHT - LEFT - 28
    return {one: LEFT + 14 + room * math.log(one / first) / math.log(last / first) for one in clients}


def _frame(sheet: Sheet, panel: _Panel) -> None:
    sheet.text((LEFT, panel.top - 7), panel.name, size=SMALL, colour="ink")
    sheet.lines([((LEFT, panel.y(tick)), (RIGHT, panel.y(tick))) for tick in panel.ticks()], colour="grid", width=0.8)
    for tick in panel.ticks():
        said = f"{tick:,.0f}" if tick >= 1 else f"{tick:g}"
        sheet.text((LEFT - 5, panel.y(tick) + 4), said, size=SMALL, colour="muted", anchor="right")


def _curve(sheet: Sheet, steps: Sequence[StepSummary], state: State, xs: dict[int, float], ys: Sequence[float]) -> None:
    points = [(xs[one.step.clients], y) for one, y in zip(steps, ys, strict=True)]
    sheet.lines(list(pairwise(points)), colour=state, width=1.8, alpha=0.8)
    sheet.marks(points, "o", size=5.5, colour=state)


def _keys(states: set[State]) -> list[Key]:
    found = [keys.mark(state, "o", state, size=5.5) for state in STATES if state in states]
    dashes = Key("target", lambda sheet, at: sheet.lines(
        [((at[0] - 6, at[1]), (at[0] + 6, at[1]))], colour="bad", width=1.1, dashed=True))  # fmt: skip
    return [*found, dashes]


def describe(summary: LoadSummary) -> str:
    """Say what the curves show, for those who do not see them."""
    parts = [f"{where(one.step)}: {rate(one.tps)}, p95 {numbers.figure(one.all.p95)}" for one in summary.closed]
    return f"Throughput and p95 by number of clients. {'; '.join(parts)}."

"""A part of a drawing with a logarithmic axis upwards: where a value lies, which values get a line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.figures.drawing import Sheet

LEAST = 4.0
"""Factor between the ends of an axis, at least: a small difference must not look like a large one."""
MARGIN = 1.25
"""Factor by which an axis goes on beyond the first and last value."""
TICKS_MOST = 5


@dataclass(frozen=True, slots=True)
class Panel:
    """A logarithmic axis from ``low`` to ``high``, upwards from ``bottom`` to ``top``, in units."""

    low: float
    high: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        """Where ``value`` lies; what is too small lies at the bottom."""
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return self.bottom - share * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        """Values for lines: powers of ten, or 1, 2 and 5 times these where there are few."""
        first, last = math.floor(math.log10(self.low)), math.floor(math.log10(self.high))
        found = [times * 10.0**power for power in range(first, last + 1) for times in (1, 2, 5)]
        shown = [value for value in found if self.low <= value <= self.high]
        decades = [value for value in shown if math.log10(value) % 1 < 1e-9 or math.log10(value) % 1 > 1 - 1e-9]
        ticks = decades if len(decades) > 1 else shown
        every = math.ceil(len(ticks) / TICKS_MOST)
        return ticks[::every]


def panel(values: Sequence[float], top: float, tall: float, *, least: float) -> Panel:
    """An axis that holds ``values``, of which smaller ones than ``least`` are drawn as that."""
    known = [max(value, least) for value in values] or [1.0]
    low, high = min(known) / MARGIN, max(known) * MARGIN
    if high / low < LEAST:
        wider = math.sqrt(LEAST * low / high)
        low, high = low / wider, high * wider
    return Panel(low, high, top, top + tall)


def frame(sheet: Sheet, of: Panel, unit: str, left: float, right: float, size: float) -> None:
    """Draw the lines of an axis from ``left`` to ``right``, their values in a font of ``size``, and its unit on top."""
    sheet.lines([((left, of.y(tick)), (right, of.y(tick))) for tick in of.ticks()], colour="grid", width=0.8)
    for tick in of.ticks():
        words = f"{tick:,.0f}" if tick >= 1 else f"{tick:g}"
        if tick >= 1_000_000:
            words = f"{tick / 1_000_000:g}M"
        sheet.text((left - 5, of.y(tick) + 4), words, size=size, colour="muted", anchor="right")
    sheet.text((left - 5, of.top - 9), unit, size=size, colour="ink", anchor="right")

"""The axis of times that figures share: logarithmic, in milliseconds, with the target."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.report import numbers
from bench.report.figures.drawing import GLYPH, Anchor, Sheet
from bench.statistics.quantiles import CLOCK_MS

Band = tuple[float, float]
"""Top and bottom of a part of a sheet through which an axis goes, in units."""

MARGIN = 1.35
"""Factor by which an axis goes on beyond the first and last time."""
NEAR = 2.0
"""Factor up to which an axis is made longer to show the target."""


@dataclass(frozen=True, slots=True)
class Times:
    """A logarithmic axis from ``low_ms`` to ``high_ms``, drawn from ``left`` to ``right``, in units."""

    low_ms: float
    high_ms: float
    left: float
    right: float

    def x(self, ms: float) -> float:
        """Where a time lies."""
        share = math.log(max(ms, CLOCK_MS) / self.low_ms) / math.log(self.high_ms / self.low_ms)
        return self.left + share * (self.right - self.left)

    def has(self, ms: float) -> bool:
        """Whether a time lies on the axis."""
        return self.low_ms <= ms <= self.high_ms

    def decades(self) -> list[float]:
        """Powers of ten on the axis."""
        first, last = math.ceil(math.log10(self.low_ms)), math.floor(math.log10(self.high_ms))
        return [10.0**power for power in range(first, last + 1)]

    def between(self) -> list[float]:
        """Twice and five times each power of ten."""
        first, last = math.floor(math.log10(self.low_ms)), math.floor(math.log10(self.high_ms))
        return [ms for power in range(first, last + 1) for times in (2, 5) if self.has(ms := times * 10.0**power)]


def axis(times: Iterable[float], left: float, right: float, *, least: float, near: float = math.nan) -> Times:
    """Make an axis for ``times``: as long as ``least``, a factor, so that a small difference looks like one.

    It reaches to ``near`` where that lies just beyond. At least one time must be given; one of 0 is taken for 1 µs.
    """
    known = [max(ms, CLOCK_MS) for ms in times]
    low, high = min(known) / MARGIN, max(known) * MARGIN
    if high < near <= high * NEAR:
        high = near * MARGIN
    if low / NEAR <= near < low:
        low = near / MARGIN
    if high / low < least:
        wider = math.sqrt(least * low / high)
        low, high = low / wider, high * wider
    return Times(low, high, left, right)


def grid(sheet: Sheet, times: Times, bands: Sequence[Band]) -> None:
    """Draw a line at each power of ten through all ``bands``, and a thin one at twice and five times as much."""
    for values, width in ((times.between(), 0.4), (times.decades(), 1.0)):
        lines = [((times.x(ms), top), (times.x(ms), bottom)) for ms in values for top, bottom in bands]
        sheet.lines(lines, colour="grid", width=width)


def ticks(sheet: Sheet, times: Times, y: float, size: float) -> None:
    """Write times under the grid, as many as there is room for."""
    values = times.decades()
    if len(values) < 2:
        values = sorted(values + times.between())
    free = -math.inf
    for ms in values:
        said = f"{ms:,.0f}" if ms >= 1 else f"{ms:g}"
        half = GLYPH * size * len(said) / 2
        at = times.x(ms)
        if at - half > free and at - half > 0 and at + half < sheet.width:
            sheet.text((at, y), said, size=size, anchor="center")
            free = at + half + size / 2


def target(sheet: Sheet, times: Times, target_ms: float, bands: Sequence[Band], size: float) -> None:
    """Draw the target with its name above it, or say on which side of the axis it lies."""
    top = bands[0][0]
    said = f"target {numbers.ms(target_ms)}"
    anchor: Anchor = "center"
    if times.has(target_ms):
        at = times.x(target_ms)
        sheet.lines([((at, top), (at, bottom)) for top, bottom in bands], colour="ink", width=1.2, dashed=True)
        half = GLYPH * size * len(said) / 2
        anchor = "right" if at + half > sheet.width else "left" if at - half < 0 else "center"
        sheet.text((at, top - 5), said, size=size, anchor=anchor)
    elif target_ms > times.high_ms:
        sheet.text((times.right, top - 5), f"{said} →", size=size, anchor="right")
    else:
        sheet.text((times.left, top - 5), f"← {said}", size=size)

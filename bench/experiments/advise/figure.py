"""What a budget buys: time of all queries against the disk that the best set for it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from bench.model.advised import AdvisedSet
from bench.report import numbers
from bench.report.figures import keys
from bench.report.figures.drawing import Drawing, Sheet, inline

# Shown from 300 to 560 px wide: the font is 10 px at 300 and 18 px at 560. One drawing serves every screen.
WIDTH, LEFT, RIGHT, FONT, SMALL = 360.0, 58.0, 344.0, 12.0, 10.5
TOP, TALL = 2 * FONT, 150.0
LEAST = 10.0
"""Factor between the ends of the axis of times, at least: a small difference must not look like a large one."""


def curve(points: Sequence[AdvisedSet], chosen: AdvisedSet | None, smallest: AdvisedSet | None, ident: str) -> str:
    """Draw it as SVG for a page; empty where there are fewer than two sets. ``ident`` makes its ids unique."""
    return inline(layout(points, chosen, smallest), ident) if len(points) > 1 else ""


def layout(points: Sequence[AdvisedSet], chosen: AdvisedSet | None, smallest: AdvisedSet | None) -> Drawing:
    """Lay it out, smallest disk first."""
    times = [max(one.total_ms, 0.01) for one in points]
    low, high = min(times) / 1.3, max(times) * 1.3
    if high / low < LEAST:
        low = high / LEAST
    most = max(one.size_bytes for one in points) or 1

    def place(one: AdvisedSet) -> tuple[float, float]:
        across = LEFT + 10 + (RIGHT - LEFT - 20) * one.size_bytes / most
        inside = min(max(one.total_ms, low), high)
        return across, TOP + TALL - TALL * math.log(inside / low) / math.log(high / low)

    marks = [(one, words) for one, words in ((chosen, "proposed"), (smallest, "least for the target")) if one]
    legend = [keys.mark("best set of its size", "o", "before", size=5.5)]
    legend += [keys.mark(words, "o" if words == "proposed" else "s", "after", size=7) for _, words in marks]
    height = TOP + TALL + 3.4 * FONT + keys.height(legend, WIDTH - 12, FONT)

    def paint(sheet: Sheet) -> None:
        sheet.text((LEFT, TOP - 9), "all classes once, ms", size=SMALL, colour="ink")
        for tick in _ticks(low, high):
            y = TOP + TALL - TALL * math.log(tick / low) / math.log(high / low)
            sheet.lines([((LEFT, y), (RIGHT, y))], colour="grid", width=0.8)
            sheet.text((LEFT - 5, y + 4), f"{tick:,.0f}" if tick >= 1 else f"{tick:g}", size=SMALL, colour="muted",
                       anchor="right")  # fmt: skip
        for share in (0.0, 0.5, 1.0):
            across = LEFT + 10 + (RIGHT - LEFT - 20) * share
            sheet.text((across, TOP + TALL + FONT + 4), numbers.size(most * share), size=SMALL, colour="muted",
                       anchor="right" if share == 1.0 else "center")  # fmt: skip
        sheet.text((RIGHT, TOP + TALL + 2.3 * FONT + 4), "disk", size=SMALL, anchor="right")
        places = [place(one) for one in points]
        sheet.lines(list(pairwise(places)), colour="before", width=1.6, alpha=0.8)
        sheet.marks(places, "o", size=5.5, colour="before")
        for one, words in marks:
            sheet.marks([place(one)], "o" if words == "proposed" else "s", size=8, colour="after")
        keys.draw(sheet, legend, (6, TOP + TALL + 2.6 * FONT + 8), WIDTH - 12, FONT)

    return Drawing(WIDTH, height, paint)


def _ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    found = [times * 10.0**power for power in range(first, last + 1) for times in (1, 2, 5)]
    shown = [value for value in found if low <= value <= high]
    return shown[:: max(1, math.ceil(len(shown) / 5))]


def describe(points: Sequence[AdvisedSet]) -> str:
    """Say what the curve shows, for those who do not see it."""
    said = [f"{len(one.names)} in {numbers.size(one.size_bytes)}: {numbers.ms(one.total_ms)}" for one in points]
    return f"Time of all queries and classes by the disk of the best set: {'; '.join(said)}."

"""What a budget buys: time of all queries against what the best set for it costs, in disk or to write."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Cost:
    """What the axis of budgets shows."""

    name: str
    of: Callable[[AdvisedSet], float]
    text: Callable[[float], str]


DISK = Cost("disk", lambda one: one.size_bytes, numbers.size)
WRITES = Cost("more WAL", lambda one: max(one.write_share, 0.0), "{:.1%}".format)

Marked = Mapping[str, AdvisedSet | None]
"""Words for a set to it: the one proposed, the least for the target."""


def curve(points: Sequence[AdvisedSet], marked: Marked, ident: str, cost: Cost) -> str:
    """Draw it as SVG for a page; empty where there are fewer than two sets. ``ident`` makes its ids unique."""
    return inline(layout(points, marked, cost), ident) if len(points) > 1 else ""


def layout(points: Sequence[AdvisedSet], marked: Marked, cost: Cost) -> Drawing:
    """Lay it out, the cheapest first."""
    times = [max(one.total_ms, 0.01) for one in points]
    low, high = min(times) / 1.3, max(times) * 1.3
    if high / low < LEAST:
        low = high / LEAST
    marks = [(one, words) for words, one in marked.items() if one]
    most = max(cost.of(one) for one in (*points, *(one for one, _ in marks))) or 1

    def place(one: AdvisedSet) -> tuple[float, float]:
        across = LEFT + 10 + (RIGHT - LEFT - 20) * cost.of(one) / most
        inside = min(max(one.total_ms, low), high)
        return across, TOP + TALL - TALL * math.log(inside / low) / math.log(high / low)

    legend = [keys.mark("best set for its cost", "o", "before", size=5.5)]
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
            sheet.text((across, TOP + TALL + FONT + 4), cost.text(most * share), size=SMALL, colour="muted",
                       anchor="right" if share == 1.0 else "center")  # fmt: skip
        sheet.text((RIGHT, TOP + TALL + 2.3 * FONT + 4), cost.name, size=SMALL, anchor="right")
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


def describe(points: Sequence[AdvisedSet], cost: Cost) -> str:
    """Say what the curve shows, for those who do not see it."""
    said = [f"{len(one.names)} for {cost.text(cost.of(one))}: {numbers.ms(one.total_ms)}" for one in points]
    return f"Time of all queries and classes by what the best set costs, {cost.name}: {'; '.join(said)}."

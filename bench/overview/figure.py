"""A trend drawn: a figure through the results of a workload, with the band in which differences are noise."""

from __future__ import annotations

from itertools import pairwise

from bench.overview.summary import Trend
from bench.report.figures.drawing import Drawing, Sheet, inline
from bench.report.figures.panel import frame, panel

# Shown from 300 to 480 px wide, as the charts of a history.
WIDTH, LEFT, RIGHT, TOP, TALL, SMALL = 360.0, 48.0, 350.0, 24.0, 96.0, 10.5
DAY = 10
"""Characters of a moment that say the day."""


def draw(found: Trend, ident: str) -> str:
    """Draw ``found`` as SVG for a page; ``ident`` makes its ids unique there."""
    return inline(layout(found), ident)


def layout(found: Trend) -> Drawing:
    """Lay ``found`` out: the axis spans a factor of four at least, so that noise does not look like a change."""
    values = [figure.value for _, figure in found.points]
    low, high = found.band
    axis = panel([*values, low, high], TOP, TALL, least=1e-3)
    step = (RIGHT - LEFT - 24) / max(len(values) - 1, 1)
    points = [(LEFT + 12 + step * place, axis.y(value)) for place, value in enumerate(values)]
    days = [one.entry.started_at[:DAY] for one, _ in found.points]

    def paint(sheet: Sheet) -> None:
        if high > low:
            sheet.boxes([(LEFT, axis.y(high), RIGHT, axis.y(low))], colour="grid")
        frame(sheet, axis, found.name.rpartition(", ")[2], LEFT, RIGHT, SMALL)
        sheet.lines(list(pairwise(points)), colour="after", width=1.6, alpha=0.75)
        sheet.marks(points, "o", size=5.5, colour="after", edge=1.2)
        sheet.text((LEFT, axis.bottom + SMALL + 5), days[0], size=SMALL, colour="muted")
        if days[-1] != days[0]:
            sheet.text((RIGHT, axis.bottom + SMALL + 5), days[-1], size=SMALL, colour="muted", anchor="right")

    return Drawing(WIDTH, TOP + TALL + 2 * SMALL, paint)


def describe(found: Trend) -> str:
    """Say the drawing, for who does not see it."""
    values = ", ".join(f"{figure.value:,.3g}" for _, figure in found.points)
    return f"{found.name}, oldest result first: {values}. {found.sentence}"

"""A histogram of the generated data: how many things lie in each of some ordered categories."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.model import Distribution
from bench.report.figures.drawing import GLYPH, Anchor, Drawing, Sheet, fitting, plain

# Shown from 300 to 480 px wide: the font is 11 px at 330 and 16 px at 480.
WIDTH, LEFT, RIGHT, FONT = 360.0, 50.0, 352.0, 12.0
PLOT = 150.0
LOGARITHMIC_FROM = 200
"""Times that the largest bar is as large as the smallest that is not empty, from which on the axis is logarithmic:
on a linear one of 150 units the smallest would be thinner than a line."""
LEAST_ON_LOG = 0.7
"""What a logarithmic axis of counts begins with, so that a bar of one can be seen."""
LABEL_CHARACTERS = 14
SHORT_LABEL = 3
"""Characters of labels that are left out where there is no room (hours, days); longer ones are written aslant."""
SLANT = 40.0
"""Degrees."""


def bars(distribution: Distribution, *, title: str = "") -> Drawing | None:
    """Lay out a histogram; None when every bar is empty."""
    found = [(plain(bar.label, LABEL_CHARACTERS), bar.count) for bar in distribution.bars]
    filled = [count for _, count in found if count > 0]
    if not filled:
        return None
    logarithmic = is_logarithmic(distribution)
    slot = (RIGHT - LEFT) / len(found)
    longest = max(len(label) for label, _ in found)
    slanted = longest * GLYPH * FONT + 2 > slot and longest > SHORT_LABEL
    top = (22.0 if title else 2.0) + 2.4 * FONT
    bottom = top + PLOT
    named = bottom + (math.sin(math.radians(SLANT)) * longest * GLYPH * FONT if slanted else 0) + 2.9 * FONT
    values = _decades(max(filled)) if logarithmic else _steps(max(filled))

    def height(count: float) -> float:
        if logarithmic:
            full = math.log(values[-1] / LEAST_ON_LOG)
            return PLOT * math.log(count / LEAST_ON_LOG) / full if count >= 1 else 0.0
        return PLOT * count / values[-1]

    def paint(sheet: Sheet) -> None:
        if title:
            sheet.text((6, 14), fitting(title, WIDTH - 12, FONT, bold=True), size=FONT, bold=True)
        said = f"{plain(distribution.counts, 40)}{' (logarithmic)' if logarithmic else ''}"
        sheet.text((6, top - 1.1 * FONT), said, size=FONT, colour="muted")
        sheet.lines([((LEFT, bottom - height(value)), (RIGHT, bottom - height(value))) for value in values],
                    colour="grid", width=0.8)  # fmt: skip
        for value in values:
            sheet.text((LEFT - 4, bottom - height(value) + 0.36 * FONT), _short(value), size=FONT, anchor="right")
        sheet.boxes(
            [
                (LEFT + slot * (n + 0.12), bottom - height(count), LEFT + slot * (n + 0.88), bottom)
                for n, (_, count) in enumerate(found)
                if count > 0
            ],
            colour="data",
        )
        sheet.lines([((LEFT, bottom), (RIGHT, bottom))], colour="muted", width=1.0)
        _labels(sheet, [label for label, _ in found], bottom, slot, slanted=slanted)
        across = fitting(distribution.across, WIDTH - 60, FONT)
        sheet.text(((LEFT + RIGHT) / 2, named), across, size=FONT, colour="muted", anchor="center")

    return Drawing(WIDTH, named + 0.5 * FONT, paint)


def describe(distribution: Distribution) -> str:
    """Say in one sentence all that a histogram shows, for those who do not see it."""
    said = ", ".join(f"{plain(bar.label, 40)}: {bar.count:,}" for bar in distribution.bars)
    return f"{plain(distribution.counts, 80).capitalize()} by {plain(distribution.across, 80)}: {said or 'none'}."


def is_logarithmic(distribution: Distribution) -> bool:
    """Whether the axis of counts has to be logarithmic for the smallest bar to be seen."""
    filled = [bar.count for bar in distribution.bars if bar.count > 0]
    return bool(filled) and max(filled) > LOGARITHMIC_FROM * min(filled)


def _labels(sheet: Sheet, labels: Sequence[str], bottom: float, slot: float, *, slanted: bool) -> None:
    widest = max(len(label) for label in labels) * GLYPH * FONT + 3
    every = 1 if slanted else max(1, math.ceil(widest / slot))
    anchor: Anchor = "right" if slanted else "center"
    for number, label in enumerate(labels):
        if number % every == 0:
            at = (LEFT + slot * (number + 0.5) + (4 if slanted else 0), bottom + (1.0 if slanted else 1.25) * FONT)
            sheet.text(at, label, size=FONT, anchor=anchor, slant=SLANT if slanted else 0)


def _steps(most: int) -> list[float]:
    """Round numbers from 0 to just above ``most``, three to six of them."""
    rough = most / 4
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 1 else 1.0
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough)
    return [step * number for number in range(math.ceil(most / step) + 1)]


def _decades(most: int) -> list[float]:
    """Powers of ten from 1 to above ``most``."""
    return [10.0**power for power in range(math.ceil(math.log10(most)) + 1)]


def _short(value: float) -> str:
    """A count in five characters: 20, 1,500, 40k, 2M."""
    for unit, sign in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= unit:
            return f"{value / (1e3 if sign == 'k' else unit):g}{sign}"
    return f"{value:,.0f}"

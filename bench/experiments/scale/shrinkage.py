"""Slopes of many cells together: what few steps say of one cell is drawn towards what they say of its like. Pure.

Four steps with other tenants each leave the exponent of one cell open by a half and more, and extrapolating multiplies
that. The exponents of all cells tell how far apart exponents are in truth: empirical Bayes (Efron and Morris, Data
Analysis Using Stein's Estimator and Its Generalizations, JASA 70, 1975, section 2), with medians for the variances, so
that a cell that jumps does not decide for all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

ONE_DEGREE = 0.4549
"""Median of chi-square with one degree of freedom: a median of squares over it is a variance."""
PRIOR_STEPS = 3
"""Steps that the scatter of all cells counts for beside a cell's own, which has one or two degrees of freedom."""
APART_LEAST = 0.02
"""Standard deviation of the true exponents that is taken at least: else three cells that agree by chance leave no other
a slope of its own."""
SCATTER_LEAST = 0.01
"""Relative scatter that is taken at least, as for a single curve (``fit``)."""
SCATTER_UNKNOWN = 0.2**2
"""The same where no cell has three steps with one plan: what cells of the CRM show, of another tenant at each step."""


@dataclass(frozen=True, slots=True)
class Line:
    """One cell's steps in logarithms: where it was measured, what came, and where it is asked for."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    at: float
    tenant: bool
    """``xs`` are rows of the tenant, which grew; else units of everything."""

    @property
    def slope(self) -> float | None:
        """By least squares; None for one step."""
        if not (spread := self.spread):
            return None
        x, y = fmean(self.xs), fmean(self.ys)
        return math.fsum((one - x) * (other - y) for one, other in zip(self.xs, self.ys, strict=True)) / spread

    @property
    def spread(self) -> float:
        """Sum of squared distances of ``xs`` from their mean."""
        middle = fmean(self.xs)
        return math.fsum((one - middle) ** 2 for one in self.xs)

    @property
    def free(self) -> int:
        """Degrees of freedom of a line through it."""
        return max(0, len(self.xs) - 2)

    @property
    def left(self) -> float:
        """Sum of squares that the line leaves."""
        x, y, slope = fmean(self.xs), fmean(self.ys), self.slope or 0.0
        return math.fsum((other - y - slope * (one - x)) ** 2 for one, other in zip(self.xs, self.ys, strict=True))

    def predicted(self, slope: float) -> float:
        """The figure where it is asked for, by a line with ``slope``.

        It begins half-way between the last step and the line through all of them: the one is right where differences
        stay, the other where they are scatter, and both are there.
        """
        end = fmean(self.ys) + slope * (self.xs[-1] - fmean(self.xs))
        return math.exp((self.ys[-1] + end) / 2 + slope * (self.at - self.xs[-1]))


def slopes(lines: Sequence[Line]) -> tuple[float, ...]:
    """The slope of each line, drawn towards the median of its like: those with a tenant that grew, or those without."""
    found = {grew: _drawn([one for one in lines if one.tenant == grew]) for grew in (True, False)}
    positions = {True: iter(found[True]), False: iter(found[False])}
    return tuple(next(positions[one.tenant]) for one in lines)


def _drawn(lines: Sequence[Line]) -> list[float]:
    known = [(one, slope) for one in lines if (slope := one.slope) is not None]
    if not known:
        return [0.0] * len(lines)
    middle = median(slope for _, slope in known)
    scatter = _scatter(lines)
    by_chance = median(scatter / one.spread for one, _ in known)
    apart = median((slope - middle) ** 2 for _, slope in known) / ONE_DEGREE - by_chance
    apart = max(apart, APART_LEAST**2)
    drawn = []
    for one in lines:
        if (slope := one.slope) is None:
            drawn.append(middle)
            continue
        own = (one.left + PRIOR_STEPS * scatter) / (one.free + PRIOR_STEPS) / one.spread
        drawn.append(middle + apart / (apart + own) * (slope - middle))
    return drawn


def _scatter(lines: Sequence[Line]) -> float:
    """The variance of a figure around its line, in logarithms."""
    # The median of chi-square over its degrees of freedom, after Wilson and Hilferty (1931).
    seen = [one.left / one.free / (1 - 2 / (9 * one.free)) ** 3 for one in lines if one.free]
    return max(median(seen), SCATTER_LEAST**2) if seen else SCATTER_UNKNOWN

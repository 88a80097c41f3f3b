"""Curves through a few points: which describes them best, and how sure that is. Pure.

Ordinary least squares with Student's t for the intervals (Draper and Smith, Applied Regression Analysis, 3rd ed. 1998,
sections 1.3 and 1.4). Errors are taken as relative: a power law is fitted to logarithms, the other curves with weights
1/y^2, and all are compared by the squares of what is left in logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.experiments.scale.record import Model

Array = NDArray[np.float64]

STUDENT_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""97.5 % quantiles for 1 to 10 degrees of freedom: both ends of a 95 % interval (any table of the distribution)."""
STEPS_MOST = len(STUDENT_T) + 2
"""Points that a fit can have, by the table above."""
RESOLUTION = 0.01
"""Relative error that each figure has at least: blocks are whole, clocks drift. Four points that lie on a line by
chance must not give an interval of no width."""
FLAT = 0.1
"""Exponent up to which growth is called flat: a quarter more for ten times the rows (10^0.1 = 1.26)."""
EXPLAINS = 10.0
"""Factor by which a curve leaves less than a constant from which on it explains most: all but a tenth."""
LEAST = 1e-3
"""Smaller figures are taken for this: a microsecond, a thousandth of a block. A logarithm needs more than zero."""

GROWING: tuple[Model, ...] = ("power", "linear", "logarithmic")


@dataclass(frozen=True, slots=True)
class Curve:
    """A fitted curve: ``intercept + slope * h(n)`` with h by model; its parameters' covariance, and what is left."""

    model: Model
    intercept: float
    slope: float
    covariance: tuple[float, float, float]
    """Of intercept, of both, of slope."""
    free: int
    """Degrees of freedom: points minus parameters."""
    left: float
    """Sum of squared differences of logarithms."""

    def at(self, n: float) -> float:
        """The figure at ``n``; never below ``LEAST``."""
        return self._back(self.intercept + self.slope * self._h(n))

    def band(self, n: float) -> tuple[float, float] | None:
        """The 95 % interval of the curve at ``n``; None without degrees of freedom."""
        if not self.free:
            return None
        h = self._h(n)
        aa, ab, bb = self.covariance
        half = STUDENT_T[self.free - 1] * math.sqrt(max(0.0, aa + 2 * h * ab + h * h * bb))
        middle = self.intercept + self.slope * h
        return self._back(middle - half), self._back(middle + half)

    def slope_interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the slope; None without degrees of freedom."""
        if not self.free:
            return None
        half = STUDENT_T[self.free - 1] * math.sqrt(self.covariance[2])
        return self.slope - half, self.slope + half

    def _h(self, n: float) -> float:
        return n if self.model == "linear" else math.log(n)

    def _back(self, value: float) -> float:
        if self.model in ("power", "constant"):
            return math.exp(min(value, 700.0))  # beyond is no float
        return max(value, LEAST)


def fit(model: Model, xs: Sequence[float], ys: Sequence[float]) -> Curve:
    """Fit ``model`` to at least two points with different ``xs`` (one for a constant); all numbers positive."""
    y = np.maximum(np.array(ys, float), LEAST)
    n = np.array(xs, float)
    logs = np.log(y)
    if model == "constant":
        middle = float(logs.mean())
        left = float(((logs - middle) ** 2).sum())
        variance = max(left / max(1, len(y) - 1), RESOLUTION**2)
        return Curve(model, middle, 0.0, (variance / len(y), 0.0, 0.0), len(y) - 1, left)
    h = n if model == "linear" else np.log(n)
    seen, weights = (logs, np.ones_like(y)) if model == "power" else (y, y**-2.0)
    unit = float(np.abs(h).max())  # leads in the millions beside a one would spoil the inverse
    design = np.column_stack([np.ones_like(h), h / unit])
    inverse = np.linalg.inv(design.T @ (design * weights[:, None]))
    intercept, slope = (float(value) for value in inverse @ design.T @ (weights * seen))
    free = len(y) - 2
    residual = float((weights * (seen - intercept - slope * design[:, 1]) ** 2).sum())
    variance = max(residual / max(1, free), RESOLUTION**2)
    covariance = variance * inverse
    made = Curve(
        model, intercept, slope / unit,
        (float(covariance[0, 0]), float(covariance[0, 1]) / unit, float(covariance[1, 1]) / unit**2), free, 0.0,
    )  # fmt: skip
    left = math.fsum((math.log(value) - math.log(made.at(x))) ** 2 for x, value in zip(xs, y, strict=True))
    return Curve(made.model, made.intercept, made.slope, made.covariance, free, left)


def may_be_constant(power: Curve) -> bool:
    """Whether a constant is enough: the interval of the exponent holds zero.

    That is the test of one parameter more (Draper and Smith, section 1.5). Akaike's criterion with its correction for
    few points would do the same in spirit, but is not defined for the four points that are the rule here, and for five
    wants the rest to fall by a factor of 55.
    """
    interval = power.slope_interval()
    return interval is not None and interval[0] <= 0 <= interval[1]


def curves(xs: Sequence[float], ys: Sequence[float]) -> tuple[Curve, ...]:
    """Every curve that the points allow, the best first. With two points that is the power law alone.

    A constant is the best where it is enough, unless a curve explains most of the differences (``EXPLAINS``): what has
    doubled twice is not expected to stay, though three points prove nothing. It comes last then. The others have two
    parameters each, so that what is left decides, as it would by any criterion; those follow that are not clearly worse
    than the best one (``alike``).
    """
    if len(set(xs)) < 2:
        return (fit("constant", xs, ys),)
    power = fit("power", xs, ys)
    if not power.free:
        return (power,)
    made = [power, *(fit(model, xs, ys) for model in GROWING[1:])]
    # A cost below zero at some size is no cost: such a curve describes these points only.
    made = [one for one in made if one.model == "power" or (one.slope > 0 and one.at(min(xs)) > LEAST)]
    made.sort(key=lambda one: rest(one, len(ys)))
    kept = [one for one in made if alike(one, made[0], len(ys))]
    if not may_be_constant(power):
        return tuple(kept)
    constant = fit("constant", xs, ys)
    explained = rest(constant, len(ys)) >= EXPLAINS * rest(kept[0], len(ys))
    return (*kept, constant) if explained and abs(power.slope) > FLAT else (constant, *kept)


def rest(curve: Curve, points: int) -> float:
    """What is left, but not less than figures can tell."""
    return curve.left + points * RESOLUTION**2


def alike(one: Curve, best: Curve, points: int) -> bool:
    """Whether ``one`` leaves so little more than ``best`` that chance would do it one time in twenty.

    The bound that makes the confidence region of one parameter: 1 + t^2 / degrees of freedom (Draper and Smith, section
    24.6).
    """
    free = max(1, best.free)
    return rest(one, points) <= rest(best, points) * (1 + STUDENT_T[free - 1] ** 2 / free)

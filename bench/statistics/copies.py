"""What two copies of one database differ by beyond chance, and intervals that are widened by it. Pure.

The files of two copies lie in other places of memory, and for as long as both exist one query can be slower in one of
them (docs/method.md). Executions on one pair of copies, however many, do not show that: the interval of their ratio
becomes narrower around the wrong value. A second copy of the same database, timed in turn with the first, does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from bench.model import CopiesDiffer
from bench.statistics.quantiles import CONFIDENCE, Ratio

CELLS_FOR_RANK = 19
"""With fewer cells no rank covers 95 % of others like them: then the largest difference counts, and KNOWN at least."""
KNOWN = 1.05
"""By how much two copies were seen to differ on one query (docs/method.md)."""


def copies_differ(ratios: Sequence[Ratio]) -> CopiesDiffer | None:
    """Pool the ratios of the same cells in two copies of one database; None where no cell has an interval.

    For each cell, how much more reach its interval would need, added in quadrature, just to hold 1; of those the
    rank that covers 95 % of cells like these, 0.95 (n + 1) of n. That is split conformal prediction (Lei et al.,
    Distribution-free predictive inference for regression, JASA 113, 2018): nothing is assumed of how differences are
    distributed, and from 39 cells on one may have had a hiccup without moving all intervals.
    """
    beyond = sorted(found for ratio in ratios if (found := _beyond(ratio)) is not None)
    if not beyond:
        return None
    many = len(beyond)
    found = beyond[min(many, math.ceil(CONFIDENCE * (many + 1) - 1e-9)) - 1]
    if many < CELLS_FOR_RANK:
        found = max(found, math.log(KNOWN))
    return CopiesDiffer(many, 100 * math.expm1(found))


def widened(found: Ratio, by: CopiesDiffer | None) -> Ratio:
    """Give ``found`` with an interval that also holds what two copies differ by.

    Both reaches are independent, so their squares add (square-and-add, for ratios on the scale of logarithms: Zou and
    Donner, Construction of confidence limits about effect measures, Statistics in Medicine 27, 2008).
    """
    if by is None or not found.low:
        return found
    more = math.log1p(by.percent / 100)
    low = found.value * math.exp(-math.hypot(_reach(found.value, found.low), more))
    high = found.high and found.value * math.exp(math.hypot(_reach(found.high, found.value), more))
    return replace(found, low=low, high=high)


def _beyond(found: Ratio) -> float | None:
    """How much reach the interval lacks to hold 1, in quadrature and on the scale of logarithms; 0 where it does."""
    if not found.low or found.high is None:
        return None
    away = math.log(found.value)
    reach = _reach(found.value, found.low) if away > 0 else _reach(found.high, found.value)
    return math.sqrt(max(0.0, away**2 - reach**2))


def _reach(above: float, below: float) -> float:
    return max(0.0, math.log(above / below))

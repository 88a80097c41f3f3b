"""Whether executions took after those before them, by so much that a count of them says less than it seems. Pure.

Counts at looks hold for executions that are independent. Where the machine is slow for a while, the next execution is
slow because the last one was, and eighty of them are worth fewer. That shows in times as they follow each other, and it
matters only where such a while could have moved the verdict: a query a hundred times below its target does not come
near it with the machine a third slower.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.model import Sample

Array = NDArray[np.float64]

SHOWS_FROM = 10
"""Executions below which dependence could not be seen."""
UNSEEN_SWING = 10.0
"""Factor between the machine's fast and its slow minutes that is reckoned with where there are too few executions to
see one: a neighbour on the same core makes two or three."""
SIGNIFICANT = 1.96
"""Standard errors from which a rank correlation is taken for one. By chance one of the two signs is that large in 7 %
of series, and then one assumption more is said than needed; a lag of 0.3 is seen in three of four series of 80."""
BLOCKS = 8
"""Stretches of the samples whose medians say how far the machine's minutes lie apart."""


def swing(samples: Sequence[Sample]) -> float:
    """Give the factor by which slow stretches differ from fast ones, where executions follow each other; else 1.

    Each binding is taken by its own median, so that bindings in turn are no pattern. Two signs count: neighbours whose
    ranks go together (lag one), and ranks that rise or fall all along (Wald and Wolfowitz 1943; Spearman 1904). With
    fewer than 10 executions neither could be seen, and a factor of 10 is reckoned with.
    """
    if len(samples) < SHOWS_FROM:
        return UNSEEN_SWING
    logs = _beside_binding(samples)
    ranks = _ranks(logs)
    n = len(ranks)
    neighbours = float(ranks[:-1] @ ranks[1:]) / n * math.sqrt(n)
    trend = abs(float(ranks @ _ranks(np.arange(n, dtype=float)))) / n * math.sqrt(n - 1)
    if max(neighbours, trend) < SIGNIFICANT:
        return 1.0
    stretches = [float(np.median(part)) for part in np.array_split(logs, min(BLOCKS, n // 2))]
    return math.exp(max(stretches) - min(stretches))


def _beside_binding(samples: Sequence[Sample]) -> Array:
    # A timeout stands for the time after which it was stopped: it is among the longest, which is all that ranks ask.
    logs = np.log(np.maximum([sample.ms for sample in samples], 1e-3))
    bindings = np.array([sample.binding for sample in samples])
    for binding in np.unique(bindings):
        own = bindings == binding
        logs[own] -= np.median(logs[own])
    return logs


def _ranks(values: Array) -> Array:
    """Ranks of mean zero and variance one; ties share theirs in the order of the samples, which few times have."""
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    ranks -= ranks.mean()
    deviation = ranks.std()
    return ranks / deviation if deviation else ranks

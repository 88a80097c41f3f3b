"""What the machine did between two runs: cells whose plan and work stayed show it, and nothing less is a change."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from statistics import median

from bench.experiments.compare.record import Change, Drift

DRIFT_FROM = 3
"""Cells with the same plan and work from which on they say something about the machine."""
OUTSIDE = 0.05
"""Share of these cells on each side that is left out of what counts as drift: one that became slower by itself, with
the same plan and work, must not hide the others."""


def drift(changes: Iterable[Change | None]) -> Drift | None:
    """Sum up the times of cells that did the same work by the same plan; None where there are too few."""
    factors = sorted(
        1 / change.ratio.value
        for change in changes
        if change and change.ratio and change.work == "same" and change.plan_changed is False
        if change.ratio.bound == "exactly"
    )
    if len(factors) < DRIFT_FROM:
        return None
    outside = math.floor(OUTSIDE * len(factors))
    return Drift(median(factors), factors[outside], factors[len(factors) - 1 - outside], len(factors))


def settled(change: Change | None, found: Drift | None) -> Change | None:
    """Call a time slower or faster only where its interval lies beyond ``found`` too."""
    if change is None or found is None or change.ratio is None or change.clock not in ("slower", "faster"):
        return change
    compared = change.ratio
    if change.clock == "slower":
        beyond = 1 / (compared.value if compared.high is None else compared.high) > found.high
    else:
        beyond = 1 / (compared.value if compared.low is None else compared.low) < found.low
    return change if beyond else replace(change, clock="drift")

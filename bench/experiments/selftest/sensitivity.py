"""What a series of A/A runs says: a bound on false alarms, what each cell can see, and how simpler rules would do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from bench.experiments.gate import times
from bench.experiments.selftest.record import CellLine, RunLine, per_cell

CONFIDENCE = 0.95


def upper_bound(events: int, runs: int, confidence: float = CONFIDENCE) -> float:
    """One-sided upper bound of a rate after ``events`` in ``runs`` (Clopper and Pearson 1934).

    0 of 300 gives 0.99 %: that is what it takes to claim at most 1 %.
    """
    if events >= runs:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):  # bisection, to more digits than a double has
        middle = (low + high) / 2
        at_most = math.fsum(math.comb(runs, k) * middle**k * (1 - middle) ** (runs - k) for k in range(events + 1))
        low, high = (middle, high) if at_most > 1 - confidence else (low, middle)
    return high


@dataclass(frozen=True, slots=True)
class Sight:
    """What the gate can see of one cell on this machine."""

    cell: str
    spread: float
    """Median over the runs of the robust standard deviation of a pair."""
    between: float
    """Robust standard deviation of the screens' medians from run to run: noise of pairs and of copies together."""
    detectable: float
    """The smallest slow-down, as a share, that is called a regression 95 times in 100."""


def sights(lines: Sequence[RunLine]) -> list[Sight]:
    """What each cell can see, the blindest first."""
    found = [_sight(name, cells) for name, cells in per_cell(lines).items()]
    return sorted(found, key=lambda sight: -sight.detectable)


def _sight(name: str, cells: Sequence[CellLine]) -> Sight:
    spread = median(cell.spread for cell in cells)
    between = times.spread([cell.change for cell in cells]) if len(cells) > 2 else 0.0
    pairs = times.CONFIRM_PAIRS_NOISY if spread > times.NOISY else times.CONFIRM_PAIRS
    within = times.MEDIAN_TO_MEAN * spread / math.sqrt(pairs)
    screened = median(times.MEDIAN_TO_MEAN * cell.spread / math.sqrt(cell.pairs) for cell in cells)
    # What copies made anew add to the noise of pairs, from run to run.
    copies = math.sqrt(max(0.0, between**2 - screened**2))
    each = NormalDist().inv_cdf(times.POWER ** (1 / 3)) * math.hypot(within, copies)
    return Sight(name, spread, between, math.exp(math.log(times.CONFIRM_LIMIT) + each) - 1)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a simpler rule would have judged the same series."""

    name: str
    red: int
    of: int


LIMIT = 1.10


def other_rules(lines: Sequence[RunLine]) -> list[Rule]:
    """Simpler rules on the same runs; all see identical files, so every red is a false alarm.

    ``mean:10%`` against a stored run is what ``--benchmark-compare-fail=mean:10%`` of pytest-benchmark does: the mean
    of each benchmark against the same one of a stored run. It is given the server's CPU time here, which is steadier
    than the wall time that it would take.
    """
    return [
        _count("mean:10% against the run before (pytest-benchmark)", _stored(lines, "head_mean", previous=True)),
        _count("mean:10% against the first run (pytest-benchmark)", _stored(lines, "head_mean", previous=False)),
        _count("median > 10 % against the first run", _stored(lines, "head_median", previous=False)),
        _count("mean > 10 % against the other arm, same job, interleaved", _beside(lines, "mean")),
        _count("median > 10 % against the other arm, same job, interleaved", _beside(lines, "median")),
        _count("median pair > 10 %, once (this gate without confirmations)", _screened(lines)),
        _count("this gate", [line.red for line in lines]),
    ]


def _count(name: str, verdicts: Sequence[bool]) -> Rule:
    return Rule(name, sum(verdicts), len(verdicts))


def _screened(lines: Sequence[RunLine]) -> list[bool]:
    return [any(cell.change > math.log(LIMIT) for cell in line.cells) for line in lines]


def _stored(lines: Sequence[RunLine], what: str, *, previous: bool) -> list[bool]:
    verdicts = []
    for number in range(1, len(lines)):
        stored = {cell.cell: getattr(cell, what) for cell in lines[number - 1 if previous else 0].cells}
        now = {cell.cell: getattr(cell, what) for cell in lines[number].cells}
        verdicts.append(any(now[name] > stored[name] * LIMIT for name in now if name in stored))
    return verdicts


def _beside(lines: Sequence[RunLine], what: str) -> list[bool]:
    return [
        any(getattr(cell, f"head_{what}") > getattr(cell, f"base_{what}") * LIMIT for cell in line.cells)
        for line in lines
    ]

"""What samples say: percentiles, the ratio of two medians, and a verdict against a target. Pure, no driver.

A censored sample hit the statement timeout: its true time is unknown and longer than ``ms``. It counts as longer than
every finished sample, is never averaged, and a percentile that falls on it reads "more than".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.model import Sample, Verdict

Array = NDArray[np.float64]

# The percentile that is held against the target.
TARGET_QUANTILE = 0.95
# Of every interval and bound here.
CONFIDENCE = 0.95
# Percentile bootstrap of a median: the ends of a 95 % interval are then good to about two digits (Efron and
# Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3: 1,000 or more for intervals).
RESAMPLES = 2_000
# Same run, same interval, on every machine.
BOOTSTRAP_SEED = 20_250_601
# The median of fewer than 5 cannot lie outside a 95 % interval by chance alone: 2 * 0.5 ** 5 = 6 %. No interval below.
MIN_FOR_INTERVAL = 5
# Fewer finished executions than this never meet a target: the tolerance factor is 4.2 at 5 and 26 at 2.
MIN_TO_MEET = 5
# A client clock resolves microseconds; a shorter time is taken for one, so that a ratio has no zero below the line.
CLOCK_MS = 0.001


@dataclass(frozen=True, slots=True)
class Figure:
    """A time in milliseconds; ``censored`` when the true one is longer."""

    ms: float
    censored: bool = False


@dataclass(frozen=True, slots=True)
class Ratio:
    """Median before over median after: 10 means ten times faster.

    ``low`` and ``high`` are the 95 % bootstrap interval; None without enough samples, ``high`` None where timeouts
    leave it open. ``bound`` says what the timeouts made of ``value``: with a timed-out median before it is only a lower
    limit, after only an upper one.
    """

    value: float
    low: float | None
    high: float | None
    bound: Literal["exactly", "at least", "at most"]
    paired: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what it rests on. ``lower_ms`` and ``upper_ms`` enclose the p95, each with 95 % confidence."""

    verdict: Verdict
    reason: str
    p95: Figure | None = None
    lower_ms: float | None = None
    upper_ms: float | None = None


def percentile(samples: Sequence[Sample], quantile: float) -> Figure | None:
    """Give the nearest-rank percentile: the least sample with at least that share of all at or below it.

    Always a time that was really seen, never one between two; with fewer than 20 samples p95 is the longest. None
    without samples.
    """
    if not samples:
        return None
    ordered = sorted(samples, key=_order)
    # 0.95 * 20 is a hair above 19 in binary: the rank must not jump for it.
    rank = max(1, math.ceil(quantile * len(ordered) - 1e-9))
    found = ordered[rank - 1]
    return Figure(found.ms, found.censored)


def median(samples: Sequence[Sample]) -> Figure | None:
    """Give the nearest-rank median."""
    return percentile(samples, 0.5)


def longest(samples: Sequence[Sample]) -> Figure | None:
    """Give the longest sample."""
    return percentile(samples, 1.0)


def ratio(before: Sequence[Sample], after: Sequence[Sample], *, same_run: bool = True) -> Ratio | None:
    """Compare two medians, with a percentile bootstrap interval; None when a side has no samples.

    With equal counts sample i of both belongs to the same round, run within milliseconds of each other, so rounds are
    drawn, not samples: what slowed a whole round slows both and cancels. Otherwise, and for samples of two runs
    (``same_run`` false), the sides are drawn apart.
    """
    mid_before, mid_after = median(before), median(after)
    if mid_before is None or mid_after is None:
        return None
    paired = same_run and len(before) == len(after)
    low, high = _interval(before, after, paired=paired)
    bound: Literal["exactly", "at least", "at most"] = "exactly"
    if mid_after.censored:
        # Both timed out: nothing is known but that neither finished; "at most" keeps it from passing for a gain.
        bound, low, high = "at most", None, None
    elif mid_before.censored:
        bound, low, high = "at least", None, None
    value = max(mid_before.ms, CLOCK_MS) / max(mid_after.ms, CLOCK_MS)
    return Ratio(value=value, low=low, high=high, bound=bound, paired=paired)


def verdict(samples: Sequence[Sample], target_ms: float) -> Verdict:
    """Say whether p95 is within ``target_ms``: meets, misses, or cannot tell. See ``judge`` for the rule."""
    return judge(samples, target_ms).verdict


def judge(samples: Sequence[Sample], target_ms: float) -> Judgement:
    """Hold the p95 of ``samples`` against ``target_ms``.

    **misses**: so many executions took longer than the target that, were its p95 within it, chance would do that at
    most one time in 20 (binomial, P(X >= over) <= 5 % with a 5 % chance each). That is the order-statistics lower bound
    of p95 lying above the target (Hahn and Meeker, Statistical Intervals, 1991, section 5.2). One of one, 2 of 2 to 7,
    3 of 8 to 16, 7 of 60. A timeout longer than the target counts as over.

    **meets**: no execution was cut off by a timeout, and an upper bound of p95 lies within the target. From 59
    executions on the bound is the order statistic (0.95 ** 59 < 5 %: with none over; 93 allow one over), which assumes
    nothing about how times are distributed. Below 59 there is no such bound; then every execution must be within the
    target and so must be the upper tolerance limit of a log-normal time, mean + k * sd of the logarithms (Natrella's k,
    NIST/SEMATECH e-Handbook 7.2.6.3). Log-normal is an assumption: 15 executions of a query that is slow one time in
    ten show none of the slow ones one time in five.

    **cannot tell**: anything else: too few executions, or too close to the target, or one hiccup that only more
    executions could put in its place.
    """
    p95 = percentile(samples, TARGET_QUANTILE)
    if p95 is None:
        return Judgement("cannot tell", "not one execution was timed")
    n = len(samples)
    over = sum(sample.ms > target_ms or (sample.censored and sample.ms >= target_ms) for sample in samples)
    cut_off = sum(sample.censored for sample in samples)
    lower, upper = lower_bound_ms(samples), upper_bound_ms(samples)
    limit = f"{target_ms:g} ms"
    took = f"{over} of {n} executions took longer than {limit}"

    def judged(result: Verdict, reason: str) -> Judgement:
        return Judgement(result, reason, p95, lower, upper)

    if over and _tail(over, n) <= 1 - CONFIDENCE + 1e-12:
        return judged("misses", took)
    if cut_off:
        return judged("cannot tell", f"{cut_off} of {n} executions hit the statement timeout")
    if upper is None:
        return judged("cannot tell", f"{n} of at least {MIN_TO_MEET} executions timed")
    if upper <= target_ms:
        return judged("meets", f"p95 is within {limit} with 95 % confidence, {n} executions")
    if over:
        return judged("cannot tell", f"{took}; {needed(over)} executions would show if that is chance")
    return judged("cannot tell", f"too close to {limit} for {n} executions; {needed(0)} could settle it")


@lru_cache(maxsize=1024)
def needed(over: int) -> int:
    """Count the executions of which ``over`` may exceed a target that p95 still meets with 95 % confidence."""
    n = over + 1
    while _tail(over + 1, n) < CONFIDENCE:
        n += 1
    return n


def lower_bound_ms(samples: Sequence[Sample]) -> float | None:
    """Give the order-statistics lower confidence bound of p95; None where there are too few samples for one.

    A censored sample stands for its timeout, which is below its true time: the bound stays a lower one.
    """
    n = len(samples)
    for over in range(1, n + 1):
        if _tail(over, n) <= 1 - CONFIDENCE + 1e-12:
            return sorted(samples, key=_order)[n - over].ms
    return None


def upper_bound_ms(samples: Sequence[Sample]) -> float | None:
    """Give an upper confidence bound of p95: distribution-free from 59 samples on, log-normal below (see ``judge``).

    None with fewer than 5 samples or where the bound would rest on a censored one.
    """
    n = len(samples)
    if n < MIN_TO_MEET:
        return None
    ordered = sorted(samples, key=_order)
    if n >= needed(0):
        allowed = 0
        while _tail(allowed + 2, n) >= CONFIDENCE:
            allowed += 1
        found = ordered[n - 1 - allowed]
        return None if found.censored else found.ms
    if ordered[-1].censored:
        return None
    logs = [math.log(max(sample.ms, CLOCK_MS)) for sample in ordered]
    mean = math.fsum(logs) / n
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in logs) / (n - 1))
    return max(ordered[-1].ms, math.exp(mean + _tolerance_factor(n) * deviation))


def _order(sample: Sample) -> tuple[bool, float]:
    return sample.censored, sample.ms


@lru_cache(maxsize=4096)
def _tail(over: int, n: int) -> float:
    """P(X >= over) of n draws that each exceed p95, which is one time in 20."""
    chance = 1 - TARGET_QUANTILE
    below = math.fsum(math.comb(n, k) * chance**k * TARGET_QUANTILE ** (n - k) for k in range(over))
    return 1 - below


def _tolerance_factor(n: int) -> float:
    """Natrella's one-sided normal tolerance factor: 95 % of the population with 95 % confidence."""
    z = NormalDist().inv_cdf(TARGET_QUANTILE)
    confident = NormalDist().inv_cdf(CONFIDENCE)
    a = 1 - confident**2 / (2 * (n - 1))
    b = z**2 - confident**2 / n
    return (z + math.sqrt(z**2 - a * b)) / a


def _interval(before: Sequence[Sample], after: Sequence[Sample], *, paired: bool) -> tuple[float | None, float | None]:
    if min(len(before), len(after)) < MIN_FOR_INTERVAL:
        return None, None
    draws_before = _draws(len(before), 0)
    draws_after = draws_before if paired else _draws(len(after), 1)
    mids_before = np.sort(_times(before)[draws_before], axis=1)[:, (len(before) - 1) // 2]
    mids_after = np.sort(_times(after)[draws_after], axis=1)[:, (len(after) - 1) // 2]
    # Both timed out in one draw: unknown, so it must widen the interval to where nothing is claimed.
    with np.errstate(invalid="ignore"):
        ratios = np.nan_to_num(mids_before / mids_after, nan=0.0, posinf=np.inf)
    tail = (1 - CONFIDENCE) / 2
    # Nearest rank: an interpolated quantile next to an infinite draw would not be a number.
    low, high = np.quantile(ratios, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high) if math.isfinite(high) else None


def _times(samples: Sequence[Sample]) -> Array:
    return np.array([np.inf if sample.censored else max(sample.ms, CLOCK_MS) for sample in samples])


@lru_cache(maxsize=64)
def _draws(n: int, stream: int) -> NDArray[np.int64]:
    """Give RESAMPLES rows of n sample numbers; the same for every cell of n samples."""
    return np.random.default_rng([BOOTSTRAP_SEED, stream]).integers(0, n, size=(RESAMPLES, n))

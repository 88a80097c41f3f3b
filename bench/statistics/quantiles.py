"""What samples say: percentiles, and the ratio of two medians. Pure, no driver.

A censored sample hit the statement timeout: its true time is unknown and longer than ``ms``. It counts as longer than
every finished sample, is never averaged, and a percentile that falls on it reads "more than".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.model import Sample

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
# A client clock resolves microseconds; a shorter time is taken for one, so that a ratio has no zero below the line.
CLOCK_MS = 0.001


@dataclass(frozen=True, slots=True)
class Figure:
    """A time in milliseconds; ``censored`` when the true one is longer."""

    ms: float
    censored: bool = False
    longest_of: int = 0
    """How many samples it is the longest of, where it stands for a percentile that so few do not have; else zero."""


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


def percentile(samples: Sequence[Sample], quantile: float) -> Figure | None:
    """Give the nearest-rank percentile: the least sample with at least that share of all at or below it.

    Always a time that was really seen, never one between two. With fewer than 20 samples p95 is the longest, and says
    so. None without samples, and where a percentile beyond p95 would be the longest (p99 of fewer than 100).
    """
    if not samples or too_few(len(samples), quantile):
        return None
    ordered = sorted(samples, key=by_length)
    # 0.95 * 20 is a hair above 19 in binary: the rank must not jump for it.
    rank = max(1, math.ceil(quantile * len(ordered) - 1e-9))
    found = ordered[rank - 1]
    return Figure(found.ms, found.censored, longest_of(len(ordered), quantile))


def too_few(n: int, quantile: float) -> bool:
    """Whether ``n`` samples do not have this percentile, and nothing is to be shown for it."""
    return TARGET_QUANTILE < quantile < 1 and _is_longest(n, quantile)


def longest_of(n: int, quantile: float) -> int:
    """Give ``n`` where this high percentile of so many samples is the longest of them, else zero."""
    return n if 0.5 < quantile < 1 and _is_longest(n, quantile) else 0


def _is_longest(n: int, quantile: float) -> bool:
    return n * (1 - quantile) < 1 - 1e-9


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
    or phases (``same_run`` false), the sides are drawn apart.
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


def by_length(sample: Sample) -> tuple[bool, float]:
    """Order samples by what is known of their time: a timeout is longer than whatever finished."""
    return sample.censored, sample.ms


def _interval(before: Sequence[Sample], after: Sequence[Sample], *, paired: bool) -> tuple[float | None, float | None]:
    if min(len(before), len(after)) < MIN_FOR_INTERVAL:
        return None, None
    return _resampled(_times(before), _times(after), paired)


@lru_cache(maxsize=1024)
def _resampled(before: tuple[float, ...], after: tuple[float, ...], paired: bool) -> tuple[float, float | None]:
    """The interval of the ratio of medians; kept, since a page, a table and a verdict ask for the same."""
    mids_before, mids_after = _medians(before, 0), _medians(after, 0 if paired else 1)
    # Both timed out in one draw: unknown, so it must widen the interval to where nothing is claimed.
    with np.errstate(invalid="ignore"):
        ratios = np.nan_to_num(mids_before / mids_after, nan=0.0, posinf=np.inf)
    tail = (1 - CONFIDENCE) / 2
    # Nearest rank: an interpolated quantile next to an infinite draw would not be a number.
    low, high = np.quantile(ratios, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high) if math.isfinite(high) else None


def _medians(times: tuple[float, ...], stream: int) -> Array:
    middle = (len(times) - 1) // 2
    found: Array = np.partition(np.array(times)[_draws(len(times), stream)], middle, axis=1)[:, middle]
    return found


def _times(samples: Sequence[Sample]) -> tuple[float, ...]:
    return tuple(math.inf if sample.censored else max(sample.ms, CLOCK_MS) for sample in samples)


@lru_cache(maxsize=64)
def _draws(n: int, stream: int) -> NDArray[np.int64]:
    """Give RESAMPLES rows of n sample numbers; the same for every cell of n samples."""
    return np.random.default_rng([BOOTSTRAP_SEED, stream]).integers(0, n, size=(RESAMPLES, n))

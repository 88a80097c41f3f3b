"""Random streams, and the integer tables that turn them into distributions.

A value is a function of (seed, table.column, chunk, row): numpy's Philox is a counter-based generator, keyed by the
first two and started at the third. Draws are 16-bit integers that index tables of 65,536 rounded quantiles; no
floating-point result reaches a row, so the rows are the same on every processor and for every numpy.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]

STEPS = 65_536
"""Entries of a quantile table: one for each 16-bit draw."""
INDEX_BITS = 16
"""Bits of the row number in a sort key: a chunk has fewer than 65,536 rows in any table."""


@cache
def _key(seed: int, column: str) -> tuple[int, int]:
    digest = hashlib.blake2b(f"{seed}/{column}".encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def words(seed: int, column: str, chunk: int, count: int) -> NDArray[np.uint64]:
    """``count`` 64-bit draws of ``column`` in ``chunk``."""
    generator = np.random.Philox(key=np.array(_key(seed, column), "<u8"), counter=np.array([0, 0, 0, chunk], "<u8"))
    drawn: NDArray[np.uint64] = generator.random_raw(count).astype("<u8", copy=False)
    return drawn


def draw(seed: int, column: str, chunk: int, count: int) -> NDArray[np.uint16]:
    """``count`` 16-bit draws of ``column`` in ``chunk``."""
    return words(seed, column, chunk, (count + 3) // 4).view("<u2")[:count]


def wide(seed: int, column: str, chunk: int, count: int) -> NDArray[np.int64]:
    """``count`` draws of 0..2**32 - 1, signed so that they mix with other integers."""
    return words(seed, column, chunk, (count + 1) // 2).view("<u4")[:count].astype(np.int64)


def _knots() -> NDArray[np.int64]:
    """Where tables are computed: each entry in the tails, every 32nd between; the rest is interpolated."""
    tail = np.arange(1024)
    return np.concatenate([tail, np.arange(1024, STEPS - 1024, 32), STEPS - 1024 + tail])


_KNOTS = _knots()
_SHARES = [(int(i) + 0.5) / STEPS for i in _KNOTS]
_NORMAL = [NormalDist().inv_cdf(u) for u in _SHARES]


def table(values: Iterable[float]) -> NDArray[np.int64]:
    """All 65,536 quantiles from those at the knots; rounded first, interpolated in whole numbers."""
    exact = np.array([round(v) for v in values], np.int64)
    place = np.arange(STEPS)
    left = np.searchsorted(_KNOTS, place, side="right") - 1
    right = np.minimum(left + 1, len(_KNOTS) - 1)
    width = np.maximum(_KNOTS[right] - _KNOTS[left], 1)
    filled: NDArray[np.int64] = exact[left] + (exact[right] - exact[left]) * (place - _KNOTS[left]) // width
    filled.flags.writeable = False  # tables are shared
    return filled


@cache
def lognormal(mean_log: float, sigma_log: float, unit: float = 1.0) -> NDArray[np.int64]:
    """Quantiles of a lognormal distribution in ``unit``, rounded."""
    return table(math.exp(mean_log + sigma_log * z) * unit for z in _NORMAL)


@cache
def positive_normal(mean: float, sigma: float) -> NDArray[np.int64]:
    """Quantiles of a normal distribution cut at 0, rounded."""
    normal = NormalDist(mean, sigma)
    cut = normal.cdf(0)
    return table(normal.inv_cdf(cut + (1 - cut) * u) for u in _SHARES)


@cache
def zipf(size: int, exponent: float) -> NDArray[np.int64]:
    """Ranks 0..size-1 with Zipf weights, by the inverse of the continuous approximation."""
    if exponent == 1:
        places = (math.exp(u * math.log(size + 1)) for u in _SHARES)
    else:
        whole = (size + 1) ** (1 - exponent) - 1
        places = ((1 + u * whole) ** (1 / (1 - exponent)) for u in _SHARES)
    return table(min(size - 1, math.floor(x) - 1) for x in places)


def choice(shares: Iterable[float]) -> NDArray[np.int8]:
    """Codes 0.. in proportion to ``shares`` (which need not add up to 1)."""
    weights = list(shares)
    edges = np.floor(np.array([math.fsum(weights[: i + 1]) for i in range(len(weights))]) / math.fsum(weights) * STEPS)
    return np.searchsorted(edges[:-1].astype(np.int64), np.arange(STEPS), side="right").astype(np.int8)


def labelled(shares: Mapping[str, float], labels: Sequence[str]) -> NDArray[np.int8]:
    """Codes of ``labels`` in proportion to ``shares``; a label without a share is never drawn."""
    return choice([shares.get(label, 0.0) for label in labels])


def below(share: float) -> int:
    """The bound under which a share of 16-bit draws lies."""
    return round(share * STEPS)


def allocate(weights: Ints, total: int, cap: int | None = None) -> NDArray[np.int64]:
    """Whole counts proportional to ``weights`` that add up to ``total`` exactly.

    Cumulative sums are rounded, so that each count is within one of its share. Counts above ``cap`` are cut, and what
    was cut goes to the first rows with room.
    """
    cumulated = np.cumsum(weights, dtype=np.int64)
    if len(weights) == 0:
        return cumulated
    if cumulated[-1] == 0:
        cumulated = np.arange(1, len(weights) + 1, dtype=np.int64)
    counts = np.diff(cumulated * total // cumulated[-1], prepend=0)
    if cap is not None and (excess := int(np.maximum(counts - cap, 0).sum())):
        counts = np.minimum(counts, cap)
        room = np.cumsum(cap - counts)
        counts += np.diff(np.minimum(room, excess), prepend=0)
    return counts


def saves(groups: Ints, joins: Bools) -> NDArray[np.int64]:
    """For each row the one that it was saved with: the row before it in its group where it ``joins``, else itself.

    At most two rows are saved together, so that a save is known by its first row.
    """
    joined = joins.copy()
    joined[:1] = False
    joined[1:] &= ~joins[:-1] & (groups[1:] == groups[:-1])
    return np.arange(len(groups)) - joined


def time_order(times_us: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(times ascending, the row each came from). Equal times keep their order on every processor."""
    keys = np.sort((times_us << INDEX_BITS) | np.arange(len(times_us)))
    return keys >> INDEX_BITS, keys & (2**INDEX_BITS - 1)

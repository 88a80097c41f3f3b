"""Draws that are pure functions of a seed, a name and a number: hashes, skewed parents, ranks within groups."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""Constants of splitmix64 (Steele, Lea, Flood, OOPSLA 2014)."""


def stream(*names: object) -> np.uint64:
    """A number that stands for ``names``, the same on every machine."""
    digest = hashlib.blake2b("\x1f".join(map(str, names)).encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def mixed(key: np.uint64, numbers: Ints) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """64 even bits for each number: the ``numbers``-th outputs of splitmix64 seeded with ``key``; no two alike."""
    with np.errstate(over="ignore"):
        x = key + (numbers.astype(np.uint64) + np.uint64(1)) * _GOLDEN
        x = (x ^ (x >> np.uint64(30))) * _FIRST
        x = (x ^ (x >> np.uint64(27))) * _SECOND
        return np.asarray(x ^ (x >> np.uint64(31)), dtype=np.uint64)


def uniform(key: np.uint64, numbers: Ints) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Evenly in [0, 1) for each number."""
    return np.asarray((mixed(key, numbers) >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def below(key: np.uint64, numbers: Ints, sizes: Ints | int) -> Ints:
    """Evenly among 0 … sizes − 1 for each number."""
    found = (uniform(key, numbers) * sizes).astype(np.int64)
    return np.asarray(np.minimum(found, np.asarray(sizes) - 1))


def shuffled(key: np.uint64, size: int) -> Ints:
    """0 … size − 1 in an order that depends on ``key`` alone."""
    return np.argsort(mixed(key, np.arange(size, dtype=np.int64)), kind="stable").astype(np.int64)


def skewed(key: np.uint64, numbers: Ints, size: int, exponent: float) -> Ints:
    """Parents among 0 … size − 1: the k-th largest is drawn in proportion to 1 / (k + 1) ** exponent.

    The inverse of the continuous distribution (bounded Pareto) cut to whole ranks. Which parent has which rank is
    shuffled, so that the largest ones are not those that came first.
    """
    if size <= 1 or exponent <= 0:
        return below(key, numbers, max(size, 1))
    u = uniform(key, numbers)
    if exponent == 1.0:
        ranks = np.exp(u * np.log(size + 1.0)) - 1.0
    else:
        power = 1.0 - exponent
        ranks = (u * ((size + 1.0) ** power - 1.0) + 1.0) ** (1.0 / power) - 1.0
    found = np.minimum(ranks.astype(np.int64), size - 1)
    return np.asarray(shuffled(key ^ _GOLDEN, size)[found])


def ranks_within(codes: Ints) -> Ints:
    """How many of the same code stand before each: 0 for the first."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(codes) else np.empty(0, np.int64)
    lengths = np.diff(np.r_[starts, len(codes)])
    ranks = np.empty(len(codes), np.int64)
    ranks[order] = np.arange(len(codes)) - np.repeat(starts, lengths)
    return ranks


def together(codes: Sequence[Ints]) -> Ints:
    """One code for the tuples of several; equal where all of them are."""
    found = codes[0]
    for other in codes[1:]:
        first, second = np.unique(found, return_inverse=True)[1], np.unique(other, return_inverse=True)[1]
        found = first.astype(np.int64) * (int(second.max(initial=0)) + 1) + second
    return found

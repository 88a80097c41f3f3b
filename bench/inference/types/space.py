"""The values of a type in an order: the *i*-th is a pure function of *i*, and no two are alike.

What is drawn at random is drawn by hashed number; what has to be distinct is taken in turn. Arithmetic is numpy's on
whole columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Words = np.ndarray[Any, np.dtype[np.uint64]]

MOST = 2**62
"""Values of a type that are told apart at most: what fits an int64 with room for arithmetic."""


class CannotMake(Exception):
    """No value can be made, and why, in words."""


@dataclass(frozen=True, slots=True)
class Space:
    """Values by index."""

    capacity: int
    at: Callable[[Numbers], pa.Array]
    """Indexes from 0 to ``capacity - 1`` to as many values, of which no two are alike."""
    usual: int = MOST
    """The first so many are what one meets; the others are there for keys."""


def key_of(seed_key: int | str) -> int:
    """A seed as 64 bits, whatever it is made of."""
    return int.from_bytes(hashlib.blake2b(str(seed_key).encode(), digest_size=8).digest(), "little")


def hashed(numbers: Numbers, key: int) -> Words:
    """64 bits that look random for each number: splitmix64 (Steele, Lea, Flood 2014)."""
    with np.errstate(over="ignore"):
        x = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def below(numbers: Numbers, key: int, limit: int) -> Numbers:
    """A number from 0 to ``limit - 1`` for each, evenly as far as 62 bits allow."""
    return ((hashed(numbers, key) >> np.uint64(2)) % np.uint64(limit)).astype(np.int64)


def scrambled(indexes: Numbers, key: int, limit: int) -> Numbers:
    """Another index below ``limit`` for each, no two alike: a permutation of a power of two, walked until below."""
    bits = max(2, (limit - 1).bit_length())
    mixed = _permuted(indexes, key, bits)
    while (out := mixed >= limit).any():
        mixed[out] = _permuted(mixed[out], key, bits)
    return mixed


def _permuted(indexes: Numbers, key: int, bits: int) -> Numbers:
    """A bijection on ``bits`` bits: odd factors and shifted xors."""
    mask, shift = np.uint64(2**bits - 1), np.uint64((bits + 1) // 2)
    with np.errstate(over="ignore"):
        x = indexes.astype(np.uint64)
        for turn in range(3):
            x = (x * np.uint64(key * 2 + 1 & 2**64 - 1) + np.uint64(0x9E3779B97F4A7C15 * (turn + 1) & 2**64 - 1)) & mask
            x ^= x >> shift
    return x.astype(np.int64)


def chosen(values: pa.Array) -> Space:
    """The given values, each as likely as the next."""
    return Space(len(values), lambda indexes: values.take(pa.array(indexes)), len(values))


def digits(indexes: Numbers, capacities: Sequence[int]) -> list[Numbers]:
    """Indexes of a product of spaces, taken apart into those of its parts, the first running fastest."""
    parts = []
    for capacity in capacities:
        indexes, rest = np.divmod(indexes, capacity)
        parts.append(rest)
    return parts


def nested(indexes: Numbers, parts: Sequence[Space]) -> list[Numbers]:
    """Indexes of a product of spaces taken apart: first all combinations of what is usual in each, then the others."""
    usual = [min(part.usual, part.capacity) for part in parts]
    common = product(usual)
    rare = np.maximum(indexes - common, 0)
    beyond = digits(rare, [max(parts[0].capacity - usual[0], 1), *(part.capacity for part in parts[1:])])
    beyond[0] = beyond[0] + usual[0] * (indexes >= common)
    return [np.where(indexes < common, one, other) for one, other in zip(digits(indexes, usual), beyond, strict=True)]


def nested_sizes(parts: Sequence[Space]) -> tuple[int, int]:
    """(capacity, usual) of such a product."""
    usual = [min(part.usual, part.capacity) for part in parts]
    common = product(usual)
    rare = product([parts[0].capacity - usual[0], *(part.capacity for part in parts[1:])])
    return min(MOST, common + rare), common


def product(capacities: Sequence[int]) -> int:
    """How many combinations there are, ``MOST`` at most."""
    total = 1
    for capacity in capacities:
        total = min(MOST, total * capacity)
    return total

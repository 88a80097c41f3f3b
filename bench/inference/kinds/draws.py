"""Draws that depend on nothing but seed, table, column and number: hashed counters, in arrays.

The hash is splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), which gives
any element of its sequence without those before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bits = np.ndarray[Any, np.dtype[np.uint64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

SLOTS = 4096
"""Steps in which shares are met: a share below 1/4096 is not."""


@cache
def key_of(*parts: object) -> int:
    """64 bits that the parts decide."""
    return int.from_bytes(blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest(), "little")


def hashed(numbers: Ints, key: int) -> Bits:
    """Element ``number`` of the splitmix64 sequence that begins at ``key``."""
    bits = numbers.astype(np.uint64)
    bits *= np.uint64(0x9E3779B97F4A7C15)
    bits += np.uint64(key)
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits


@dataclass(frozen=True)
class Rows:
    """The rows that values are asked for, and what decides about them."""

    numbers: Ints
    seed: int
    table: str
    column: str
    group: str = ""
    """Columns of one table and group draw alike what they share."""
    clock: dt.datetime = field(default_factory=lambda: dt.datetime(2026, 1, 1))
    total: int = 0
    """Rows that the table is going to have; 0 where nobody knows."""
    salt: int = 0
    """Counts the attempts: another value gives other draws."""

    def bits(self, what: str = "", shared: bool = False) -> Bits:
        """64 random bits a row; ``shared`` with the other columns of the group."""
        own = f"\1{self.group}" if shared else self.column
        return hashed(self.numbers, key_of(self.seed, self.table, own, what, self.salt))

    def unit(self, what: str = "", shared: bool = False) -> Floats:
        """Even between 0 and 1, 1 excluded."""
        return (self.bits(what, shared) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, bound: int, what: str = "", shared: bool = False) -> Ints:
        """Even integers from 0 to ``bound`` - 1, which is below 2**31."""
        return (((self.bits(what, shared) >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32)).astype(np.int64)

    def pick(self, shares: Sequence[float], what: str = "", shared: bool = False) -> Ints:
        """Indices of ``shares``, each as often as its share of their sum."""
        return slots_of(tuple(shares))[self.below(SLOTS, what, shared)]


@cache
def slots_of(shares: tuple[float, ...]) -> Ints:
    """Indices of the shares, each in as many of the slots as is its share; what has any share has one slot at least."""
    weights = np.maximum(np.asarray(shares, dtype=np.float64), 0)
    if len(shares) > SLOTS or not weights.sum():
        return np.arange(SLOTS, dtype=np.int64) % len(shares)
    room = SLOTS - np.count_nonzero(weights)
    counts = np.floor(weights / weights.sum() * room).astype(np.int64) + (weights > 0)
    counts[np.argmax(weights)] += SLOTS - counts.sum()
    return np.repeat(np.arange(len(shares), dtype=np.int64), counts)

"""Split what a cell gained among the optimizations that matter to it.

The Shapley value: what an optimization adds, averaged over all orders in which they could have been applied (L. S.
Shapley, "A Value for n-Person Games", 1953). Shares add up to the whole gain, substitutes share what either could have
brought alone, and what changes nothing gets nothing. An optimization that needs another adds nothing before that one
is there (games with a permission structure: Gilles, Owen and van den Brink, 1992).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

from bench.model import GainCell, Tried

Value = Callable[[Tried], float]


@dataclass(frozen=True, slots=True)
class ShapleyValues:
    """The gain of one cell in one unit, split: positive is less work, or time."""

    whole: float
    """Before minus after."""
    by_name: dict[str, float]
    unexplained: float
    """``whole`` minus all shares: the part of optimizations that could not be taken away."""
    exact: bool
    """True where all orders count; else sampled ones do."""


def buffers(tried: Tried) -> float:
    """Blocks of 8 kB that a plan touches."""
    return tried.counters.buffers


def nothing(tried: Tried) -> float:
    """For plans whose work is not known."""
    return 0.0


def fastest_ms(tried: Tried) -> float:
    """Wall time of a plan's fastest execution: with one to five of them, a burst of noise would move any middle."""
    return min(tried.samples_ms)


def shapley_values(cell: GainCell, value: Value) -> ShapleyValues:
    """Split the gain of ``cell``, measured by ``value``."""
    whole = value(cell.tried[cell.before]) - value(cell.tried[cell.after])
    saved = {bits: -value(cell.tried[plan]) for bits, plan in cell.subsets.items()}
    split = _sampled(cell, saved) if cell.orders else _exact(cell, saved)
    by_name = {name: split.get(name, 0.0) for name in cell.matter}
    return ShapleyValues(whole, by_name, whole - sum(by_name.values()), not cell.orders)


def _exact(cell: GainCell, saved: dict[str, float]) -> dict[str, float]:
    n = len(cell.matter)
    found = dict.fromkeys(cell.matter, 0.0)
    for bits, value in saved.items():
        size = bits.count("1")
        for place, name in enumerate(cell.matter):
            if bits[place] == "0":
                weight = factorial(size) * factorial(n - size - 1) / factorial(n)
                found[name] += weight * (saved[_with(bits, place)] - value)
    return found


def _sampled(cell: GainCell, saved: dict[str, float]) -> dict[str, float]:
    found = dict.fromkeys(cell.matter, 0.0)
    for order in cell.orders:
        bits = "0" * len(cell.matter)
        for name in order:
            more = _with(bits, cell.matter.index(name))
            found[name] += (saved[more] - saved[bits]) / len(cell.orders)
            bits = more
    return found


def _with(bits: str, place: int) -> str:
    return f"{bits[:place]}1{bits[place + 1 :]}"

"""The smallest set of optimizations with which every query that can stays under the target, by the plans measured."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence

from bench.attribution.shapley import fastest_ms
from bench.model import Attribution, GainCell, Tried

SAFETY = 0.6
"""Share of the target that the fastest execution of a plan may take here: p95 is above it. What is chosen so is then
executed, and another set is chosen where that does not meet the target."""
LOOKS_MOST = 2_000
"""Sets looked at before the search is given up and all are kept."""


Refuted = Collection[tuple[str, frozenset[str]]]
"""Cells, as ``query[class]``, and sets with which they were executed and did not meet the target."""


def smallest(
    attribution: Attribution, names: Sequence[str], target_ms: float, size: Mapping[str, int], refuted: Refuted = ()
) -> list[str]:
    """Choose from ``names`` as few as keep every cell under ``target_ms`` that is under it with all of them.

    Among sets of as many, the one with the least bytes (``size``). What the chosen need is among them.
    """
    missed = {label for label, _ in refuted}
    known = [
        _Cell(cell, max(SAFETY * target_ms, _fastest(cell.tried[cell.after])), attribution.needs, refuted)
        for cell in attribution.cells
        if cell.label in missed or _fastest(cell.tried[cell.after]) <= SAFETY * target_ms
    ]
    chosen = _search(known, size)
    return [name for name in names if chosen is None or name in chosen or name in attribution.not_tried]


class _Cell:
    """Which sets one cell is content with."""

    def __init__(self, cell: GainCell, limit_ms: float, needs: Mapping[str, Sequence[str]], refuted: Refuted) -> None:
        self.matter = frozenset(cell.matter)
        plans = {_names(cell, bits): plan for bits, plan in cell.subsets.items()}
        # One alone is a set like any other. Where orders are sampled it is seldom among them.
        plans |= {
            self.matter & {name, *needs.get(name, ())}: plan for name, plan in cell.alone.items() if name in self.matter
        }
        self.known = {names: _fastest(cell.tried[plan]) <= limit_ms for names, plan in plans.items()}
        self.known |= {kept & self.matter: False for label, kept in refuted if label == cell.label}
        self.fine = [names for names, good in self.known.items() if good]

    def is_content(self, chosen: frozenset[str]) -> bool:
        """Whether ``chosen`` is enough; a set that was not tried is taken to be no worse than a part of it."""
        here = chosen & self.matter
        return self.known[here] if here in self.known else any(one <= here for one in self.fine)


def _search(cells: Sequence[_Cell], size: Mapping[str, int]) -> frozenset[str] | None:
    """The cheapest set that every cell is content with, cheapest first; None where the search got too long."""
    empty: frozenset[str] = frozenset()
    heap = [(_price(empty, size), empty)]
    seen = {empty}
    for _ in range(LOOKS_MOST):
        if not heap:
            return None
        _, chosen = heapq.heappop(heap)
        unhappy = next((cell for cell in cells if not cell.is_content(chosen)), None)
        if unhappy is None:
            return chosen
        for more in _least(unhappy.fine, chosen & unhappy.matter):
            if (larger := chosen | more) not in seen:
                seen.add(larger)
                heapq.heappush(heap, (_price(larger, size), larger))
    return None


def _least(fine: Sequence[frozenset[str]], chosen: frozenset[str]) -> list[frozenset[str]]:
    """The sets of ``fine`` that hold ``chosen`` and no other such set."""
    found: list[frozenset[str]] = []
    for one in sorted((one for one in fine if chosen <= one), key=lambda one: (len(one), sorted(one))):
        if not any(smaller <= one for smaller in found):
            found.append(one)
    return found


def _price(chosen: frozenset[str], size: Mapping[str, int]) -> tuple[int, int, list[str]]:
    return len(chosen), sum(size.get(name, 0) for name in chosen), sorted(chosen)


def _names(cell: GainCell, bits: str) -> frozenset[str]:
    return frozenset(name for name, bit in zip(cell.matter, bits, strict=True) if bit == "1")


def _fastest(tried: Tried) -> float:
    return float("inf") if tried.censored else fastest_ms(tried)

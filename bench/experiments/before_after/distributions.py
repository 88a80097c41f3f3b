"""What part each bar of a distribution has. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bench.model import Dataset, Distribution


@dataclass(frozen=True, slots=True)
class Shares:
    """A distribution, all that it counted, and the share of each bar in percent; None where nothing was counted."""

    distribution: Distribution
    total: int
    percent: tuple[float | None, ...]


def shares(dataset: Dataset) -> tuple[Shares, ...]:
    """Give the distributions of ``dataset``, in its order."""
    found = []
    for one in dataset.distributions:
        total = sum(bar.count for bar in one.bars)
        found.append(Shares(one, total, tuple(100 * bar.count / total if total else None for bar in one.bars)))
    return tuple(found)

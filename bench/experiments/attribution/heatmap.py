"""Who earned what of each query's gain: the shares of all its classes together, in percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.attribution.evidence import MEANT_BUFFERS
from bench.attribution.gains import CellGain, cell_gains, was_stopped
from bench.model import Attribution

NAMED_PERCENT = 0.5
"""A share below this is rounded to nothing in a whole percent."""
STEPS = (1, 10, 25, 50, 75)
"""Percent from which on a share has the next deeper colour."""


@dataclass(frozen=True, slots=True)
class HeatmapColumn:
    """One query: what all optimizations together saved it."""

    query: str
    buffers: float
    """Before minus after, over all its classes."""
    gained: bool
    """False where that is too little to be split into percents."""
    unexplained: float
    """Percent of it that belongs to optimizations which could not be taken away."""
    stopped: int
    """Classes that are not in it, because a statement timeout hides their work."""


@dataclass(frozen=True, slots=True)
class HeatmapRow:
    """One optimization: its percent of each query's gain, in the order of the columns; None where it has no share."""

    name: str
    percent: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Optimization by query; rows without any share are left out."""

    columns: tuple[HeatmapColumn, ...]
    rows: tuple[HeatmapRow, ...]

    @property
    def buffers(self) -> float | None:
        """What all optimizations together saved all queries; None where no query was tried."""
        return sum(column.buffers for column in self.columns) if self.columns else None

    @property
    def unexplained(self) -> tuple[float | None, ...]:
        """By column what is worth a row of its own; empty where nothing is."""
        found = tuple(one.unexplained if is_named(one.unexplained) else None for one in self.columns)
        return found if any(value is not None for value in found) else ()


def heatmap(attribution: Attribution, names: Sequence[str], queries: Sequence[str]) -> Heatmap:
    """Split the gain of each of ``queries`` that was tried among ``names``."""
    split: dict[str, list[CellGain]] = {}
    stopped: dict[str, int] = {}
    for cell, gain in zip(attribution.cells, cell_gains(attribution), strict=True):
        split.setdefault(cell.query, []).append(gain)
        stopped[cell.query] = stopped.get(cell.query, 0) + was_stopped(cell)
    shown = [query for query in queries if query in split]
    columns = tuple(_column(query, split[query], stopped[query]) for query in shown)
    rows = []
    for name in names:
        percent = tuple(_percent(name, column, split[column.query]) for column in columns)
        if any(value is not None and is_named(value) for value in percent):
            rows.append(HeatmapRow(name, percent))
    return Heatmap(columns, tuple(rows))


def is_named(percent: float) -> bool:
    """Whether a share is more than nothing in a whole percent."""
    return abs(percent) >= NAMED_PERCENT


def heat(percent: float | None) -> str:
    """Name the colour of a share; empty where there is none."""
    if percent is None:
        return ""
    if not is_named(percent):
        return "heat-0"
    return "heat-less" if percent < 0 else f"heat-{sum(round(percent) >= step for step in STEPS)}"


def _column(query: str, split: Sequence[CellGain], stopped: int) -> HeatmapColumn:
    whole = sum(gain.buffers.whole for gain in split)
    left = sum(gain.buffers.unexplained for gain in split)
    gained = whole >= MEANT_BUFFERS
    return HeatmapColumn(query, whole, gained, 100 * left / whole if gained else 0.0, stopped)


def _percent(name: str, column: HeatmapColumn, split: Sequence[CellGain]) -> float | None:
    if not column.gained:
        return None
    return 100 * sum(gain.buffers.by_name.get(name, 0.0) for gain in split) / column.buffers or None

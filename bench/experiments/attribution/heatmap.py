"""Who earned what of each query's gain: the shares of all its classes together, in percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.experiments.attribution.gains import MEANT_BUFFERS, CellGain, cell_gains, was_stopped
from bench.model import Attribution

NAMED_PERCENT = 0.5
"""A share below this is rounded to nothing in a whole percent."""


@dataclass(frozen=True, slots=True)
class HeatColumn:
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
class HeatRow:
    """One optimization: its percent of each query's gain, in the order of the columns; None where it has no share."""

    name: str
    percent: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """Optimization by query; rows without any share are left out."""

    columns: tuple[HeatColumn, ...]
    rows: tuple[HeatRow, ...]


def heat(attribution: Attribution, names: Sequence[str], queries: Sequence[str]) -> Heat:
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
        if any(value is not None and abs(value) >= NAMED_PERCENT for value in percent):
            rows.append(HeatRow(name, percent))
    return Heat(columns, tuple(rows))


def _column(query: str, split: Sequence[CellGain], stopped: int) -> HeatColumn:
    whole = sum(gain.buffers.whole for gain in split)
    left = sum(gain.buffers.unexplained for gain in split)
    gained = whole >= MEANT_BUFFERS
    return HeatColumn(query, whole, gained, 100 * left / whole if gained else 0.0, stopped)


def _percent(name: str, column: HeatColumn, split: Sequence[CellGain]) -> float | None:
    if not column.gained:
        return None
    return 100 * sum(gain.buffers.by_name.get(name, 0.0) for gain in split) / column.buffers or None

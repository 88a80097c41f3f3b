"""What a buffer and a row cost in time, by the plans that a run's attribution executed (docs/attribution.md).

Fitted by least squares of relative errors over the plans that take more than a millisecond. And of pairs of plans of
one cell whose times differ by half as much again and half a millisecond,
how many a sum of counters orders as time does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np

from bench.model import Run
from bench.model.attribution import GainCell, Tried

LONG_MS, APART, APART_MS = 1.0, 1.5, 0.5


def figures(run: Run) -> Mapping[str, Callable[[], str]]:
    """Name to what makes the text."""
    cells = [[tried for tried in cell.tried if tried.samples_ms and not tried.censored] for cell in _cells(run)]
    long = [tried for cell in cells for tried in cell if tried.least_ms > LONG_MS]
    pairs = [pair for cell in cells for pair in combinations(cell, 2) if _apart(*pair)]
    buffer_us, row_us = _costs(long)
    return {
        "plans": lambda: f"{len(long):,}",
        "buffer": lambda: f"{buffer_us:.2g} µs",
        "row": lambda: f"{row_us:.2g} µs",
        "pairs": lambda: f"{len(pairs):,}",
        **{f"ordered_{rows}": lambda rows=rows: _share(pairs, rows) for rows in (5, 10, 20)},
        "ordered_by_buffers": lambda: _share(pairs, 0),
    }


def _cells(run: Run) -> tuple[GainCell, ...]:
    return run.attribution.cells if run.attribution else ()


def _apart(one: Tried, other: Tried) -> bool:
    less, more = sorted((one.least_ms, other.least_ms))
    return more > less * APART and more > less + APART_MS


def _blocks(tried: Tried) -> int:
    return tried.counters.buffers + tried.counters.temp_blocks


def _costs(plans: list[Tried]) -> tuple[float, float]:
    """Microseconds for a block and for a row."""
    ms = np.array([tried.least_ms for tried in plans])
    terms = np.array([(_blocks(tried), tried.counters.rows, 1) for tried in plans]) / ms[:, None]
    block_ms, row_ms, _ = np.linalg.lstsq(terms, np.ones(len(plans)), rcond=None)[0]
    return block_ms * 1000, row_ms * 1000


def _share(pairs: list[tuple[Tried, Tried]], rows_per_block: int) -> str:
    """How many of the pairs are ordered as time orders them; rows do not count where ``rows_per_block`` is 0."""

    def work(tried: Tried) -> float:
        return _blocks(tried) + (tried.counters.rows / rows_per_block if rows_per_block else 0)

    right = sum((work(one) - work(other)) * (one.least_ms - other.least_ms) > 0 for one, other in pairs)
    return f"{right / len(pairs):.0%}".replace("%", " %")

"""The best sets for growing budgets, of disk or of write cost: a curve, not one answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.advice.choosing import Chooser
from bench.advice.menus import NOTHING, Names
from bench.model.advised import AdvisedSet, Limits

POINTS = 8
"""Budgets of disk between nothing and the whole at which the best set is looked for."""
WRITE_POINTS = 4
"""The same of write cost: each is a search of its own."""

Cost = Callable[[AdvisedSet], float]


def curves(chooser: Chooser, limits: Limits) -> tuple[tuple[AdvisedSet, ...], tuple[AdvisedSet, ...]]:
    """The best sets for growing budgets of disk, and of write cost, up to the best of all, and what goes beyond the
    target; none that costs more and is no better."""
    steps = chooser.best(limits)
    whole = steps[-1] if steps else NOTHING
    steps = (*steps, *chooser.beyond(whole, limits))
    size, share = chooser.size(whole), max(chooser.write_share(whole), 0.0)
    disk = [replace(limits, disk_bytes=round(size * part)) for part in _parts(POINTS)]
    writes = [replace(limits, write_share=share * part) for part in _parts(WRITE_POINTS)]
    return (
        _improving(chooser, steps, disk if size else (), lambda one: one.size_bytes),
        _improving(chooser, steps, writes if share else (), lambda one: one.write_share),
    )


def _parts(points: int) -> list[float]:
    return [point / points for point in range(1, points)]


def _improving(
    chooser: Chooser, steps: Sequence[Names], budgets: Sequence[Limits], cost: Cost
) -> tuple[AdvisedSet, ...]:
    found = {NOTHING, *steps}.union(*(chooser.best(budget)[-1:] for budget in budgets))
    kept: list[AdvisedSet] = []
    for one in sorted(map(chooser.look, found), key=lambda one: (cost(one), one.total_ms)):
        if not kept or (one.within, -one.total_ms) > (kept[-1].within, -kept[-1].total_ms):
            kept.append(one)
    return tuple(kept)

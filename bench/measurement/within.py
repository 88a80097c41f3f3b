"""Everything seen and timed within a number of seconds: reads first, then what writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bench.measurement.compare import Store, compare_all, see_all
from bench.measurement.execution import Cell, Sides
from bench.measurement.rounds import rounds_within, time_pairs
from bench.measurement.stopwatch import Stopwatch
from bench.model import Options, Pair
from bench.progress import Progress

READS_SHARE = 0.75
"""Of the time to measure in, what reads may take where something writes, too."""


def measure_within(
    sides: Sides, cells: Sequence[Cell], options: Options, watch: Stopwatch, looking: str, progress: Progress,
    store: Store,
) -> None:  # fmt: skip
    """Look at each of ``cells``, holding answers against each other where there are two sides; time those that work.

    ``options.budget_s`` is for all timed executions. ``watch`` counts the first look as the phase ``looking``, the rest
    as ``measure``; ``store`` gets everything seen so far, after every cell and round.
    """
    reads, writes = ([cell for cell in cells if cell.query.writes is writing] for writing in (False, True))
    seen: tuple[Pair, ...] = ()
    for part, share in ((reads, READS_SHARE if writes else 1.0), (writes, 1.0)):
        if part:
            spent_s = 0.0 if part is reads else watch.seconds.get("measure", 0.0)
            budget_s = max(options.budget_s * share - spent_s, 0.0)
            seen = _part(sides, part, replace(options, budget_s=budget_s), watch, looking, progress, store, seen)


def _part(
    sides: Sides, cells: Sequence[Cell], options: Options, watch: Stopwatch, looking: str, progress: Progress,
    store: Store, before: tuple[Pair, ...],
) -> tuple[Pair, ...]:  # fmt: skip
    look = partial(compare_all, at_once=True) if "after" in sides.databases else see_all
    with watch(looking):
        pairs = look(sides, cells, progress, lambda found: store((*before, *found)))
    both = list(zip(cells, pairs, strict=True))
    done = (*before, *(pair for pair in pairs if pair.before.error or pair.skipped))
    going = [(cell, pair) for cell, pair in both if not (pair.before.error or pair.skipped)]
    with watch("measure"):
        left = [pair for _, pair in going]
        timed = time_pairs(
            sides, [cell for cell, _ in going], left,
            replace(options, rounds=rounds_within(options.budget_s, left, options)), progress,
            lambda found: store((*done, *found)),
        )  # fmt: skip
    store((*done, *timed))
    return (*done, *timed)

"""Cold executions: before and after in turn, each after the caches were emptied."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.measurement import Cell, Timeout, execute, explain_blocks
from bench.measurement.cold.caches import Caches
from bench.model import STATES, Pair, Sample, State
from bench.progress import Progress
from bench.statistics.looks import LOOKS

Store = Callable[[Sequence[Pair]], None]

PHASE = "measuring cold"


def measure_cold(
    caches: Caches, cells: Sequence[Cell], pairs: Sequence[Pair], seed: int, progress: Progress, store: Store
) -> tuple[Pair, ...]:
    """Add cold executions to those of ``pairs`` that are of ``cells``, as many as ``caches`` were opened for.

    A side that hit the timeout warm is left out, and one that hits it cold is waited for once more, as two of two are a
    verdict. ``store`` is called after every cell. Unchanged where the server's buffers cannot be emptied.
    """
    if caches.seen.buffers == "kept":
        return tuple(pairs)
    seen = list(pairs)
    places = {(pair.query, pair.parameter_class): place for place, pair in enumerate(pairs)}
    rng = random.Random(seed)  # noqa: S311 (order of execution, no secret)
    begin = time.perf_counter()
    for number, cell in enumerate(cells):
        progress(PHASE, number, len(cells), "cells")
        place = places[cell.query.name, cell.parameter_class]
        seen[place] = _one_cell(caches, cell, seen[place], rng, begin)
        store(seen)
    progress(PHASE, len(cells), len(cells), "cells")
    return tuple(seen)


def _one_cell(caches: Caches, cell: Cell, pair: Pair, rng: random.Random, begin: float) -> Pair:
    live = [state for state in STATES if _finished(pair, state)]
    for state in tuple(live):
        try:
            caches.warm(cell, state)
        except Timeout:
            live.remove(state)
    for number in range(caches.seen.executions):
        binding = number % len(cell.bindings)
        for state in rng.sample(live, len(live)):
            connection = caches.ready(cell, state, binding)
            at_s = time.perf_counter() - begin
            try:
                ms, _ = execute(connection, cell, state, binding)
                sample = Sample(ms, at_s, binding)
            except Timeout as timeout:
                sample = Sample(timeout.ms, at_s, binding, censored=True)
            pair = _with(pair, state, cold=(*pair.side(state).cold, sample))
            if sum(one.censored for one in pair.side(state).cold) == LOOKS[0].n:
                live.remove(state)
    for state in live:
        pair = _with_blocks(caches, cell, pair, state)
    return pair


def _with_blocks(caches: Caches, cell: Cell, pair: Pair, state: State) -> Pair:
    """One more execution, under EXPLAIN: what it reads is what was not in the buffers."""
    try:
        found = explain_blocks(caches.ready(cell, state, 0, look=True), cell, state, 0)
    except Timeout:
        return pair
    return _with(pair, state, cold_blocks=found)


def _finished(pair: Pair, state: State) -> bool:
    samples = pair.side(state).samples
    return bool(samples) and not any(sample.censored for sample in samples)


def _with(pair: Pair, state: State, **changes: object) -> Pair:
    side = replace(pair.side(state), **changes)  # type: ignore[arg-type]
    return replace(pair, before=side) if state == "before" else replace(pair, after=side)

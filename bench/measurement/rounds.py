"""Timed executions: before and after back to back, all pairs in seeded random order, round after round.

Back to back, because a shared machine drifts from second to second; in random order, because what ran before matters;
in rounds, because a burst of noise then touches every cell a little instead of one cell wholly.
"""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

from bench.measurement.execution import Cell, Sides, Timeout, execute
from bench.model import STATES, Arm, Options, Pair, Sample
from bench.postgres.connection import Connection
from bench.progress import Progress
from bench.statistics.quantiles import verdict

SAMPLES_MAX = 60
"""Timed executions of one side at most, as a rule. From 59 on, the longest is a distribution-free 95 % upper bound of
the 95th percentile (0.95**59 < 0.05)."""

SAMPLES_MAX_UNCLEAR = 124
"""The same for a side whose verdict is still open: 124 executions let two hiccups pass (see
bench/statistics/quantiles.py)."""

WIDE = 0.10
"""A side is measured on while the standard error of its median is more than this share of the median."""

MEDIAN_ERROR = 1.2533 * 1.4826
"""Standard error of a median is about 1.2533 sd / sqrt(n), and sd about 1.4826 times the median absolute deviation
(both for a normal centre; Rousseeuw and Croux 1993). Robust: one hiccup does not make a spread wide."""

Store = Callable[[Sequence[Pair]], None]


def time_pairs(
    sides: Sides, cells: Sequence[Cell], pairs: Sequence[Pair], options: Options, progress: Progress, store: Store
) -> tuple[Pair, ...]:
    """Add timed samples to ``pairs`` (parallel to ``cells``): ``options.rounds`` for each side, then more where the
    spread is wide, until ``options.budget_s`` is used up. ``store`` is called after every round.
    """
    if not cells:
        return ()
    seen = list(pairs)
    rng = random.Random(options.seed)  # noqa: S311 (order of execution, no secret)
    begin = time.perf_counter()
    writes = cells[0].query.writes
    name = "measuring writes" if writes else "measuring"
    with sides.arms(writes=writes) as connections:
        _warm_up(connections, cells, seen, options.warmups)
        order, number = list(range(len(cells))), 0
        while order:
            rng.shuffle(order)
            for done, index in enumerate(order):
                seen[index] = _one_round(connections, cells[index], seen[index], number, begin, rng)
                _tell(progress, name, options.rounds, number + (done + 1) / len(order), last=False)
            store(seen)
            number += 1
            spent = time.perf_counter() - begin
            order = _next_round(seen, number, options, spent)
    if number > options.rounds:
        _tell(progress, name, options.rounds, number, last=True)
    return tuple(seen)


def _tell(progress: Progress, name: str, rounds: int, done: float, *, last: bool) -> None:
    if done <= rounds:
        progress(name, done, rounds, "rounds")
    else:
        extra = done - rounds
        progress(f"{name} the unsteady", extra, extra if last else max(extra, SAMPLES_MAX - rounds) + 1, "rounds")


def _warm_up(connections: dict[Arm, Connection], cells: Sequence[Cell], pairs: Sequence[Pair], times: int) -> None:
    """Prepare each statement and fill the connection's catalog caches, with the class that is quickest to run.

    The data needs no warming: every cell has just been compared and explained.
    """
    quickest: dict[str, int] = {}
    for index, pair in enumerate(pairs):
        best = quickest.setdefault(pair.query, index)
        if (pair.before.first_ms or math.inf) < (pairs[best].before.first_ms or math.inf):
            quickest[pair.query] = index
    for index in quickest.values():
        for state, connection in connections.items():
            for _ in range(times):
                if not _hopeless(pairs[index], state):
                    with contextlib.suppress(Timeout):
                        execute(connection, cells[index], state, 0)
    if "copy" in connections:  # which nobody has read yet
        for cell, pair in zip(cells, pairs, strict=True):
            with contextlib.suppress(Timeout):
                for binding in range(0 if _hopeless(pair, "copy") else len(cell.bindings)):
                    execute(connections["copy"], cell, "copy", binding)


def _hopeless(pair: Pair, arm: Arm) -> bool:
    samples = (*pair.after.samples, *pair.copy) if arm == "copy" else pair.side(arm).samples
    return any(sample.censored for sample in samples)


def _one_round(
    connections: dict[Arm, Connection], cell: Cell, pair: Pair, number: int, begin: float, rng: random.Random
) -> Pair:
    binding = number % len(cell.bindings)
    for arm in rng.sample(list(connections), len(connections)):
        if _hopeless(pair, arm):
            continue
        at_s = time.perf_counter() - begin
        try:
            ms, _ = execute(connections[arm], cell, arm, binding)
            sample = Sample(ms, at_s, binding)
        except Timeout as timeout:
            sample = Sample(timeout.ms, at_s, binding, censored=True)
        pair = _with(pair, arm, sample)
    return pair


def _with(pair: Pair, arm: Arm, sample: Sample) -> Pair:
    if arm == "copy":
        return replace(pair, copy=(*pair.copy, sample))
    side = replace(pair.side(arm), samples=(*pair.side(arm).samples, sample))
    return replace(pair, before=side) if arm == "before" else replace(pair, after=side)


def _next_round(pairs: Sequence[Pair], number: int, options: Options, spent_s: float) -> list[int]:
    """Indexes of the pairs that take part in the next round."""
    live = [i for i, pair in enumerate(pairs) if not all(_hopeless(pair, state) for state in STATES)]
    if number < options.rounds:
        return live
    if spent_s >= options.budget_s:
        return []
    return [i for i in live if not _settled(pairs[i], options.target_ms)]


def _settled(pair: Pair, target_ms: float) -> bool:
    """True when more executions would not say more.

    The verdict that counts is the one after: a before that lies close to the target costs no extra time.
    """
    after = pair.after.samples or pair.before.samples
    if verdict(after, target_ms) == "cannot tell" and len(after) < SAMPLES_MAX_UNCLEAR:
        return any(sample.censored for sample in after)
    return _narrow(pair.before.samples) and _narrow(pair.after.samples)


def _narrow(samples: Sequence[Sample]) -> bool:
    if not samples or any(sample.censored for sample in samples):
        return True
    times = [sample.ms for sample in samples]
    centre = median(times)
    error = MEDIAN_ERROR * median(abs(ms - centre) for ms in times) / len(times) ** 0.5
    return error <= WIDE * centre or len(samples) >= SAMPLES_MAX

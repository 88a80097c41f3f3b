"""Timed executions: before and after back to back, all pairs in seeded random order, round after round.

Back to back, because a shared machine drifts from second to second; in random order, because what ran before matters;
in rounds, because a burst of noise then touches every cell a little instead of one cell wholly.
"""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Container, Sequence
from dataclasses import replace
from statistics import median

from bench.measurement.compare import Store
from bench.measurement.execution import Cell, Sides, Timeout, execute
from bench.model import STATES, Arm, CellSide, Options, Pair, Sample
from bench.postgres.connection import Connection
from bench.progress import Progress
from bench.statistics.looks import COUNTS, FIRST_MEETS, LAST, LOOKS, next_look
from bench.statistics.verdicts import at_looks, over

SAMPLES_LEAST = 15
"""Timed executions of a side whose verdict is clear sooner, for its median."""

SAMPLES_MAX = FIRST_MEETS
"""The same at most, however wide the spread."""

RENEWED_AFTER = 5
"""Rounds after which every arm gets a new connection. For as long as it lives, a server process may be slower than the
others by where it runs and where its memory lies: with one connection for all rounds, all cells of an arm were off by
10 to 35 % in 20 of 54 sessions beside other work (docs/method.md)."""

SLOW_MS = 100.0
"""A statement that takes longer is not warmed again on a new connection: what that would save is not seen in it."""

LEAST = LOOKS[1].n
"""Executions of a cell whose verdict is open, however little time there is: the least that can meet a target."""

TURN_MS = 0.4
"""What an execution costs the client beside the statement: shuffling, sending, keeping the sample."""

WIDE = 0.10
"""A side with a verdict is measured on while the standard error of its median is more than this share of the median."""

MEDIAN_ERROR = 1.2533 * 1.4826
"""Standard error of a median is about 1.2533 sd / sqrt(n), and sd about 1.4826 times the median absolute deviation
(both for a normal centre; Rousseeuw and Croux 1993). Robust: one hiccup does not make a spread wide."""


def time_pairs(
    sides: Sides, cells: Sequence[Cell], pairs: Sequence[Pair], options: Options, progress: Progress, store: Store,
    *, from_s: float = 0.0,
) -> tuple[Pair, ...]:  # fmt: skip
    """Add timed samples to ``pairs`` (parallel to ``cells``) until each side has a verdict, at a look, and a median.

    A side without a verdict gets ``options.rounds`` executions, and more until ``options.budget_s`` is used up, while a
    later look could decide. ``store`` is called after every round, or less often where it takes long. ``from_s`` is the
    second of the measurement at which this part of it begins.
    """
    if not cells:
        return ()
    seen, store = list(pairs), _sparingly(store)
    rng = random.Random(options.seed)  # noqa: S311 (order of execution, no secret)
    begin = time.perf_counter()
    writes = cells[0].query.writes
    name = "measuring writes" if writes else "measuring"
    with contextlib.ExitStack() as life:
        connections = life.enter_context(sides.arms(writes=writes))
        _warm_up(connections, cells, seen, options.warmups)
        number = 0
        while turns := _turns(seen, connections, options, time.perf_counter() - begin):
            if number and number % RENEWED_AFTER == 0:
                life.close()
                connections = life.enter_context(sides.arms(writes=writes))
                _warm_up(connections, cells, seen, options.warmups, shorter_than_ms=SLOW_MS)
            rng.shuffle(turns)
            for done, (index, arms) in enumerate(turns):
                for arm in rng.sample(arms, len(arms)):
                    at_s = from_s + time.perf_counter() - begin
                    sample = _timed(connections[arm], cells[index], arm, number, at_s)
                    seen[index] = _with(seen[index], arm, sample, options.target_ms)
                _tell(progress, name, options.rounds, number + (done + 1) / len(turns), last=False)
            store(seen)
            number += 1
    if number > options.rounds:
        _tell(progress, name, options.rounds, number, last=True)
    return tuple(seen)


def _sparingly(store: Store) -> Store:
    """Leave out calls, so that they take a tenth of the time at most: each writes all that was seen so far."""
    next_at = 0.0

    def kept(pairs: Sequence[Pair]) -> None:
        nonlocal next_at
        begun = time.perf_counter()
        if begun >= next_at:
            store(pairs)
            now = time.perf_counter()
            next_at = now + 9 * (now - begun)

    return kept


def _tell(progress: Progress, name: str, rounds: int, done: float, *, last: bool) -> None:
    if done <= rounds:
        progress(name, done, rounds, "rounds")
    else:
        extra = done - rounds
        progress(f"{name} the undecided", extra, extra if last else max(extra, LAST - rounds), "rounds")


def _warm_up(
    connections: dict[Arm, Connection], cells: Sequence[Cell], pairs: Sequence[Pair], times: int,
    *, shorter_than_ms: float = math.inf,
) -> None:  # fmt: skip
    """Prepare each statement and fill the connection's catalog caches, with the class that is quickest to run.

    The data needs no warming: every cell has just been compared and explained; the second copy is read once, the first
    time. Statements that took ``shorter_than_ms`` or more are left out.
    """
    quickest: dict[str, int] = {}
    for index, pair in enumerate(pairs):
        best = quickest.setdefault(pair.query, index)
        if (pair.before.first_ms or math.inf) < (pairs[best].before.first_ms or math.inf):
            quickest[pair.query] = index
    for index in quickest.values():
        for state, connection in connections.items():
            for _ in range(times):
                if not _hopeless(pairs[index], state) and _latest_ms(pairs[index], state) < shorter_than_ms:
                    with contextlib.suppress(Timeout):
                        execute(connection, cells[index], state, 0)
    if "copy" in connections and not any(pair.copy for pair in pairs):  # nobody has read it yet
        for cell, pair in zip(cells, pairs, strict=True):
            with contextlib.suppress(Timeout):
                for binding in range(0 if _hopeless(pair, "copy") else len(cell.bindings)):
                    execute(connections["copy"], cell, "copy", binding)


def _latest_ms(pair: Pair, arm: Arm) -> float:
    samples = pair.copy if arm == "copy" else pair.side(arm).samples
    return samples[-1].ms if samples else 0.0


def _hopeless(pair: Pair, arm: Arm) -> bool:
    side = pair.after if arm == "copy" else pair.side(arm)
    samples = (*side.samples, *pair.copy) if arm == "copy" else side.samples
    return bool(side.error) or any(sample.censored for sample in samples)


def _timed(connection: Connection, cell: Cell, arm: Arm, number: int, at_s: float) -> Sample:
    binding = number % len(cell.bindings)
    try:
        ms, _ = execute(connection, cell, arm, binding)
    except Timeout as timeout:
        return Sample(timeout.ms, at_s, binding, censored=True)
    return Sample(ms, at_s, binding)


def _with(pair: Pair, arm: Arm, sample: Sample, target_ms: float) -> Pair:
    """Add a sample, and the look where that is one and decides."""
    if arm == "copy":
        return replace(pair, copy=(*pair.copy, sample))
    side = pair.side(arm)
    samples = (*side.samples, sample)
    decided = at_looks(samples, target_ms) if target_ms and side.look is None and len(samples) in COUNTS else None
    side = replace(side, samples=samples, look=decided.look.n if decided and decided.look else side.look)
    return replace(pair, before=side) if arm == "before" else replace(pair, after=side)


def _turns(
    pairs: Sequence[Pair], arms: Container[Arm], options: Options, spent_s: float
) -> list[tuple[int, tuple[Arm, ...]]]:
    """Which pairs take part in the next round, by index, with their arms; a copy goes with the state after."""
    left = spent_s < options.budget_s
    found: list[tuple[int, tuple[Arm, ...]]] = []
    for index, pair in enumerate(pairs):
        own: list[Arm] = [one for one in STATES if one in arms and _wanted(pair.side(one), options, left=left)]
        if "copy" in arms and "after" in own and not _hopeless(pair, "copy"):
            own.append("copy")
        if own:
            found.append((index, tuple(own)))
    return found


def _wanted(side: CellSide, options: Options, *, left: bool) -> bool:
    """Whether one more execution would say more; ``left`` while there is budget."""
    if side.error:
        return False
    n, cut_off = len(side.samples), any(sample.censored for sample in side.samples)
    if not options.target_ms:
        return not cut_off and n < options.rounds
    if side.look is not None:
        unsteady = left and n < SAMPLES_MAX and not _narrow(side.samples)
        return not cut_off and (n < min(options.rounds, SAMPLES_LEAST) or unsteady)
    if cut_off:  # each further one may wait for the timeout again
        return n < LOOKS[0].n or (left and _open(side, options.target_ms))
    return n < options.rounds or (left and _open(side, options.target_ms))


def _open(side: CellSide, target_ms: float) -> bool:
    return next_look(len(side.samples), sum(over(sample, target_ms) for sample in side.samples)) is not None


def _narrow(samples: Sequence[Sample]) -> bool:
    times = [sample.ms for sample in samples]
    centre = median(times)
    error = MEDIAN_ERROR * median(abs(ms - centre) for ms in times) / len(times) ** 0.5
    return bool(error <= WIDE * centre)


def rounds_within(budget_s: float, pairs: Sequence[Pair], options: Options) -> int:
    """How many executions each cell gets while its verdict is open, so that all of them fit into ``budget_s``.

    A cell that is over the target at its first execution is decided after a few, and counts as those.
    """
    times = [ms for pair in pairs for state in STATES if (ms := _execution_ms(pair.side(state))) is not None]
    if not options.target_ms or not times:
        return options.rounds
    short = [ms for ms in times if ms <= options.target_ms]
    long_s = sum(min(ms, options.timeout_s * 1e3) * LEAST for ms in times if ms > options.target_ms) / 1e3
    each_s = sum(ms + TURN_MS for ms in short) / 1e3
    fit = int(max(0.0, budget_s - long_s) / each_s) if each_s else options.rounds
    return max(min(LEAST, options.rounds), min(options.rounds, fit))


def _execution_ms(side: CellSide) -> float | None:
    """How long one execution takes: by the plan that was seen last, else the first; None of a side never executed."""
    if side.plan:
        return side.plan.planning_ms + side.plan.execution_ms
    return side.first_ms or (side.samples[0].ms if side.samples else None)

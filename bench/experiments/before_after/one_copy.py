"""Before, the optimizations, and after in one database, one after the other: for data of which no more copies fit.

Nothing runs in turn, so a machine that drifts meanwhile is in every ratio. What needs a further copy is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bench.experiments.before_after.work import RunOptions, Work, exercise_in, with_upkeep
from bench.experiments.room import Wanted, in_one_copy, in_the_filled_one
from bench.experiments.setup import Setup
from bench.measurement import Cell, Sides, time_pairs
from bench.measurement.one_copy import SeenBefore, look_after, look_before, with_left
from bench.model import Pair, State
from bench.postgres import databases, optimizations
from bench.postgres.catalog import rows
from bench.postgres.connection import checkpoint
from bench.progress import Progress

BEFORES_SHARE = 0.5
"""Of the time to measure in, what the state before may take: the other one is not there yet to share it by need."""


def decided(setup: Setup, chosen: RunOptions, free: int | None) -> tuple[RunOptions, str]:
    """What was chosen, with one copy or without, and why it is one where nobody asked for that.

    ``free`` are the bytes on the server's disk; None where nobody can look at it. What ages tables or empties caches is
    measured in turn alone, and a cluster's databases are on several disks: no copy is chosen for them.

    Raises:
        DiskFull: there is no room for a single one, not even for what is added to the filled one.
    """
    if chosen.one_copy is False or not chosen.measure:
        return chosen, ""
    template, after = (databases.find(setup.admin, name) for name in (setup.template, setup.after_key))
    size, why = template.size_bytes if template else 0, ""
    if chosen.one_copy is None:
        if setup.spread or chosen.cold or chosen.options.aged:
            return chosen, ""
        optimized = after.size_bytes if after else None
        why = in_one_copy(free, size, optimized, _wanted(setup, chosen, size, kept=after is not None))
        if not why:
            return chosen, ""
    taken = in_the_filled_one(free, size)
    options = replace(chosen.options, one_copy=True)
    return replace(chosen, options=options, in_place=bool(taken)), ". ".join(filter(None, (why, taken)))


def _wanted(setup: Setup, chosen: RunOptions, size: int, *, kept: bool) -> Wanted:
    return Wanted(
        kept=not kept and bool(setup.workload.optimizations) and 2 * size <= setup.options.cache_limit_bytes,
        aa=chosen.aa,
        writes=chosen.keep_databases and any(query.writes for query in setup.options.queries),
        attribute=chosen.attribute,
    )


@dataclass(slots=True)
class _Clock:
    """The second of the measurement at which each part of it begins: all of them are on one line."""

    begun: float | None = field(default=None)

    def now(self) -> float:
        if self.begun is None:
            self.begun = time.perf_counter()
        return time.perf_counter() - self.begun


def measure(work: Work) -> None:
    """Measure the state before, apply the optimizations, and measure the state after, all in one database."""
    setup, (name,) = work.setup, set(work.sides.databases.values())
    clock = _Clock()
    with setup.watch("clone and optimize"), setup.server.bulk():
        setup.progress("cloning", 0, 1)
        made = setup.take if work.chosen.in_place else setup.clone
        made(name, "before", kept=work.chosen.keep_databases)
        checkpoint(setup.admin)
        setup.progress("cloning", 1, 1)
    work.told(pairs=work.skipped, notes=(*work.seen.notes, *_left_out(work)))
    seen = _before(work, clock)
    with setup.watch("clone and optimize"), setup.server.bulk():
        _optimize(work, name)
    _after(work, clock, seen)
    _upkeep(work)


def _left_out(work: Work) -> list[str]:
    """What takes a further copy, a line each."""
    chosen, blocks = work.chosen, work.setup.workload.optimizations
    found = []
    if chosen.aa:
        found.append("Left out with one copy: a second copy of the database after (--aa).")
    if chosen.attribute and blocks:
        found.append("Left out with one copy: the four sides of the optimizations; pgproof attribute measures them.")
    if chosen.as_set and work.seen.server.own_settings:
        found.append("Left out with one copy: times under the server's own settings.")
    if outside := [block.name for block in blocks if optimizations.outside(block)]:
        found.append(f"Left out with one copy: upkeep that cannot be rolled back, of {', '.join(outside)}.")
    return found


def _before(work: Work, clock: _Clock) -> list[tuple[SeenBefore, ...]]:
    """See and time what reads, then what writes; each execution of that is rolled back, and swept away at the end."""
    setup, options, found = work.setup, work.chosen.options, []
    sides = _only(work, "before")
    for cells in (work.reads, work.writes):
        done = work.seen.pairs
        with setup.watch("equality and plans"):
            pairs, seen = look_before(sides, cells, setup.progress, _stored(work, done), plans=work.chosen.plans)
        _time(work, "before", cells, pairs, done, clock, options.budget_s * BEFORES_SHARE)
        found.append(tuple(seen))
    if work.writes:
        with setup.watch("equality and plans"):
            found[-1] = tuple(with_left(sides, found[-1], setup.progress))
        with setup.watch("clone and optimize"):
            _sweep(work, sides.databases["before"])
    return found


def _after(work: Work, clock: _Clock, seen: Sequence[Sequence[SeenBefore]]) -> None:
    setup, options = work.setup, work.chosen.options
    for own in seen:
        cells, keys = [one.cell for one in own], {(one.cell.query.name, one.cell.parameter_class) for one in own}
        others = tuple(pair for pair in work.seen.pairs if (pair.query, pair.parameter_class) not in keys)
        mine = [pair for pair in work.seen.pairs if (pair.query, pair.parameter_class) in keys]
        store = _stored(work, others)
        with setup.watch("equality and plans"):
            pairs = look_after(work.sides, own, mine, setup.progress, store, plans=work.chosen.plans)
        _time(work, "after", cells, pairs, others, clock, options.budget_s)
        exercise_in(work, work.sides, cells)


def _time(
    work: Work, state: State, cells: Sequence[Cell], pairs: Sequence[Pair], others: tuple[Pair, ...], clock: _Clock,
    until_s: float,
) -> None:  # fmt: skip
    """Time one state of ``cells`` until all phases have measured for ``until_s``."""
    setup, store = work.setup, _stored(work, others)
    with setup.watch("measure"):
        left = max(0.0, until_s - setup.watch.seconds.get("measure", 0.0))
        timed = time_pairs(
            _only(work, state), cells, pairs, replace(work.chosen.options, budget_s=left),
            _named(setup.progress, state), store, from_s=clock.now(),
        )  # fmt: skip
    store(timed)


def _only(work: Work, state: State) -> Sides:
    """The database as the one state that it is in."""
    return replace(work.sides, databases={state: work.sides.databases[state]})


def _stored(work: Work, others: Sequence[Pair]) -> Callable[[Sequence[Pair]], None]:
    return lambda current: work.told(pairs=(*others, *current))


def _named(progress: Progress, state: State) -> Progress:
    def told(phase: str, done: float, total: float, unit: str = "") -> None:
        progress(f"{phase} {state}", done, total, unit)

    return told


def _sweep(work: Work, name: str) -> None:
    """Take away the dead rows that statements left which were rolled back, so that the state after begins as before."""
    ourselves = replace(work.setup.target, login={})  # tables may belong to any role of the schema
    with ourselves.connect(name, search_path="pg_catalog") as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        for row in rows(connection, "list_tables"):
            connection.execute(f"VACUUM (FREEZE, INDEX_CLEANUP ON) {row['name']}")
        checkpoint(connection)


def _optimize(work: Work, name: str) -> None:
    setup = work.setup
    with setup.target.connect(name) as connection:
        applied = optimizations.apply_all(
            connection, setup.workload.optimizations, setup.progress, settling=setup.settling(name)
        )
        checkpoint(connection)
    if found := databases.find(setup.admin, name):
        databases.write_mark(setup.admin, replace(found, kind="after"))
    work.told(applied=applied)


def _upkeep(work: Work) -> None:
    blocks = work.setup.workload.optimizations
    if not any(block.upkeep or block.staleness for block in blocks):
        return
    with work.setup.watch("upkeep"), work.setup.target.connect(work.sides.databases["after"]) as connection:
        applied, _ = with_upkeep(work.setup, connection, work.seen.applied)
    work.told(applied=applied)

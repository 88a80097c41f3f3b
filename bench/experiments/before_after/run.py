"""The experiment from end to end, in the order in which a person would tell it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from bench.cells.copies import copies_of
from bench.experiments.attributing import Subject, attribute
from bench.experiments.before_after import one_copy
from bench.experiments.before_after.work import Keep, RunOptions, Work, exercise_in, with_upkeep
from bench.experiments.setup import Setup, SetupOptions, complete, prepared
from bench.measurement import Cell, Sides, cells_of, compare_all, time_pairs
from bench.measurement.churn import churn, switch_autovacuum_off
from bench.measurement.cold import Caches, measure_cold
from bench.measurement.schedule import keep_up_once
from bench.model import STATES, Aged, ChurnPhase, Options, Pair, Relation, Run, State
from bench.postgres import databases, optimizations
from bench.postgres.build_settings import SAMPLE_ROWS_PER_TARGET, TARGET_MAX
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, checkpoint
from bench.postgres.servers import SUPERUSER, ServerHandle
from bench.postgres.servers.disk import FreeBytes, free_bytes_of
from bench.postgres.servers.handle import quiet
from bench.workload.churn import CHURN_FILE

__all__ = ["Keep", "RunOptions", "run"]

NO_SIDES = (
    "The four sides of the optimizations were not measured: that takes blocks out and back in transactions that are "
    "rolled back, which a cluster refuses. A run on one server has them."
)


def run(
    basis: SetupOptions, chosen: RunOptions, server: ServerHandle, keep: Keep, *, say: Callable[[str], None] = quiet,
    free_bytes: FreeBytes = free_bytes_of,
) -> Run:  # fmt: skip
    """Run the experiment on ``server`` and return what was seen; ``keep`` gets every intermediate state of it.

    An interruption leaves the last state that ``keep`` got; databases of an unfinished run are dropped here, or, where
    the process was killed, by the next run. ``say`` is told why it takes one copy where nobody asked for that.

    Raises:
        DiskFull: there is no room for a single copy.
    """
    with prepared(basis, server, one_server=_one_server(chosen)) as setup:
        chosen = replace(chosen, attribute=chosen.attribute and not setup.spread)
        chosen, why = one_copy.decided(setup, chosen, free_bytes(server))
        if why:
            say(why)
        watch, queries = setup.watch, setup.options.queries
        with watch("parameters"):
            bindings = setup.bindings(queries)
        seen = replace(_begin(setup, chosen.options), given=chosen.given)
        seen = replace(seen, notes=(*seen.notes, *([f"{why}."] if why else [])))
        alone = chosen.options.one_copy
        names = {state: f"{databases.PREFIX}{seen.id}_{'after' if alone else state}" for state in STATES}
        sides = Sides(setup.target, names, chosen.options.timeout_s, spread=setup.spread)
        caches = Caches(server, sides, whole_machine=chosen.drop_caches)
        work = Work(setup, chosen, bindings, sides, keep, seen)
        try:
            if alone:
                one_copy.measure(work)
            else:
                _measure_in_turn(work, caches)
        finally:
            if not chosen.keep_databases:
                databases.drop_all(caches.sides.target, names.values())  # a restart may have moved the server
    work.seen = complete(work.seen)
    work.told()
    return work.seen


def _one_server(chosen: RunOptions) -> str:
    """What of that a cluster cannot do; empty where it can."""
    if chosen.attribute and not chosen.measure:
        return "pgproof attribute"
    return "pgproof run --one-copy" if chosen.one_copy else ""


def _measure_in_turn(work: Work, caches: Caches) -> None:
    setup, chosen = work.setup, work.chosen
    with setup.watch("clone and optimize"), setup.server.bulk():
        _clone(work)
    if chosen.measure and chosen.options.aged:
        if chosen.attribute:
            work.unaged = setup.copy(work.sides.databases["after"], "unaged")
        _age(work)
    if chosen.plans:
        work.told(relations=_relations(work))
    if chosen.measure:
        _measure(work)
    if chosen.attribute and setup.workload.optimizations:
        with setup.watch("attribution"):
            found = attribute(_subject(work))
        work.told(attribution=found)
    if chosen.measure and chosen.cold:
        _measure_cold(work, caches)


def _begin(setup: Setup, options: Options) -> Run:
    return Run(
        **setup.facts(),
        options=options,
        queries=setup.options.queries,
        optimizations=setup.workload.optimizations,
        left_out=setup.options.left_out,
        notes=_notes(setup),
        class_reasons=setup.workload.class_reasons,
    )


def _notes(setup: Setup) -> tuple[str, ...]:
    notes, limit = [], SAMPLE_ROWS_PER_TARGET * TARGET_MAX
    if sampled := [table.name for table in setup.dataset.tables if table.rows > limit]:
        notes.append(
            f"Statistics of {', '.join(sampled)} come from a random sample of {limit:,} rows: a plan that hangs on "
            "them can differ after another load."
        )
    if left_out := len(setup.options.left_out):
        notes.append(f"{left_out} queries of the workload were left out: what only they use looks unused.")
    notes += [f"A class was left out, since the cluster refuses to be asked for it: {one}." for one in setup.refused]
    if setup.spread:
        notes += [*setup.dataset.schema_notes, *([NO_SIDES] if setup.workload.optimizations else [])]
    if setup.server.superuser:
        notes.append(f"{SUPERUSER[0].upper()}{SUPERUSER[1:]}.")
    return tuple(notes)


def _clone(work: Work) -> None:
    """Make both states; what applying the optimizations took may be known from an earlier command."""
    setup, names, kept = work.setup, work.sides.databases, work.chosen.keep_databases
    setup.progress("cloning", 0, 1)
    setup.clone(names["before"], "before", kept=kept)
    setup.progress("cloning", 1, 1)
    applied, made_at = setup.after(names["after"], kept=kept)
    said = f"The optimizations were applied at {made_at}, and the database was kept: what building took is from then."
    work.told(applied=applied, notes=(*work.seen.notes, *([said] if made_at else [])))
    if setup.spread:
        _leave_out(work, {block.name for block in setup.workload.optimizations} - {one.name for one in applied})


def _leave_out(work: Work, refused: set[str]) -> None:
    """Go on without the optimizations that the cluster has no feature for."""
    if not refused:
        return
    setup = work.setup
    workload = setup.workload.without(refused)
    note = (
        f"The cluster has no feature for {len(refused)} of the optimizations: "
        f"{'; '.join(setup.blocks_refused or sorted(refused))}. They are left out, and statements that were rewritten "
        "for one of them stay as they were before."
    )
    work.setup = replace(setup, options=replace(setup.options, workload=workload))
    work.told(
        queries=work.setup.options.queries, optimizations=workload.optimizations, notes=(*work.seen.notes, note)
    )  # fmt: skip


def _age(work: Work) -> None:
    """Time the reads as the databases were made, then write: both states the same statements, in the same order.

    Nothing tidies up afterwards: autovacuum is off in both, as everywhere here. What rewrites read instead of the
    tables is brought up to date by its own upkeep, once, as somebody's schedule would.
    """
    setup, share = work.setup, work.chosen.options.aged
    _timed_beside(work, work.sides, "fresh", lambda pairs: work.told(fresh=tuple(pairs)))
    phases: dict[State, ChurnPhase] = {}
    with setup.watch("churn"):
        for state in STATES:
            with setup.target.connect(work.sides.databases[state]) as connection:
                switch_autovacuum_off(connection)
                phases[state] = churn(connection, setup.workload, share, setup.progress).phase
        kept_up = _keep_up(work)
        checkpoint(setup.admin)
    file = (setup.workload.root / CHURN_FILE).read_bytes()
    churn_hash = hashlib.sha256(file).hexdigest()[:12]
    work.told(aged=Aged(share, churn_hash, phases["before"], phases["after"], kept_up))


def _keep_up(work: Work) -> tuple[str, ...]:
    """Carry out the upkeep of optimizations that a rewrite reads from; others may delete rows (retention)."""
    workload = work.setup.workload
    read = {block.name for query in workload.queries for block in workload.kept_for(query)}
    blocks = [block for block in workload.optimizations if block.upkeep and block.name in read]
    with work.setup.target.connect(work.sides.databases["after"]) as connection:
        for block in blocks:
            keep_up_once(connection, block, block.upkeep, workload.clock)
    return tuple(block.name for block in blocks)


def _measure(work: Work) -> None:
    work.seen = replace(work.seen, pairs=work.skipped)
    writes = work.writes
    with _with_copy(work) as sides:
        _measure_cells(work, sides, work.reads)
    work.told(copies=copies_of(work.seen.pairs))
    if work.chosen.as_set and work.seen.server.own_settings:
        _measure_as_set(work)
    exercise_in(work, work.sides, work.reads)
    if writes or any(block.upkeep or block.staleness for block in work.setup.workload.optimizations):
        _measure_writes(work, writes)


@contextmanager
def _with_copy(work: Work) -> Iterator[Sides]:
    """The sides, with a second copy of the database after where one is to be timed.

    Of that one, because its executions are the short ones: a third arm costs little, and where things lie in memory
    makes the most difference to them.
    """
    if not (work.chosen.aa and work.reads):
        yield work.sides
        return
    with ExitStack() as stack:
        with work.setup.watch("clone and optimize"):
            name = stack.enter_context(work.setup.passing_copy(work.sides.databases["after"], "copy"))
        yield replace(work.sides, copy=name)


def _measure_as_set(work: Work) -> None:
    """Time the reads again under the server's own settings, on the same databases, by the same rule."""
    own = work.seen.server.own_settings
    sides = replace(work.sides, settings=dict.fromkeys(STATES, own))
    _timed_beside(work, sides, "as the server is set", lambda pairs: work.told(as_set=tuple(pairs)))


def _timed_beside(work: Work, sides: Sides, name: str, store: Callable[[Sequence[Pair]], None]) -> None:
    """Compare and time all reads on ``sides``, which stand beside the run's own figures."""
    cells, setup = work.reads, work.setup

    def tell(phase: str, done: float, total: float, unit: str = "") -> None:
        setup.progress(f"{phase}, {name}", done, total, unit)

    with setup.watch(name):
        pairs = compare_all(sides, cells, tell)
        store(time_pairs(sides, cells, pairs, work.chosen.options, tell, store))


def _relations(work: Work) -> tuple[Relation, ...]:
    """The tables and indexes of both states, each once."""
    found: dict[str, Relation] = {}
    for name in work.sides.databases.values():
        with work.sides.target.connect(name) as connection:
            found |= {row["name"]: Relation(**row) for row in rows(connection, "list_pages")}
    return tuple(found.values())


def _measure_cold(work: Work, caches: Caches) -> None:
    """Last of all: what came after it would find the caches empty, and a restart ends every connection."""

    def store(pairs: Sequence[Pair]) -> None:
        work.told(pairs=tuple(pairs), cold=caches.seen)

    chosen, setup = work.chosen, work.setup
    with setup.watch("cold"), caches.opened(chosen.cold, f"{databases.PREFIX}{work.seen.id}_cold"):
        pairs = measure_cold(caches, work.reads, work.seen.pairs, chosen.options.seed, setup.progress, store)
    work.told(pairs=pairs, cold=caches.seen)


def _subject(work: Work) -> Subject:
    return Subject(
        setup=work.setup,
        after=work.unaged or work.sides.databases["after"],
        applied=work.seen.applied,
        cells=tuple(cells_of(work.queries, work.bindings)),
        timeout_s=work.chosen.options.timeout_s,
        target_ms=work.chosen.options.target_ms,
        proof_s=work.chosen.proof_s,
        timed=work.seen.fresh if work.unaged else work.seen.pairs,
        keep=lambda found: work.told(attribution=found),
    )


def _measure_writes(work: Work, cells: list[Cell]) -> None:
    """Measure what writes, queries and upkeep, last. Each execution is rolled back, but even that leaves dead rows and
    cleared visibility bits: databases that are still needed stay as they were made, and copies take their place.
    """
    chosen, setup = work.chosen, work.setup
    sides, pristine = work.sides, chosen.keep_databases or chosen.attribute or chosen.cold > 0
    with ExitStack() as stack:
        if pristine:
            with setup.watch("clone and optimize"), setup.server.bulk():
                copies = {
                    state: stack.enter_context(setup.passing_copy(name, f"{state}_writes"))
                    for state, name in sides.databases.items()
                }
            sides = replace(sides, databases=copies)
        if cells:
            _measure_cells(work, sides, cells)
        after = sides.databases["after"]
        with setup.watch("upkeep"), _for_good(setup, after) as copy, sides.target.connect(after) as connection:
            applied, refused = with_upkeep(setup, connection, work.seen.applied, copy)
        exercise_in(work, sides, cells)
    work.told(applied=applied, notes=(*work.seen.notes, *refused))


@contextmanager
def _for_good(setup: Setup, after: str) -> Iterator[Connection | None]:
    """A connection to a copy of ``after``, where upkeep cannot be rolled back."""
    if not any(optimizations.outside(block) for block in setup.workload.optimizations):
        yield None
        return
    with setup.passing_copy(after, "upkeep") as name, setup.target.connect(name) as connection:
        yield connection


def _measure_cells(work: Work, sides: Sides, cells: list[Cell]) -> None:
    done, setup, options = work.seen.pairs, work.setup, work.chosen.options

    def store(current: Sequence[Pair]) -> None:
        work.told(pairs=(*done, *current))

    with setup.watch("equality and plans"):
        pairs = compare_all(sides, cells, setup.progress, store, plans=work.chosen.plans)
    with setup.watch("measure"):
        left = max(0.0, options.budget_s - setup.watch.seconds.get("measure", 0.0))  # writes get what reads have left
        timed = time_pairs(sides, cells, pairs, replace(options, budget_s=left), setup.progress, store)
    work.told(pairs=(*done, *timed))

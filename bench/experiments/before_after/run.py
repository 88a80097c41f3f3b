"""The experiment from end to end, in the order in which a person would tell it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from bench.attribution.prove_smallest import PROOF_S
from bench.cells.copies import copies_of
from bench.cells.coverage import joined
from bench.errors import WorkloadError
from bench.experiments.attributing import Subject, attribute
from bench.experiments.setup import Setup, SetupOptions, complete, prepared
from bench.measurement import Bindings, Cell, Sides, cells_of, compare_all, time_pairs
from bench.measurement.churn import churn, switch_autovacuum_off
from bench.measurement.clause_coverage import exercise
from bench.measurement.cold import Caches, measure_cold
from bench.measurement.schedule import keep_up_once
from bench.model import STATES, Aged, Applied, ChurnPhase, Options, Pair, Query, Relation, Run, State
from bench.postgres import databases, optimizations
from bench.postgres.build_settings import SAMPLE_ROWS_PER_TARGET, TARGET_MAX
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, checkpoint
from bench.postgres.servers import SUPERUSER, ServerHandle
from bench.workload.churn import CHURN_FILE

COVERAGE_S = 30.0
"""Seconds after which no more clauses are changed: a run is for times. ``pgproof coverage`` has no such limit."""

NO_SIDES = (
    "The four sides of the optimizations were not measured: that takes blocks out and back in transactions that are "
    "rolled back, which a cluster refuses. A run on one server has them."
)

Keep = Callable[[Run], None]
"""Called with everything seen so far, after every step."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What to do with the databases before and after: everything else that the user chose."""

    options: Options
    keep_databases: bool = False
    measure: bool = True
    """Whether to time the cells before and after."""
    aa: bool = False
    """Whether to time a second copy of the database after in turn with the others."""
    as_set: bool = False
    """Whether to time the cells of reads under the server's own settings too, where they differ from those forced."""
    attribute: bool = False
    """Whether to measure the four sides of each optimization."""
    proof_s: float = PROOF_S
    """Seconds for executing the smallest set of them."""
    cold: int = 0
    """Executions of each cell of reads with emptied caches."""
    coverage: bool = False
    """Whether to find out which clauses of the queries their classes exercise."""
    plans: bool = False
    """Whether to keep the plan of every binding, and the sizes of tables and indexes: what a forecast rests on."""
    given: str = ""
    """The workload as the user named it; empty where that was left to pgproof."""
    drop_caches: bool = False
    """Whether they may empty the cache of the whole machine, where the files of the database cannot be reached."""


@dataclass(slots=True)
class _Work:
    """What the parts share; ``seen`` grows."""

    setup: Setup
    chosen: RunOptions
    bindings: Bindings
    sides: Sides
    keep: Keep
    seen: Run
    unaged: str = ""
    """A copy of the database after as it was made, for the four sides of the optimizations, where that one is aged."""

    @property
    def queries(self) -> tuple[Query, ...]:
        """Those that take part."""
        return self.seen.queries

    def told(self, **more: object) -> None:
        """Add to what was seen, and hand it on."""
        self.seen = replace(self.seen, phases_s=dict(self.setup.watch.seconds), **more)  # type: ignore[arg-type]
        self.keep(self.seen)


def run(basis: SetupOptions, chosen: RunOptions, server: ServerHandle, keep: Keep) -> Run:
    """Run the experiment on ``server`` and return what was seen; ``keep`` gets every intermediate state of it.

    An interruption leaves the last state that ``keep`` got; databases of an unfinished run are dropped here, or, where
    the process was killed, by the next run.
    """
    sides_alone = chosen.attribute and not chosen.measure
    with prepared(basis, server, one_server="pgproof attribute" if sides_alone else "") as setup:
        chosen = replace(chosen, attribute=chosen.attribute and not setup.spread)
        watch, queries = setup.watch, setup.options.queries
        with watch("parameters"):
            bindings = setup.bindings(queries)
        seen = replace(_begin(setup, chosen.options), given=chosen.given)
        names = {state: f"{databases.PREFIX}{seen.id}_{state}" for state in STATES}
        sides = Sides(setup.target, names, chosen.options.timeout_s, spread=setup.spread)
        caches = Caches(server, sides, whole_machine=chosen.drop_caches)
        work = _Work(setup, chosen, bindings, sides, keep, seen)
        try:
            with watch("clone and optimize"), server.bulk():
                _clone(work)
            if chosen.measure and chosen.options.aged:
                if chosen.attribute:
                    work.unaged = setup.copy(names["after"], "unaged")
                _age(work)
            if chosen.plans:
                work.told(relations=_relations(work))
            if chosen.measure:
                _measure(work)
            if chosen.attribute and setup.workload.optimizations:
                with watch("attribution"):
                    found = attribute(_subject(work))
                work.told(attribution=found)
            if chosen.measure and chosen.cold:
                _measure_cold(work, caches)
        finally:
            if not chosen.keep_databases:
                databases.drop_all(caches.sides.target, names.values())  # a restart may have moved the server
    work.seen = complete(work.seen)
    work.told()
    return work.seen


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


def _clone(work: _Work) -> None:
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


def _leave_out(work: _Work, refused: set[str]) -> None:
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


def _age(work: _Work) -> None:
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


def _keep_up(work: _Work) -> tuple[str, ...]:
    """Carry out the upkeep of optimizations that a rewrite reads from; others may delete rows (retention)."""
    workload = work.setup.workload
    read = {block.name for query in workload.queries for block in workload.kept_for(query)}
    blocks = [block for block in workload.optimizations if block.upkeep and block.name in read]
    with work.setup.target.connect(work.sides.databases["after"]) as connection:
        for block in blocks:
            keep_up_once(connection, block, block.upkeep, workload.clock)
    return tuple(block.name for block in blocks)


def _measure(work: _Work) -> None:
    skipped = tuple(
        Pair(query.name, "all", skipped="the dataset has no value for any parameter class of this query")
        for query in work.queries
        if not work.bindings[query.name]
    )
    work.seen = replace(work.seen, pairs=skipped)
    writes = cells_of([query for query in work.queries if query.writes], work.bindings)
    with _with_copy(work) as sides:
        _measure_cells(work, sides, _reads(work))
    work.told(copies=copies_of(work.seen.pairs))
    if work.chosen.as_set and work.seen.server.own_settings:
        _measure_as_set(work)
    _exercise(work, work.sides, _reads(work))
    if writes or any(block.upkeep or block.staleness for block in work.setup.workload.optimizations):
        _measure_writes(work, writes)


@contextmanager
def _with_copy(work: _Work) -> Iterator[Sides]:
    """The sides, with a second copy of the database after where one is to be timed.

    Of that one, because its executions are the short ones: a third arm costs little, and where things lie in memory
    makes the most difference to them.
    """
    if not (work.chosen.aa and _reads(work)):
        yield work.sides
        return
    with ExitStack() as stack:
        with work.setup.watch("clone and optimize"):
            name = stack.enter_context(work.setup.passing_copy(work.sides.databases["after"], "copy"))
        yield replace(work.sides, copy=name)


def _measure_as_set(work: _Work) -> None:
    """Time the reads again under the server's own settings, on the same databases, by the same rule."""
    own = work.seen.server.own_settings
    sides = replace(work.sides, settings=dict.fromkeys(STATES, own))
    _timed_beside(work, sides, "as the server is set", lambda pairs: work.told(as_set=tuple(pairs)))


def _timed_beside(work: _Work, sides: Sides, name: str, store: Callable[[Sequence[Pair]], None]) -> None:
    """Compare and time all reads on ``sides``, which stand beside the run's own figures."""
    cells, setup = _reads(work), work.setup

    def tell(phase: str, done: float, total: float, unit: str = "") -> None:
        setup.progress(f"{phase}, {name}", done, total, unit)

    with setup.watch(name):
        pairs = compare_all(sides, cells, tell)
        store(time_pairs(sides, cells, pairs, work.chosen.options, tell, store))


def _exercise(work: _Work, sides: Sides, cells: Sequence[Cell]) -> None:
    """Find out which clauses of these statements their classes exercise, after all that is timed on ``sides``."""
    if not work.chosen.coverage or not cells:
        return
    left_s = max(0.0, COVERAGE_S - work.setup.watch.seconds.get("coverage", 0.0))
    with work.setup.watch("coverage"):
        kept = None if work.chosen.options.aged else work.setup.kept_clauses()  # of the rows as they were made
        found = exercise(sides, "after", cells, work.setup.progress, budget_s=left_s, kept=kept)
    work.told(coverage=joined(work.seen.coverage, found))


def _relations(work: _Work) -> tuple[Relation, ...]:
    """The tables and indexes of both states, each once."""
    found: dict[str, Relation] = {}
    for name in work.sides.databases.values():
        with work.sides.target.connect(name) as connection:
            found |= {row["name"]: Relation(**row) for row in rows(connection, "list_pages")}
    return tuple(found.values())


def _reads(work: _Work) -> list[Cell]:
    return cells_of([query for query in work.queries if not query.writes], work.bindings)


def _measure_cold(work: _Work, caches: Caches) -> None:
    """Last of all: what came after it would find the caches empty, and a restart ends every connection."""

    def store(pairs: Sequence[Pair]) -> None:
        work.told(pairs=tuple(pairs), cold=caches.seen)

    chosen, setup = work.chosen, work.setup
    with setup.watch("cold"), caches.opened(chosen.cold, f"{databases.PREFIX}{work.seen.id}_cold"):
        pairs = measure_cold(caches, _reads(work), work.seen.pairs, chosen.options.seed, setup.progress, store)
    work.told(pairs=pairs, cold=caches.seen)


def _subject(work: _Work) -> Subject:
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


def _measure_writes(work: _Work, cells: list[Cell]) -> None:
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
            applied, refused = _with_upkeep(setup, connection, work.seen.applied, copy)
        _exercise(work, sides, cells)
    work.told(applied=applied, notes=(*work.seen.notes, *refused))


@contextmanager
def _for_good(setup: Setup, after: str) -> Iterator[Connection | None]:
    """A connection to a copy of ``after``, where upkeep cannot be rolled back."""
    if not any(optimizations.outside(block) for block in setup.workload.optimizations):
        yield None
        return
    with setup.passing_copy(after, "upkeep") as name, setup.target.connect(name) as connection:
        yield connection


def _with_upkeep(
    setup: Setup, connection: Connection, applied: Sequence[Applied], copy: Connection | None = None
) -> tuple[tuple[Applied, ...], list[str]]:
    """What was applied with what keeping it up takes, and what of that a cluster refuses, a line each."""
    refused: list[str] = []
    blocks = {block.name: block for block in setup.workload.optimizations if block.upkeep or block.staleness}
    found = []
    for number, one in enumerate(applied):
        setup.progress("measuring upkeep", number, len(applied))
        if block := blocks.get(one.name):
            try:
                upkeep, staleness = optimizations.measure_upkeep(connection, block, setup.workload.clock, copy)
                one = replace(one, upkeep=upkeep, staleness=staleness)
            except WorkloadError as error:
                if not setup.spread:
                    raise
                refused.append(f"The cluster refuses to keep {block.name} up: {error.message}.")
        found.append(one)
    setup.progress("measuring upkeep", len(applied), len(applied))
    return tuple(found), refused


def _measure_cells(work: _Work, sides: Sides, cells: list[Cell]) -> None:
    done, setup, options = work.seen.pairs, work.setup, work.chosen.options

    def store(current: Sequence[Pair]) -> None:
        work.told(pairs=(*done, *current))

    with setup.watch("equality and plans"):
        pairs = compare_all(sides, cells, setup.progress, store, plans=work.chosen.plans)
    with setup.watch("measure"):
        left = max(0.0, options.budget_s - setup.watch.seconds.get("measure", 0.0))  # writes get what reads have left
        timed = time_pairs(sides, cells, pairs, replace(options, budget_s=left), setup.progress, store)
    work.told(pairs=(*done, *timed))

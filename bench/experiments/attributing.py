"""The four sides of every optimization, measured one after another on copies that are dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from bench.attribution.changed_tables import changed_tables
from bench.attribution.committed import with_committed
from bench.attribution.copies import COPIES_MOST, Copies, copies_of
from bench.attribution.disk import stored
from bench.attribution.effects import plan_effects
from bench.attribution.measure_gains import Gains
from bench.attribution.prove_smallest import PROOF_S, Proof, executed_before
from bench.attribution.shipping import ship_all
from bench.attribution.smallest_set import smallest
from bench.attribution.subsets import Sets, find_needs, find_rewrite_needs, set_apart
from bench.attribution.writes import write_costs
from bench.experiments.setup import Setup
from bench.measurement import Cell, Sides
from bench.measurement.stopwatch import Stopwatch
from bench.model import Applied, Attribution, Pair, SetTried, State
from bench.postgres import databases, extensions, optimizations
from bench.postgres.connection import Connection
from bench.postgres.index_facts import can_create_pgstattuple, foreign_keys, index_facts, index_scans
from bench.postgres.servers.disk import free_bytes_of


@dataclass(frozen=True, slots=True)
class Subject:
    """What is attributed: databases that nobody writes to meanwhile, and what is known of them."""

    setup: Setup
    """Its filled database is the one before all optimizations."""
    after: str
    """The database with all of them, as the build left it."""
    applied: tuple[Applied, ...]
    cells: tuple[Cell, ...]
    timeout_s: float
    target_ms: float
    proof_s: float = PROOF_S
    """Seconds for executing the smallest set."""
    timed: tuple[Pair, ...] = ()
    """What was timed on copies of both databases: it counts where the smallest set gives the same plans."""
    keep: Callable[[Attribution], None] = lambda _found: None
    """Called with everything seen so far, after every side."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was learnt of the optimizations on the way."""

    changed: dict[str, tuple[str, ...]]
    """The tables that each changed, by the catalog."""
    failed: dict[str, str]
    """Why that is not known of others."""
    unwritten: frozenset[str]
    """Those that cost nothing where rows are written."""
    apart: frozenset[str]
    """Those whose undo is dear, and carried out once, in a copy."""


def attribute(subject: Subject) -> Attribution:
    """Measure gains, write costs, disk and shipping; copies of the databases are made for it and dropped."""
    watch = Stopwatch()
    found = Attribution()

    def seen(so_far: Attribution) -> Attribution:
        so_far = replace(so_far, phases_s=dict(watch.seconds))
        subject.keep(so_far)
        return so_far

    setup = subject.setup
    with setup.passing_copy(subject.after, "gains") as name:
        found, known = _gains(subject, name, found, watch)
        found = seen(found)
        with setup.target.connect(name) as connection, watch("indexes"):
            found = _hygiene(subject, connection, found)
    with setup.passing_copy(subject.after, "writes") as name, setup.target.connect(name) as connection:
        with watch("writes"):
            found = _write_costs(subject, connection, found, known)
        found = seen(found)
    with setup.passing_copy(subject.after, "churn") as name, setup.target.connect(name) as connection:
        with watch("disk"):
            found = _stored(subject, connection, found, known)
        found = seen(found)
    with watch("shipping"):
        found = _shipping(subject, found)
    return seen(found)


@contextmanager
def _fresh(subject: Subject, source: str, label: str) -> Iterator[Connection]:
    """A connection, for measuring, to a new copy of ``source``."""
    with subject.setup.passing_copy(source, label) as name:
        sides = Sides(subject.setup.target, {"after": name}, subject.timeout_s)
        with sides.connect("after", writes=True) as connection:
            connection.prepared_max = None
            yield connection


def _copies(subject: Subject, apart: frozenset[str] = frozenset()) -> AbstractContextManager[Copies]:
    blocks = {block.name: block for block in subject.setup.workload.optimizations}
    return copies_of(blocks, partial(_fresh, subject, subject.after), apart)


def _room(subject: Subject) -> int:
    """How many more copies of the database may be made: shipping needs two, and where the disk cannot be looked at
    nobody knows whether it has room for more than that."""
    free, database = free_bytes_of(subject.setup.server), databases.find(subject.setup.admin, subject.after)
    if free is None or database is None:
        return 1
    return min(COPIES_MOST, free // max(database.size_bytes, 1) - KEPT_FREE)


KEPT_FREE = 3
"""Copies for which there is still room on the disk beside those that are made of dear undos."""


def _gains(subject: Subject, name: str, found: Attribution, watch: Stopwatch) -> tuple[Attribution, _Known]:
    setup, blocks = subject.setup, {block.name: block for block in subject.setup.workload.optimizations}
    creates = {one.name: one.creates for one in subject.applied}
    sides = Sides(setup.target, {"after": name}, subject.timeout_s)
    with _copies(subject) as copies, sides.connect("after", writes=True) as connection:
        connection.prepared_max = None
        with watch("gains"):
            sets = Sets(connection, blocks, creates)
            find_needs(sets)
            set_apart(sets, copies, _room(subject))
            find_rewrite_needs(sets, subject.cells)
            changed, failed = changed_tables(connection, setup.workload.optimizations, sets.needs)
            failed |= {name: sets.fixed[name] for name in sets.too_dear}
            sorted_out = plan_effects(connection, setup.workload.optimizations, subject.applied, changed)
            trial = Gains(sets, sorted_out, setup.progress)
            trial.explore(subject.cells)
            cells = with_committed(trial, partial(_fresh, subject, setup.template))
            found = replace(found, needs=dict(sets.needs), not_tried=dict(sets.fixed), cells=cells)
        with watch("smallest set"):
            found = replace(found, smallest=_smallest(subject, trial, found))
    return found, _Known(changed, failed, sorted_out.unwritten, copies.apart)


def _smallest(subject: Subject, trial: Gains, found: Attribution) -> SetTried:
    size = {one.name: one.size_bytes for one in subject.applied}
    choose = partial(smallest, found, list(trial.sets.blocks), subject.target_ms, size)
    proof = Proof(trial.sets, trial.found, subject.target_ms, subject.setup.progress, subject.proof_s)
    if subject.timed:
        names: dict[State, str] = {"before": subject.setup.template, "after": subject.after}
        with Sides(subject.setup.target, names, subject.timeout_s).connections(writes=False) as connections:
            proof.samples = executed_before(trial.found, subject.timed, connections, trial.none)
    return proof.prove(choose)


def _hygiene(subject: Subject, connection: Connection, found: Attribution) -> Attribution:
    made_by = {name: one.name for one in subject.applied for name in one.creates}
    before = index_scans(connection)
    with subject.setup.target.connect(connection.info.dbname) as other:
        for block in subject.setup.workload.optimizations:
            optimizations.measure_upkeep(other, block, subject.setup.workload.clock)
    after = index_scans(connection)
    if can_create_pgstattuple(connection):  # the copy is ours: how full the leaves are can be asked
        extensions.create(connection, "pgstattuple", "public")
    return replace(
        found,
        indexes=index_facts(connection, made_by),
        foreign_keys=foreign_keys(connection),
        upkeep_uses=tuple(name for name, scans in after.items() if scans > before.get(name, 0)),
    )


def _write_costs(subject: Subject, connection: Connection, found: Attribution, known: _Known) -> Attribution:
    """Checks and statistics are left out: they write nothing, and the time of comparing a value is below what shows."""
    setup = subject.setup
    left_out = known.unwritten.union(known.failed)
    changed = {name: tables for name, tables in known.changed.items() if name not in left_out}
    with _copies(subject, known.apart) as copies:
        writes, costs, notes = write_costs(
            connection, setup.workload, changed, found.needs, setup.progress, copies=copies
        )
    untold = [f"The write cost of {name} was not measured: {reason}." for name, reason in known.failed.items()]
    if names := sorted(known.unwritten):
        untold.append(
            f"Checks of values and statistics write nothing, so their write cost was not measured: {', '.join(names)}."
        )
    return replace(found, writes=writes, write_costs=costs, notes=(*found.notes, *notes, *untold))


def _stored(subject: Subject, connection: Connection, found: Attribution, known: _Known) -> Attribution:
    setup = subject.setup
    sizes, churn, notes = stored(connection, setup.workload, subject.applied, known.changed, setup.progress)
    return replace(found, stored=sizes, churn=churn, notes=(*found.notes, *notes))


def _shipping(subject: Subject, found: Attribution) -> Attribution:
    setup = subject.setup
    plain, concurrent = (setup.passing_copy(setup.template, label) for label in ("plain", "concurrent"))
    with plain as here, concurrent as there:
        shipped, load, notes = ship_all(
            setup.target,
            setup.server,
            setup.workload.optimizations,
            {"plain": here, "concurrent": there},
            setup.progress,
        )
    return replace(found, shipped=shipped, load=load, notes=(*found.notes, *notes))

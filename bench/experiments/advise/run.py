"""Advice by execution: look, build what could help, try it, choose, and prove the set that was chosen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bench.advice.blocks import blocks_of
from bench.advice.candidates import SeenClass, SeenQuery, candidates
from bench.advice.choosing import WORTH_SHARE
from bench.advice.menus import BLOCK_MS, NOTHING, SAFETY
from bench.attribution.effects import plan_effects
from bench.attribution.subsets import Sets
from bench.experiments.advise.building import build_together
from bench.experiments.advise.looking import look_at
from bench.experiments.advise.pricing import priced
from bench.experiments.advise.proving import Proving, prove
from bench.experiments.advise.record import AdviseRun, Proposal
from bench.experiments.advise.summary import chooser_of
from bench.experiments.advise.trial import Trial
from bench.experiments.advise.whatif import ignored
from bench.experiments.origin import Origin
from bench.experiments.setup import Setup, SetupOptions, complete, prepared
from bench.inference.rows.catalog import read_catalog
from bench.measurement import Cell, Sides, cells_of
from bench.model import Options, Query
from bench.model.advised import CandidateBuilt, Limits
from bench.model.schema import Schema
from bench.postgres.connection import Connection, checkpoint
from bench.postgres.facts import read_facts
from bench.postgres.servers import ServerHandle
from bench.workload import Workload

PASSES = 4
"""How often the server may take other plans under the sets chosen than the known ones said, before they stand."""
AGAIN = 5
"""Executions of each plan under the sets chosen, before the choice stands."""

Keep = Callable[[AdviseRun], None]
"""Called with everything seen so far, after every step."""


@dataclass(frozen=True, slots=True)
class AdviseOptions:
    """What the user chose beside the rows."""

    measure: Options
    """Of the proof; ``budget_s`` is for all of its executions."""
    limits: Limits
    explore_s: float
    """Seconds after which no candidate is executed any more."""
    on_top: bool = False
    """Advise on what the workload's optimizations leave, not on the schema alone."""
    ship: bool = True
    """See who waits while each change is applied under load."""


@dataclass(slots=True)
class _Work:
    """What the parts share; ``seen`` grows."""

    setup: Setup
    chosen: AdviseOptions
    keep: Keep
    seen: AdviseRun
    schema: Schema = field(default_factory=lambda: Schema(()))
    cells: tuple[Cell, ...] = ()
    most_ms: dict[str, float] = field(default_factory=dict)
    """What each query takes in its slowest class, blocks counted; infinite where it ran into the timeout."""

    @property
    def least_ms(self) -> float:
        """What a class has to take so that somebody notices what is saved of it."""
        return WORTH_SHARE * self.chosen.measure.target_ms

    @property
    def unlimited(self) -> Limits:
        """As the user wants it, without a budget: what a budget buys is seen once all prices are known."""
        return Limits(beyond_target=self.chosen.limits.beyond_target)

    @property
    def blocks(self) -> dict[str, Proposal]:
        """Proposals by the name of their block."""
        return {one.block.name: one for one in self.seen.proposals}

    def told(self, **more: object) -> None:
        """Add to what was seen, and hand it on."""
        self.seen = replace(self.seen, phases_s=dict(self.setup.watch.seconds), **more)  # type: ignore[arg-type]
        self.keep(self.seen)


def run(basis: SetupOptions, chosen: AdviseOptions, origin: Origin, server: ServerHandle, keep: Keep) -> AdviseRun:
    """Advise on a workload; ``keep`` gets every intermediate state. Copies of its filled database go at the end.

    A query whose statement fails is told as such, and the others go on.
    """
    on_top = tuple(block.name for block in basis.workload.optimizations) if chosen.on_top else ()
    basis = replace(basis, workload=subject_of(basis.workload, on_top=chosen.on_top))
    with prepared(basis, server, one_server="pgproof advise") as setup:
        if on_top:
            setup = replace(setup, template=setup.optimized("base"))
        seen = AdviseRun(
            **setup.facts(), options=chosen.measure, queries=basis.queries, limits=chosen.limits, on_top=on_top,
            notes=(*origin.notes, *setup.dataset.schema_notes), left_out=basis.left_out,
            class_reasons=setup.workload.class_reasons, source=origin.source, inferred_queries=origin.inferred_queries,
        )  # fmt: skip
        work = _Work(setup, chosen, keep, seen)
        with setup.passing_copy(setup.template, "trial") as name:
            _propose(work, name)
            trial = _try(work, name)
            _choose(work, trial, name)
        prove(Proving(setup, chosen.measure, work.cells, chosen.ship, work.told), work.seen)
    work.seen = complete(work.seen)
    work.told()
    return work.seen


def subject_of(workload: Workload, *, on_top: bool) -> Workload:
    """The workload as it is advised on: with its optimizations there already, or as if there were none."""
    if on_top:
        return replace(workload, queries=tuple(map(_rewritten, workload.queries)))
    bare = (replace(query, rewrite=None, expects=()) for query in workload.queries)
    return replace(workload, queries=tuple(bare), optimizations=())


def _rewritten(query: Query) -> Query:
    return replace(query, sql=query.rewrite.sql, rewrite=None) if query.rewrite else query


# ------------------------------------------------------------------------------------------------------- candidates
def _propose(work: _Work, database: str) -> None:
    setup, queries = work.setup, work.setup.options.queries
    with setup.watch("parameters"):
        bindings, failed = setup.bindings_told(queries)
    cells = cells_of([query for query in queries if query.name in bindings], bindings)
    sides = Sides(setup.target, {"before": database}, work.chosen.measure.timeout_s)
    with setup.watch("plans"):
        looked, broken = look_at(sides, cells, setup.progress)
    work.cells = tuple(cell for cell in cells if cell.query.name not in broken)
    work.most_ms = {one.query.name: max(map(_work_ms, one.classes.values())) for one in looked}
    with setup.watch("candidates"), setup.target.connect(database) as connection:
        Sets(connection, {}).clean()  # what was rolled back is dead, and an index built over it would have to wait
        work.schema = read_catalog(connection)
        _find(work, connection, looked)
    work.told(broken={**failed, **broken})


def _work_ms(seen: SeenClass) -> float:
    plan = seen.plan
    return plan.execution_ms + BLOCK_MS * plan.counters.buffers if plan.execution_ms else math.inf


def _find(work: _Work, connection: Connection, looked: Sequence[SeenQuery]) -> None:
    found = candidates(work.schema, looked, read_facts(connection))
    changes = [one for one in found.candidates if one.kind != "drop"]  # what could go is seen once the set is there
    blocks = blocks_of(changes, {query.name for query in work.seen.queries})
    proposals = tuple(Proposal(one, block) for one, block in zip(changes, blocks.values(), strict=True))
    work.told(proposals=proposals, hopeless=found.hopeless)


# --------------------------------------------------------------------------------------------------------- trying
def _try(work: _Work, database: str) -> Trial:
    """Build all candidates on the copy, and execute the cells under sets of them."""
    setup = work.setup
    with setup.watch("what if"):
        work.told(needless=_needless(work))
        work.told(ignored=_ignored(work, database))
    left_out = {*work.seen.needless, *work.seen.ignored}
    proposals = [one for one in work.seen.proposals if one.candidate.kind in ("index", "statistics")
                 and one.block.name not in left_out]  # fmt: skip
    with setup.watch("building"), setup.server.bulk():
        plain = [one for one in proposals if _is_plain(work, one)]
        others = [one for one in proposals if one not in plain]
        applied, failed = build_together(setup.target, database, plain, others, setup.progress)
        checkpoint(setup.admin)
    there = {one.name for one in applied}
    wanted = [one.block for one in proposals]
    with setup.target.connect(database) as connection:
        effects = plan_effects(connection, wanted, applied, {})
    built = [CandidateBuilt(one.name, one.build_ms, one.size_bytes, one.wal_bytes) for one in applied]
    work.told(built=(*built, *(CandidateBuilt(name, error=why) for name, why in failed.items())))
    trial = Trial(
        blocks={block.name: block for block in wanted if block.name in there},
        made_by=effects.made_by,
        pure=effects.pure,
        statistics=[name for name in there if work.blocks[name].candidate.kind == "statistics"],
        triggered=[name for name in there if "foreign key" in work.blocks[name].candidate.family],
        reads={name: _relations(work, name) for name in there},
        wishes={name: work.blocks[name].candidate.queries for name in there},
        progress=setup.progress,
        least_ms=work.least_ms,
        limit_ms=SAFETY * work.chosen.measure.target_ms,
        limit_s=work.chosen.explore_s,
    )
    if not there:
        return trial
    sides = Sides(setup.target, {"after": database}, work.chosen.measure.timeout_s)
    with setup.watch("trying"), sides.connect("after", writes=True) as connection:
        connection.prepared_max = None
        trial.explore(connection, work.cells, lambda cells: work.told(cells=cells))
        _settle(work, trial)
    return trial


def _is_plain(work: _Work, one: Proposal) -> bool:
    """Whether it is one index of one table."""
    known = work.schema.by_name.get(one.candidate.tables[0]) if one.candidate.index else None
    return bool(known and not known.partitioning)


def _needless(work: _Work) -> tuple[str, ...]:
    """What was made for queries of which nothing could save enough; a foreign key's index serves what nobody asked."""
    return tuple(
        one.block.name
        for one in work.seen.proposals
        if one.candidate.queries and "foreign key" not in one.candidate.family and one.candidate.kind != "rewrite"
        and all(work.most_ms.get(name, math.inf) <= work.least_ms for name in one.candidate.queries)
    )  # fmt: skip


def _ignored(work: _Work, database: str) -> tuple[str, ...]:
    """What no query on its tables would use; the indexes of foreign keys are used where no plan shows it."""
    needless = work.seen.needless
    proposals = [one for one in work.seen.proposals
                 if "foreign key" not in one.candidate.family and one.block.name not in needless]  # fmt: skip
    wishes = {
        one.block.name: [
            cell
            for cell in work.cells
            if cell.query.name in one.candidate.queries or set(cell.query.tables) & set(one.candidate.tables)
        ]
        for one in proposals
    }
    return ignored(work.setup.target, database, proposals, wishes, work.setup.progress)


def _settle(work: _Work, trial: Trial) -> None:
    """Ask the server about the sets that the known plans make the best, until it takes the plans that they say."""
    for _ in range(PASSES):
        chooser = chooser_of(work.seen)
        sets = chooser.best(work.unlimited)
        best = sets[-1:]
        parts = [names - {name} for names in best for name in names]
        beyond = chooser.beyond(NOTHING.union(*best), work.unlimited)[-1:]
        more = trial.confirm([*sets, *parts, *map(chooser.smallest, best), *beyond])
        trial.again([*sets, *parts], AGAIN)
        work.told(cells=trial.results())
        if not more or trial.late:
            break


def _relations(work: _Work, name: str) -> set[str]:
    """The tables of a candidate, and their partitions, as plans name them."""
    found = set()
    for table in work.blocks[name].candidate.tables:
        known = work.schema.by_name.get(table)
        leaves = known.partitioning.leaves if known and known.partitioning else ()
        found |= {(work.schema.by_name[one].table if one in work.schema.by_name else one.rpartition(".")[2]) for one in
                  (table, *leaves)}  # fmt: skip
    return found


# -------------------------------------------------------------------------------------------------------- choosing
def _choose(work: _Work, trial: Trial, database: str) -> None:
    """Price what a set could be made of, and choose within what the user grants."""
    if contenders := chooser_of(work.seen).contenders(work.unlimited):
        with work.setup.watch("writes"):
            nearest = chooser_of(work.seen).best(work.chosen.limits)[-1:]
            costs, heap_only = priced(
                work.setup, database, trial.blocks, contenders, work.cells, NOTHING.union(*nearest)
            )
            work.told(contenders=tuple(sorted(contenders)), costs=costs, heap_only=heap_only)
    best = chooser_of(work.seen).best(work.chosen.limits)
    chosen = [name for name in trial.blocks if best and name in best[-1]]
    work.told(chosen=tuple(chosen))

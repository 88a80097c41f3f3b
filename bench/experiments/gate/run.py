"""The gate from end to end, in the order in which a person would tell it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bench import __version__, machine, timestamps
from bench.dataset.worker import Recipe
from bench.experiments.gate.arms import Arm, ArmName, recipe_of
from bench.experiments.gate.both_arms import BothArms, decide_all
from bench.experiments.gate.counting import catalog, count, sql_hash
from bench.experiments.gate.databases import Databases
from bench.experiments.gate.decide import overall
from bench.experiments.gate.fingerprint import differences, fingerprint_of
from bench.experiments.gate.record import Baseline, Catalog, Counted, Fingerprint, GateResult, Key, QueryFacts
from bench.experiments.gate.sessions import Timings, time_cells
from bench.experiments.gate.timing import Timer
from bench.experiments.setup import Ground, choose, fill
from bench.measurement import Cell, cells_of
from bench.measurement.execution import Timeout
from bench.measurement.stopwatch import Stopwatch
from bench.model import Dataset, Query
from bench.postgres.connection import Connection, Target
from bench.postgres.databases import clean
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle
from bench.postgres.servers.record import record_of
from bench.progress import Progress, silent

COUNTED = "counting work"


@dataclass(frozen=True, slots=True)
class GatePlan:
    """What to compare, and how."""

    head: Arm
    base: Arm | None
    """None: only counters are compared, with the baseline's."""
    baseline: Baseline | None
    scale: int
    seed: int
    skew: str
    workers: int
    cache_limit_bytes: int
    timeout_s: float
    target_ms: float
    strict: bool = False
    only: tuple[str, ...] = ()
    """Names of the queries to judge; empty means all."""
    burn: Mapping[Key, float] = field(default_factory=dict)
    """Extra CPU time of the head arm by cell, as a share (a selftest's injection)."""
    order_seed: int = 1
    progress: Progress = field(default=silent, repr=False)

    @property
    def arms(self) -> dict[ArmName, Arm]:
        """The arms that there are."""
        return {arm.name: arm for arm in (self.base, self.head) if arm}

    def takes(self, name: str) -> bool:
        """Whether the query of that name is judged."""
        return not self.only or name in self.only


@dataclass(frozen=True, slots=True)
class Filled:
    """The filled databases that the arms start from, and the cells of each arm."""

    templates: dict[ArmName, str]
    dataset: Dataset
    cells: dict[ArmName, dict[Key, Cell]]


def run(plan: GatePlan, server: ServerHandle) -> GateResult:
    """Compare the two arms on ``server`` and judge every cell. Databases made for it are dropped, however it ends."""
    begun = timestamps.now_text()
    watch = Stopwatch()
    with Target(server.dsn, SESSION_SETTINGS).connect() as admin:
        clean(admin)
        with watch("dataset and parameters"):
            filled = _fill(plan, server, admin)
        result = _blank(plan, server, admin, begun)
        now = fingerprint_of(plan.head.workload, filled.dataset, record_of(server, admin))
        if plan.baseline and (found := differences(plan.baseline.fingerprint, now)):
            hint = "write a new baseline (pgproof baseline) and commit it, or go back to what it was made with"
            return replace(result, overall="incompatible", incompatible=found, hint=hint)
        databases = _databases(plan, server, admin, filled)
        try:
            result = _compare(plan, databases, filled, result, watch)
        finally:
            databases.drop_all()
    return replace(result, finished_at=timestamps.now_text(), phases_s=dict(watch.seconds))


@dataclass(frozen=True, slots=True)
class Prepared:
    """The working tree's after state, on its own."""

    databases: Databases
    filled: Filled
    name: str
    fingerprint: Fingerprint


@contextmanager
def prepared_head(plan: GatePlan, server: ServerHandle) -> Iterator[Prepared]:
    """Make the working tree's database, and drop it at the end of the block."""
    plan = replace(plan, base=None)
    with Target(server.dsn, SESSION_SETTINGS).connect() as admin:
        clean(admin)
        filled = _fill(plan, server, admin)
        databases = _databases(plan, server, admin, filled)
        try:
            prepared = databases.prepare(["head"], "new")["head"]
            now = fingerprint_of(plan.head.workload, filled.dataset, record_of(server, admin))
            yield Prepared(databases, filled, prepared, now)
        finally:
            databases.drop_all()


def make_baseline(plan: GatePlan, server: ServerHandle) -> Baseline:
    """Count the working tree's cells, and write down what it takes to compare with them later."""
    workload = plan.head.workload
    with prepared_head(plan, server) as head:
        cells = count(head.databases, "head", head.name, list(head.filled.cells["head"].values()), plan.target_ms)
        return Baseline(
            pgproof=__version__,
            created_at=timestamps.now_text(),
            fingerprint=head.fingerprint,
            target_ms=plan.target_ms,
            recipe=recipe_of(workload),
            queries=_facts(workload.queries),
            catalog=_catalog(head.databases, "head", head.name),
            cells=tuple(cell for cell in cells.values() if isinstance(cell, Counted)),
        )


def _databases(plan: GatePlan, server: ServerHandle, admin: Connection, filled: Filled) -> Databases:
    return Databases(server, admin, plan.arms, filled.templates, plan.timeout_s, timestamps.stamp(), plan.progress)


def _fill(plan: GatePlan, server: ServerHandle, admin: Connection) -> Filled:
    target = Target(server.dsn, SESSION_SETTINGS)
    templates: dict[ArmName, str] = {}
    cells: dict[ArmName, dict[Key, Cell]] = {}
    for name, arm in plan.arms.items():
        workload = arm.workload
        ground = Ground(workload, server, target, admin, plan.progress)
        recipe = Recipe(workload.dataset, plan.scale, plan.seed, plan.skew)
        templates[name], dataset = fill(ground, recipe, plan.workers, plan.cache_limit_bytes)
        bindings = choose(ground, templates[name], workload.queries)
        found = cells_of([query for query in workload.queries if plan.takes(query.name)], bindings)
        cells[name] = {(cell.query.name, cell.parameter_class): cell for cell in found}
    return Filled(templates, dataset, cells)  # the head arm is the last one


def _blank(plan: GatePlan, server: ServerHandle, admin: Connection, begun: str) -> GateResult:
    stored = plan.baseline
    base = plan.base.label if plan.base else ""
    if stored:
        base = f"{base}, counters of the baseline of {stored.created_at[:10]}" if base else "the baseline's counters"
    return GateResult(
        started_at=begun,
        finished_at=timestamps.now_text(),
        pgproof=__version__,
        workload=plan.head.workload.name,
        overall="inconclusive",
        base=base,
        head=plan.head.label,
        target_ms=plan.target_ms,
        counters_against="baseline" if stored else "base arm",
        server=record_of(server, admin),
        machine=machine.facts(),
        scale=plan.scale,
        unit=plan.head.workload.scale.unit,
    )


def _compare(plan: GatePlan, databases: Databases, filled: Filled, result: GateResult, watch: Stopwatch) -> GateResult:
    names = list(plan.arms)
    with watch("arms"):
        prepared = databases.prepare(names, "arm")
    with watch(COUNTED):
        seen = {n: count(databases, n, prepared[n], list(filled.cells[n].values()), plan.target_ms) for n in names}
        catalogs = {name: _catalog(databases, name, prepared[name]) for name in names}
    both = _both_arms(plan, filled, seen, catalogs)
    with watch("counting again"):
        both = _recount(plan, databases, filled, both)
    timings = Timings({})
    if plan.base:
        with watch("timing"):
            cells = {k: {n: filled.cells[n][k] for n in names} for k in both.timeable()}
            rng = random.Random(plan.order_seed)  # noqa: S311 (order of execution, no secret)
            timer = Timer(databases, prepared, cells, rng, plan.progress, plan.burn)
            timings = time_cells(timer, list(cells), both.plan_changed())
    decided = decide_all(both, timings.timed, timings.unclear, plan.timeout_s)
    notes = []
    if not plan.base:
        notes.append("Times were not compared: there is no old arm to run beside the new one.")
    if timings.repeats:
        notes.append(f"{timings.repeats} sessions were repeated: queries without tables differed between the arms.")
    return replace(
        result,
        cells=decided,
        overall=overall(decided, controls_failed=timings.controls_failed, strict=plan.strict),
        controls=timings.controls,
        notes=tuple(notes),
    )


def _catalog(databases: Databases, name: ArmName, prepared: str) -> Catalog:
    arm = databases.arms[name]
    with databases.target(arm).connect(prepared) as connection:
        return catalog(connection, arm)


def _facts(queries: Sequence[Query]) -> dict[str, QueryFacts]:
    return {query.name: QueryFacts(sql_hash(query.text("after")), query.expected) for query in queries}


def _both_arms(
    plan: GatePlan,
    filled: Filled,
    seen: Mapping[ArmName, Mapping[Key, Counted | Timeout]],
    catalogs: Mapping[ArmName, Catalog],
) -> BothArms:
    """What is compared with what: the baseline's cells, or those of the old arm, against the working tree's."""
    stored, head = plan.baseline, plan.head.workload
    beside = {key: cell for key, cell in seen.get("base", {}).items() if isinstance(cell, Counted)}
    old = plan.base.workload.queries if plan.base else ()
    return BothArms(
        reference={cell.key: cell for cell in stored.cells if plan.takes(cell.query)} if stored else beside,
        beside=beside,
        head={key: cell if isinstance(cell, Counted) else None for key, cell in seen["head"].items()},
        args={key: tuple(b.args for b in cell.bindings) for key, cell in filled.cells["head"].items()},
        queries={query.name: query for query in head.queries},
        optimizations={block.name: block for block in head.optimizations},
        hashes={name: facts.sql_hash for name, facts in _facts(head.queries).items()},
        facts=stored.queries if stored else _facts(old),
        catalogs=(stored.catalog if stored else catalogs["base"], catalogs["head"]),
    )


def _recount(plan: GatePlan, databases: Databases, filled: Filled, both: BothArms) -> BothArms:
    """Count what looks worse once more, in databases made anew; only what is worse both times counts."""
    keys = both.worse()
    if not keys:
        return both
    names: list[ArmName] = ["head"] if plan.baseline else ["base", "head"]
    prepared = databases.prepare(names, "again", "preparing them again: something looks worse")
    again: dict[ArmName, Mapping[Key, Counted | Timeout]] = {}
    for name in names:
        cells = [filled.cells[name][key] for key in keys]
        again[name] = count(databases, name, prepared[name], cells, plan.target_ms)
        databases.drop(prepared[name])
    return both.confirmed(
        {key: cell if isinstance(cell, Counted) else None for key, cell in again["head"].items()},
        {key: cell for key, cell in again.get("base", {}).items() if isinstance(cell, Counted)},
    )

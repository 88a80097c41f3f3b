"""The gate from end to end, in the order in which a person would tell it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from bench import __version__, machine, timestamps
from bench.experiments.gate.arms import Arm, ArmName, recipe_of
from bench.experiments.gate.both_arms import BothArms, decide_all
from bench.experiments.gate.counting import catalog, count, sql_hash
from bench.experiments.gate.databases import Databases
from bench.experiments.gate.decide import overall
from bench.experiments.gate.fingerprint import differences, fingerprint_of
from bench.experiments.gate.record import Baseline, Catalog, Counted, Fingerprint, GateResult, Key, QueryFacts
from bench.experiments.gate.sessions import Timings, time_cells
from bench.experiments.gate.timing import Timer
from bench.experiments.gate.unchanged import one_state, same_cells
from bench.experiments.setup import Setup, SetupOptions, prepared
from bench.measurement import Cell, cells_of
from bench.measurement.execution import Timeout
from bench.measurement.stopwatch import Stopwatch
from bench.model import Dataset, Query
from bench.postgres.servers import ServerHandle
from bench.postgres.servers.record import record_of

COUNTED = "counting work"


@dataclass(frozen=True, slots=True)
class GateOptions:
    """What to compare, and how: everything that the user chose."""

    setup: SetupOptions
    """The rows of both arms; the workload is the working tree's."""
    head: Arm
    base: Arm | None
    """None: only counters are compared, with the baseline's."""
    baseline: Baseline | None
    timeout_s: float
    target_ms: float
    strict: bool = False
    burn: Mapping[Key, float] = field(default_factory=dict)
    """Extra CPU time of the head arm by cell, as a share (a selftest's injection)."""
    order_seed: int = 1
    time_all: bool = False
    """Whether to time what is the same in both arms, too: to find out how often that is called a difference."""
    keep: bool = True
    """Whether the arms' states that are made are kept for the next gate."""

    def of_queries(self, names: Sequence[str]) -> GateOptions:
        """The same for these queries alone."""
        return replace(self, setup=replace(self.setup, only=tuple(names)))

    @property
    def arms(self) -> dict[ArmName, Arm]:
        """The arms that there are."""
        return {arm.name: arm for arm in (self.base, self.head) if arm}


@dataclass(frozen=True, slots=True)
class Filled:
    """The filled databases that the arms start from, and the cells of each arm."""

    setups: dict[ArmName, Setup]
    dataset: Dataset
    cells: dict[ArmName, dict[Key, Cell]]


def run(options: GateOptions, server: ServerHandle) -> GateResult:
    """Compare the two arms on ``server`` and judge every cell. Databases made for it are dropped, however it ends."""
    begun = timestamps.now_text()
    watch = Stopwatch()
    with ExitStack() as stack:
        with watch("dataset and parameters"):
            setup = stack.enter_context(prepared(_setup_of(options, options.head), server, one_server="a gate"))
            filled = _fill(options, setup)
        result = _blank(options, setup, begun)
        now = fingerprint_of(options.head.workload, filled.dataset, record_of(server, setup.admin))
        if options.baseline and (found := differences(options.baseline.fingerprint, now)):
            hint = "write a new baseline (pgproof baseline) and commit it, or go back to what it was made with"
            return replace(result, overall="incompatible", incompatible=found, hint=hint)
        result = _compare(options, _databases(options, setup, filled), filled, result, watch)
    return replace(result, finished_at=timestamps.now_text(), phases_s=dict(watch.seconds))


@dataclass(frozen=True, slots=True)
class Prepared:
    """The working tree's after state, on its own."""

    databases: Databases
    filled: Filled
    name: str
    fingerprint: Fingerprint


@contextmanager
def prepared_head(options: GateOptions, server: ServerHandle) -> Iterator[Prepared]:
    """Make the working tree's database, and drop it at the end of the block."""
    options = replace(options, base=None)
    with prepared(_setup_of(options, options.head), server, one_server="a gate") as setup:
        filled = _fill(options, setup)
        databases = _databases(options, setup, filled)
        name = databases.prepare(["head"], "new")["head"]
        now = fingerprint_of(options.head.workload, filled.dataset, record_of(server, setup.admin))
        yield Prepared(databases, filled, name, now)


def make_baseline(options: GateOptions, server: ServerHandle) -> Baseline:
    """Count the working tree's cells, and write down what it takes to compare with them later."""
    workload = options.head.workload
    with prepared_head(options, server) as head:
        cells = count(head.databases, "head", head.name, list(head.filled.cells["head"].values()), options.target_ms)
        return Baseline(
            pgproof=__version__,
            created_at=timestamps.now_text(),
            fingerprint=head.fingerprint,
            target_ms=options.target_ms,
            recipe=recipe_of(workload),
            queries=_facts(workload.queries),
            catalog=_catalog(head.databases, "head", head.name),
            cells=tuple(cell for cell in cells.values() if isinstance(cell, Counted)),
        )


def _setup_of(options: GateOptions, arm: Arm) -> SetupOptions:
    return replace(options.setup, workload=arm.workload)


def _databases(options: GateOptions, setup: Setup, filled: Filled) -> Databases:
    return Databases(setup, options.arms, filled.setups, options.timeout_s, options.keep)


def _fill(options: GateOptions, setup: Setup) -> Filled:
    setups: dict[ArmName, Setup] = {}
    cells: dict[ArmName, dict[Key, Cell]] = {}
    for name, arm in options.arms.items():
        mine = setups[name] = setup if arm is options.head else setup.beside(arm.workload)
        bindings = mine.bindings(arm.workload.queries)
        queries = [query for query in arm.workload.queries if options.setup.takes(query.name)]
        cells[name] = {(cell.query.name, cell.parameter_class): cell for cell in cells_of(queries, bindings)}
    return Filled(setups, setup.dataset, cells)


def _blank(options: GateOptions, setup: Setup, begun: str) -> GateResult:
    stored = options.baseline
    base = options.base.label if options.base else ""
    if stored:
        base = f"{base}, counters of the baseline of {stored.created_at[:10]}" if base else "the baseline's counters"
    return GateResult(
        started_at=begun,
        finished_at=timestamps.now_text(),
        pgproof=__version__,
        workload=options.head.workload.name,
        overall="inconclusive",
        base=base,
        head=options.head.label,
        target_ms=options.target_ms,
        counters_against="baseline" if stored else "base arm",
        server=record_of(setup.server, setup.admin),
        machine=machine.facts(),
        scale=setup.options.scale,
        unit=options.head.workload.scale.unit,
    )


def _compare(
    options: GateOptions, databases: Databases, filled: Filled, result: GateResult, watch: Stopwatch
) -> GateResult:
    names, one, cells = list(options.arms), _one_state(options, filled), filled.cells
    same = same_cells(cells["base"], cells["head"]) if one else frozenset()
    with watch("arms"):
        prepared = databases.prepare(["head"] if one else names, "arm")
        prepared = {name: prepared.get(name, prepared["head"]) for name in names}
    with watch(COUNTED):
        seen = _count(options, databases, filled, prepared, same)
        catalogs = {name: _catalog(databases, name, prepared[name]) for name in names}
    both = replace(_both_arms(options, filled, seen, catalogs), same=same)
    with watch("counting again"):
        both = _recount(options, databases, filled, both)
    timings = Timings({})
    left = [key for key in both.timeable() if key not in same] if options.base else []
    if left:
        with watch("timing"):
            asked = {k: {n: cells[n][k] for n in names} for k in left}
            rng = random.Random(options.order_seed)  # noqa: S311 (order of execution, no secret)
            timer = Timer(databases, prepared, asked, rng, options.setup.progress, options.burn)
            timings = time_cells(timer, left, both.plan_changed())
    decided = decide_all(both, timings.timed, timings.unclear, options.timeout_s, same)
    notes = []
    if not options.base:
        notes.append("Times were not compared: there is no old arm to run beside the new one.")
    if timings.repeats:
        notes.append(f"{timings.repeats} sessions were repeated: queries without tables differed between the arms.")
    return replace(
        result,
        cells=decided,
        overall=overall(decided, controls_failed=timings.controls_failed, strict=options.strict),
        controls=timings.controls,
        notes=tuple(notes),
    )


def _one_state(options: GateOptions, filled: Filled) -> bool:
    """Whether one database serves as both arms."""
    templates = filled.setups
    return bool(
        options.base
        and not options.time_all
        and not options.burn
        and one_state(options.base, options.head, (templates["base"].template, templates["head"].template))
    )


def _count(
    options: GateOptions, databases: Databases, filled: Filled, prepared: Mapping[ArmName, str], same: frozenset[Key]
) -> dict[ArmName, dict[Key, Counted | Timeout]]:  # fmt: skip
    """The work of every cell of each arm; what the arms cannot differ in is counted once."""
    seen: dict[ArmName, dict[Key, Counted | Timeout]] = {}
    for name in reversed(options.arms):  # the head first
        known = {key: seen["head"][key] for key in same} if name == "base" else {}
        cells = [cell for key, cell in filled.cells[name].items() if key not in known]
        seen[name] = known | count(databases, name, prepared[name], cells, options.target_ms)
    return seen


def _catalog(databases: Databases, name: ArmName, prepared: str) -> Catalog:
    arm = databases.arms[name]
    with databases.target(arm).connect(prepared) as connection:
        return catalog(connection, arm)


def _facts(queries: Sequence[Query]) -> dict[str, QueryFacts]:
    return {query.name: QueryFacts(sql_hash(query.text("after")), query.expected) for query in queries}


def _both_arms(
    options: GateOptions,
    filled: Filled,
    seen: Mapping[ArmName, Mapping[Key, Counted | Timeout]],
    catalogs: Mapping[ArmName, Catalog],
) -> BothArms:
    """What is compared with what: the baseline's cells, or those of the old arm, against the working tree's."""
    stored, head = options.baseline, options.head.workload
    beside = {key: cell for key, cell in seen.get("base", {}).items() if isinstance(cell, Counted)}
    old = options.base.workload.queries if options.base else ()
    return BothArms(
        reference={cell.key: cell for cell in stored.cells if options.setup.takes(cell.query)} if stored else beside,
        beside=beside,
        head={key: cell if isinstance(cell, Counted) else None for key, cell in seen["head"].items()},
        args={key: tuple(b.args for b in cell.bindings) for key, cell in filled.cells["head"].items()},
        queries={query.name: query for query in head.queries},
        optimizations={block.name: block for block in head.optimizations},
        hashes={name: facts.sql_hash for name, facts in _facts(head.queries).items()},
        facts=stored.queries if stored else _facts(old),
        catalogs=(stored.catalog if stored else catalogs["base"], catalogs["head"]),
    )


def _recount(options: GateOptions, databases: Databases, filled: Filled, both: BothArms) -> BothArms:
    """Count what looks worse once more, in databases made anew; only what is worse both times counts."""
    keys = both.worse()
    if not keys:
        return both
    names: list[ArmName] = ["head"] if options.baseline else ["base", "head"]
    prepared = databases.prepare(names, "again", "preparing them again: something looks worse", anew=True)
    again: dict[ArmName, Mapping[Key, Counted | Timeout]] = {}
    for name in names:
        cells = [filled.cells[name][key] for key in keys]
        again[name] = count(databases, name, prepared[name], cells, options.target_ms)
        databases.drop(prepared[name])
    return both.confirmed(
        {key: cell if isinstance(cell, Counted) else None for key, cell in again["head"].items()},
        {key: cell for key, cell in again.get("base", {}).items() if isinstance(cell, Counted)},
    )

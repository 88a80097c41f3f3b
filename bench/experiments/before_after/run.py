"""The experiment from end to end, in the order in which a person would tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench import __version__, machine, timestamps
from bench.dataset.worker import Recipe
from bench.experiments.attribution.run import Subject, attribute
from bench.experiments.setup import Ground, apply, choose, fill
from bench.measurement import Bindings, Cell, Sides, cells_of, compare, time_pairs
from bench.measurement.cold import Caches, measure_cold
from bench.measurement.stopwatch import Stopwatch
from bench.model import STATES, Applied, Dataset, Options, Pair, Query, Run, State
from bench.postgres import databases, ledger, optimizations
from bench.postgres.build_settings import SAMPLE_ROWS_PER_TARGET, TARGET_MAX
from bench.postgres.connection import Connection, Target, checkpoint
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle
from bench.postgres.servers.record import record_of
from bench.postgres.statements import run_file
from bench.progress import Progress, silent
from bench.workload import Workload

Keep = Callable[[Run], None]
"""Called with everything seen so far, after every step."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: everything that the user chose."""

    workload: Workload
    scale: int
    seed: int
    skew: str
    workers: int
    options: Options
    cache_limit_bytes: int
    only: tuple[str, ...] = ()
    """Names of the queries to run; empty means all."""
    base: int | None = None
    """Units spread over all tenants, while those beyond belong to the largest one; None: all of them."""
    keep_databases: bool = False
    measure: bool = True
    """Whether to time the cells before and after."""
    attribute: bool = False
    """Whether to measure the four sides of each optimization."""
    cold: int = 0
    """Executions of each cell of reads with emptied caches."""
    drop_caches: bool = False
    """Whether they may empty the cache of the whole machine, where the files of the database cannot be reached."""
    progress: Progress = field(default=silent, repr=False)

    @property
    def recipe(self) -> Recipe:
        """What defines the rows."""
        return Recipe(self.workload.dataset, self.scale, self.seed, self.skew, self.base)

    @property
    def queries(self) -> tuple[Query, ...]:
        """The queries that take part, reads first: writes are measured last."""
        chosen = [q for q in self.workload.queries if not self.only or q.name in self.only]
        return tuple(sorted(chosen, key=lambda query: query.writes))


def run(plan: Plan, server: ServerHandle, keep: Keep) -> Run:
    """Run the experiment on ``server`` and return what was seen; ``keep`` gets every intermediate state of it.

    An interruption leaves the last state that ``keep`` got; databases of an unfinished run are dropped here, or, where
    the process was killed, by the next run.
    """
    target = Target(server.dsn, SESSION_SETTINGS)
    watch = Stopwatch()
    with target.connect() as admin:
        databases.clean(admin)
        ground = Ground(plan.workload, server, target, admin, plan.progress)
        with watch("dataset"):
            template, dataset = fill(ground, plan.recipe, plan.workers, plan.cache_limit_bytes)
        with watch("parameters"):
            bindings = choose(ground, template, plan.queries)
        seen = _begin(plan, server, admin, dataset)
        names = {state: f"{databases.PREFIX}{seen.id}_{state}" for state in STATES}
        sides = Sides(target, names, plan.options.timeout_s)
        caches = Caches(server, sides, whole_machine=plan.drop_caches)
        try:
            with watch("clone and optimize"), server.bulk():
                _clone(admin, template, names, plan)
                applied = apply(ground, names["after"])
            seen = replace(seen, applied=applied, phases_s=watch.seconds)
            keep(seen)
            if plan.measure:
                seen = _measure(plan, admin, sides, bindings, seen, watch, keep)
            if plan.attribute and plan.workload.optimizations:
                with watch("attribution"):
                    subject = _subject(plan, server, admin, (template, names["after"]), bindings, seen)
                    begun = seen
                    found = attribute(replace(subject, keep=lambda now: keep(replace(begun, attribution=now))))
                seen = replace(seen, attribution=found)
            if plan.measure and plan.cold:
                seen = _measure_cold(plan, caches, bindings, seen, watch, keep)
        finally:
            if not plan.keep_databases:
                databases.drop_all(caches.sides.target, names.values())  # a restart may have moved the server
    seen = replace(seen, status="complete", finished_at=timestamps.now_text(), phases_s=dict(watch.seconds))
    keep(seen)
    return seen


def _begin(plan: Plan, server: ServerHandle, admin: Connection, dataset: Dataset) -> Run:
    stamp = timestamps.now_text()
    return Run(
        id=timestamps.id_of(stamp),
        started_at=stamp,
        status="running",
        pgproof=__version__,
        workload=plan.workload.name,
        workload_hash=plan.workload.content_hash(),
        options=plan.options,
        machine=machine.facts(),
        server=record_of(server, admin),
        dataset=dataset,
        queries=plan.queries,
        optimizations=plan.workload.optimizations,
        left_out=tuple(query.name for query in plan.workload.queries if query not in plan.queries),
        notes=_notes(plan, server, dataset),
        class_reasons=plan.workload.class_reasons,
    )


def _notes(plan: Plan, server: ServerHandle, dataset: Dataset) -> tuple[str, ...]:
    notes = []
    if sampled := [table.name for table in dataset.tables if table.rows > SAMPLE_ROWS_PER_TARGET * TARGET_MAX]:
        limit = SAMPLE_ROWS_PER_TARGET * TARGET_MAX
        notes.append(
            f"Statistics of {', '.join(sampled)} come from a random sample of {limit:,} rows: a plan that hangs on "
            "them can differ after another load."
        )
    if left_out := len(plan.workload.queries) - len(plan.queries):
        notes.append(f"{left_out} queries of the workload were left out: what only they use looks unused.")
    if not server.capabilities.ours:
        notes.append("The server's own settings were left as they are, but for those that a session can set.")
    return tuple(notes)


def _clone(admin: Connection, template: str, names: Mapping[State, str], plan: Plan) -> None:
    for number, (state, name) in enumerate(names.items()):
        plan.progress("cloning", number, len(names))
        about = {"workload": plan.workload.name, "scale": plan.scale, "kept": plan.keep_databases}
        databases.clone(admin, template, name, state, about)
    plan.progress("cloning", len(names), len(names))


def _measure(
    plan: Plan, admin: Connection, sides: Sides, bindings: Bindings, seen: Run, watch: Stopwatch, keep: Keep
) -> Run:
    skipped = tuple(
        Pair(query.name, "all", skipped="the dataset has no value for any parameter class of this query")
        for query in plan.queries
        if not bindings[query.name]
    )
    seen = replace(seen, pairs=skipped)
    reads = cells_of([query for query in plan.queries if not query.writes], bindings)
    writes = cells_of([query for query in plan.queries if query.writes], bindings)
    seen = _measure_cells(plan, sides, reads, seen, watch, keep)
    if writes or any(block.upkeep or block.staleness for block in plan.workload.optimizations):
        seen = _measure_writes(plan, admin, sides, writes, seen, watch, keep)
    return seen


def _measure_cold(plan: Plan, caches: Caches, bindings: Bindings, seen: Run, watch: Stopwatch, keep: Keep) -> Run:
    """Last of all: what came after it would find the caches empty, and a restart ends every connection."""

    def store(pairs: Sequence[Pair]) -> None:
        keep(replace(seen, pairs=tuple(pairs), cold=caches.seen, phases_s=dict(watch.seconds)))

    reads = cells_of([query for query in plan.queries if not query.writes], bindings)
    with watch("cold"), caches.opened(plan.cold, f"{databases.PREFIX}{seen.id}_cold"):
        pairs = measure_cold(caches, reads, seen.pairs, plan.options.seed, plan.progress, store)
    return replace(seen, pairs=pairs, cold=caches.seen)


def _subject(
    plan: Plan, server: ServerHandle, admin: Connection, names: tuple[str, str], bindings: Bindings, seen: Run
) -> Subject:
    template, after = names
    return Subject(
        target=Target(server.dsn, SESSION_SETTINGS), server=server, admin=admin, workload=plan.workload,
        before=template, after=after, applied=seen.applied, cells=tuple(cells_of(plan.queries, bindings)),
        timeout_s=plan.options.timeout_s, target_ms=plan.options.target_ms, stamp=seen.id, progress=plan.progress,
    )  # fmt: skip


def _measure_writes(
    plan: Plan, admin: Connection, sides: Sides, cells: list[Cell], seen: Run, watch: Stopwatch, keep: Keep
) -> Run:
    """Measure what writes, queries and upkeep, last. Each execution is rolled back, but even that leaves dead rows and
    cleared visibility bits: databases that are still needed stay as they were made, and copies take their place.
    """
    names = dict(sides.databases)
    pristine = plan.keep_databases or plan.attribute or plan.cold > 0
    if pristine:
        names = {state: f"{name}_writes" for state, name in names.items()}
        with watch("clone and optimize"):
            for state, name in names.items():
                databases.clone(admin, sides.databases[state], name, "scratch")
            checkpoint(admin)
    try:
        seen = _measure_cells(plan, replace(sides, databases=names), cells, seen, watch, keep) if cells else seen
        with watch("upkeep"), sides.target.connect(names["after"]) as connection:
            return replace(seen, applied=_with_upkeep(plan, connection, seen.applied))
    finally:
        if pristine:
            databases.drop_all(sides.target, names.values())


def _with_upkeep(plan: Plan, connection: Connection, applied: Sequence[Applied]) -> tuple[Applied, ...]:
    blocks = {block.name: block for block in plan.workload.optimizations if block.upkeep or block.staleness}
    found = []
    for number, one in enumerate(applied):
        plan.progress("measuring upkeep", number, len(applied))
        if block := blocks.get(one.name):
            upkeep, staleness = optimizations.measure_upkeep(connection, block, plan.workload.clock)
            one = replace(one, upkeep=upkeep, staleness=staleness)
        found.append(one)
    plan.progress("measuring upkeep", len(applied), len(applied))
    return tuple(found)


def _measure_cells(plan: Plan, sides: Sides, cells: list[Cell], seen: Run, watch: Stopwatch, keep: Keep) -> Run:
    pairs: list[Pair] = []
    done = seen.pairs

    def store(current: Sequence[Pair]) -> None:
        keep(replace(seen, pairs=(*done, *current), phases_s=dict(watch.seconds)))

    with watch("equality and plans"):
        for number, cell in enumerate(cells):
            plan.progress("comparing results", number, len(cells), "cells")
            pairs.append(compare(sides, cell))
            store(pairs)
        plan.progress("comparing results", len(cells), len(cells), "cells")
    with watch("measure"):
        left = max(0.0, plan.options.budget_s - watch.seconds.get("measure", 0.0))  # writes get what reads have left
        timed = time_pairs(sides, cells, pairs, replace(plan.options, budget_s=left), plan.progress, store)
    return replace(seen, pairs=(*done, *timed))


def verify(workload: Workload, server: ServerHandle) -> dict[str, list[str]]:
    """Compare every database of this workload on ``server`` with the files; return the differences by database.

    Looks into finished templates and kept databases; where there is none, makes an empty one from the files first.
    """
    target = Target(server.dsn, SESSION_SETTINGS)
    schema = [("schema.sql", ledger.checksum(s.sql for s in workload.schema))]
    blocks = [(block.name, optimizations.block_checksum(block)) for block in workload.optimizations]
    findings = {}
    with target.connect() as admin:
        databases.clean(admin)
        ours = [
            d for d in databases.own_databases(admin)
            if d.complete and d.about.get("workload") == workload.name and d.kind in ("template", *STATES)
        ]  # fmt: skip
        for found in ours:
            with target.connect(found.name) as connection:
                findings[found.name] = ledger.drift(connection, schema + (blocks if found.kind == "after" else []))
        if not any(found.kind == "after" for found in ours):
            findings["a new database made from the files"] = _verify_new(workload, target, admin, schema + blocks)
    return findings


def _verify_new(workload: Workload, target: Target, admin: Connection, expected: list[tuple[str, str]]) -> list[str]:
    name = f"{databases.PREFIX}verify_{workload.content_hash()[:12]}"
    databases.claim(admin, name)
    databases.create(admin, name, "scratch")
    try:
        with target.connect(name) as connection:
            run_file(connection, workload.schema, "schema.sql")
            ledger.create(connection)
            ledger.record_applied(connection, expected[0][0], "schema", expected[0][1], 0.0)
            ledger.refresh_index_catalog(connection)
            optimizations.apply_all(connection, workload.optimizations, silent)
            return ledger.drift(connection, expected)
    finally:
        databases.drop_all(target, [name])

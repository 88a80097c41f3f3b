"""Maintenance from end to end: fill, optimize, age, then each procedure on a fresh copy of the aged database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from bench import __version__, machine, timestamps
from bench.dataset.worker import Recipe
from bench.errors import DiskFull
from bench.experiments.maintain import churn as churning
from bench.experiments.maintain import procedures, stages, storage
from bench.experiments.maintain.cell_changes import cells_at, stage_of, worth_timing
from bench.experiments.maintain.procedures import NOT_IN_ALL, Procedure
from bench.experiments.maintain.record import (
    ALL,
    CHURNED,
    FRESH,
    CellTimed,
    MaintenanceOptions,
    MaintenanceRun,
    MaintenanceStage,
    ProcedureSeen,
)
from bench.experiments.maintain.stages import Question
from bench.experiments.maintain.storage import Probes
from bench.experiments.setup import (
    Ground,
    choose,
    copy,
    drop_copies,
    fill,
    optimize,
    passing_copy,
)
from bench.measurement import Bindings
from bench.postgres import databases
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target, checkpoint
from bench.postgres.failures import explained
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle
from bench.postgres.servers.disk import FreeBytes, free_bytes_of
from bench.postgres.servers.record import record_of
from bench.progress import Progress, silent
from bench.workload import Workload

Keep = Callable[[MaintenanceRun], None]
"""Called with everything seen so far, after every stage."""


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    """What to run: everything that the user chose."""

    workload: Workload
    scale: int
    seed: int
    skew: str
    workers: int
    cache_limit_bytes: int
    options: MaintenanceOptions
    progress: Progress = field(default=silent, repr=False)

    @property
    def procedures(self) -> tuple[Procedure, ...]:
        """Those that were asked for, in the order in which all together run."""
        only = self.options.only
        return tuple(one for one in procedures.known(self.workload) if not only or one.name in only)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every stage needs."""

    plan: MaintenancePlan
    target: Target
    server: ServerHandle
    admin: Connection
    stamp: str
    asked: Sequence[Question]
    probes: Probes

    @property
    def source(self) -> str:
        """The aged database, which nobody asks anything: its copies are asked."""
        return f"{databases.PREFIX}{self.stamp}_aged"

    @property
    def untouched(self) -> str:
        """The copy of it in which nothing is done."""
        return f"{databases.PREFIX}{self.stamp}_untouched"


def run(
    plan: MaintenancePlan, server: ServerHandle, keep: Keep, *, free_bytes: FreeBytes = free_bytes_of
) -> MaintenanceRun:
    """Measure maintenance on ``server`` and return what was seen; ``keep`` gets every intermediate state of it.

    Raises:
        DiskFull: the copies do not fit, which is checked before they are made.
        PgproofError: a statement of the churn fails (file:line).
        ServerError: the server went away; what was seen by then is what ``keep`` got.
    """
    target = Target(server.dsn, SESSION_SETTINGS)
    workload = plan.workload
    with target.connect() as admin:
        databases.clean(admin)
        ground = Ground(workload, server, target, admin, plan.progress)
        recipe = Recipe(workload.dataset, plan.scale, plan.seed, plan.skew)
        template, dataset = fill(ground, recipe, plan.workers, plan.cache_limit_bytes)
        _insist_on_room(plan, server, admin, template, free_bytes)
        queries = stages.reads(workload)
        bindings = choose(ground, template, queries)
        asked = stages.questions(workload, bindings)
        begun, stamp = timestamps.now_text(), timestamps.stamp()
        seen = MaintenanceRun(
            id=timestamps.id_of(begun), started_at=begun, status="running", pgproof=__version__, workload=workload.name,
            workload_hash=workload.content_hash(), options=plan.options, machine=machine.facts(),
            server=record_of(server, admin), dataset=dataset, titles={q.name: q.title for q in queries},
            planned=_planned(plan.procedures), notes=_notes(plan, bindings),
        )  # fmt: skip
        keep(seen)
        scene = _Scene(plan, target, server, admin, stamp, asked, Probes(None, None))
        try:
            optimize(ground, template, scene.source, {"scale": plan.scale})
            with explained("measuring maintenance"):
                for latest in _measured(scene, seen):
                    seen = latest
                    keep(seen)
        finally:
            drop_copies(target, stamp)
    seen = replace(seen, status="complete", finished_at=timestamps.now_text())
    keep(seen)
    return seen


def _planned(chosen: Sequence[Procedure]) -> tuple[str, ...]:
    together = [one for one in chosen if one.name not in NOT_IN_ALL]
    return (FRESH, CHURNED, *(one.name for one in chosen), *([ALL] if len(together) > 1 else []))


def _notes(plan: MaintenancePlan, bindings: Bindings) -> tuple[str, ...]:
    notes = [
        f"{query.name} takes no part: it writes, and would change the copies that are compared."
        for query in plan.workload.queries if query.writes
    ]  # fmt: skip
    notes += [
        f"{query.name} takes no part: the dataset has no value for any of its classes."
        for query in stages.reads(plan.workload) if not bindings[query.name]
    ]  # fmt: skip
    return tuple(notes)


def _insist_on_room(
    plan: MaintenancePlan, server: ServerHandle, admin: Connection, template: str, free_bytes: FreeBytes
) -> None:
    found, free = databases.find(admin, template), free_bytes(server)
    if found is None or free is None:
        return
    needed = storage.needed_bytes(found.size_bytes, plan.options.share)
    if needed > free:
        raise DiskFull(
            f"three copies of the database need about {needed / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free",
            hint="free some space (pgproof cache clear), use fewer leads, or point --home to a larger disk",
        )


# ------------------------------------------------------------------------------------------------------ stages
def _measured(scene: _Scene, seen: MaintenanceRun) -> Iterator[MaintenanceRun]:
    """Everything in turn: before the churn, the churn, after it with nothing done, each procedure, all of them."""
    plan = scene.plan
    with scene.target.connect(scene.source) as connection:
        scene = replace(scene, probes=storage.install(connection))
        _switch_autovacuum_off(connection)
        seen = replace(seen, notes=(*seen.notes, *scene.probes.notes))
        yield (seen := _with(seen, _stage(scene, FRESH, scene.source)))
        churned = churning.churn(connection, plan.workload, plan.options.share, plan.progress)
        written = [table.name for table in churned.phase.tables]
        todo = procedures.look(connection, churned.writes, written)
    checkpoint(scene.admin)
    seen = replace(seen, churn=churned.phase, notes=(*seen.notes, *churned.notes))
    copy(scene.server, scene.admin, scene.source, scene.untouched)
    yield (seen := _with(seen, _stage(scene, CHURNED, scene.untouched)))
    for one in plan.procedures:
        yield (seen := _with(seen, _carried_out(scene, seen, one.name, [one], todo)))
    if ALL in seen.planned:
        together = [one for one in plan.procedures if one.name not in NOT_IN_ALL]
        yield (seen := _with(seen, _carried_out(scene, seen, ALL, together, todo)))


def _with(seen: MaintenanceRun, stage: MaintenanceStage) -> MaintenanceRun:
    fresh = cells_at(stage_of(seen, FRESH))
    stage = replace(stage, cells=stages.without_known_plans(stage.cells, fresh)) if fresh else stage
    return replace(seen, stages=(*seen.stages, stage))


def _switch_autovacuum_off(connection: Connection) -> None:
    """Nothing may tidy up between two looks; on a server that is not ours it is switched off by table."""
    if connection.execute("SHOW autovacuum").fetchall()[0][0] == "off":
        return
    with explained("switching autovacuum off in a copy"):
        for row in rows(connection, "list_tables"):
            options = "autovacuum_enabled = false, toast.autovacuum_enabled = false"
            connection.execute(f"ALTER TABLE {row['name']} SET ({options})".encode())


def _carried_out(
    scene: _Scene, seen: MaintenanceRun, name: str, chosen: Sequence[Procedure], todo: procedures.Ground
) -> MaintenanceStage:
    """Carry out ``chosen`` on a copy, look at the queries there, and time those whose work changed."""
    plan = scene.plan
    number = seen.planned.index(name)
    with passing_copy(scene.server, scene.admin, scene.source, f"{databases.PREFIX}{scene.stamp}_{number}") as own:
        done: list[ProcedureSeen] = []
        with scene.target.connect(own) as connection, scene.target.connect(own) as watcher:
            for position, one in enumerate(chosen):
                plan.progress(f"{name}: carrying out", position, len(chosen))
                done.append(procedures.carry_out(connection, watcher, one, todo))
            plan.progress(f"{name}: carrying out", len(chosen), len(chosen))
        if all(one.skipped for one in done):
            return MaintenanceStage(name, tuple(done))
        stage = replace(_stage(scene, name, own), procedures=tuple(done))
        return replace(stage, timed=_timed(scene, seen, stage, own))


def _timed(scene: _Scene, seen: MaintenanceRun, stage: MaintenanceStage, own: str) -> tuple[CellTimed, ...]:
    untouched = stage_of(seen, CHURNED)
    chosen = worth_timing(untouched, stage) if untouched else set()
    cells = [one.cell for one in scene.asked if (one.cell.query.name, one.cell.parameter_class) in chosen]
    if not cells:
        return ()
    plan = scene.plan

    def tell(phase: str, done: float, total: float, unit: str = "") -> None:
        plan.progress(f"{stage.name}: {phase}", done, total, unit)

    return stages.timed(scene.target, scene.untouched, own, cells, plan.options, tell)


def _stage(scene: _Scene, name: str, where: str) -> MaintenanceStage:
    """What the database ``where`` takes on disk, how late its data is, and what the queries do in it."""
    plan = scene.plan
    with scene.target.connect(where) as connection:
        tables = storage.tables(connection, scene.probes)
        indexes = storage.indexes(connection, scene.probes)
        late = stages.staleness(connection, plan.workload)
    cells = stages.work(scene.target, where, scene.asked, plan.options.timeout_s, plan.progress, f"{name}: queries")
    return MaintenanceStage(name, (), tables, indexes, cells, staleness=late)

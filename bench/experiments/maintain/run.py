"""Maintenance from end to end: fill, optimize, age, then each procedure on a fresh copy of the aged database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bench.errors import DiskFull
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
from bench.experiments.setup import Setup, SetupOptions, complete, prepared
from bench.measurement import Bindings
from bench.measurement import churn as churning
from bench.postgres import databases
from bench.postgres.connection import checkpoint
from bench.postgres.failures import explained
from bench.postgres.servers import ServerHandle
from bench.postgres.servers.disk import FreeBytes, free_bytes_of
from bench.workload import Workload

Keep = Callable[[MaintenanceRun], None]
"""Called with everything seen so far, after every stage."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every stage needs."""

    setup: Setup
    options: MaintenanceOptions
    procedures: Sequence[Procedure]
    asked: Sequence[Question]
    source: str
    """The aged database, which nobody asks anything: its copies are asked."""
    untouched: str
    """The copy of it in which nothing is done."""
    probes: Probes


def run(
    chosen: SetupOptions, options: MaintenanceOptions, server: ServerHandle, keep: Keep,
    *, free_bytes: FreeBytes = free_bytes_of,
) -> MaintenanceRun:  # fmt: skip
    """Measure maintenance on ``server`` and return what was seen; ``keep`` gets every intermediate state of it.

    Raises:
        DiskFull: the copies do not fit, which is checked before they are made.
        PgproofError: a statement of the churn fails (file:line).
        ServerError: the server went away; what was seen by then is what ``keep`` got.
    """
    workload = chosen.workload
    with prepared(chosen, server, one_server="pgproof maintain") as setup:
        _insist_on_room(setup, options.share, free_bytes)
        queries = stages.reads(workload)
        bindings = setup.bindings(queries)
        wanted = procedures.chosen(workload, options.only)
        seen = MaintenanceRun(
            **setup.facts(), options=options, titles={query.name: query.title for query in queries},
            planned=_planned(wanted), notes=_notes(workload, bindings),
        )  # fmt: skip
        keep(seen)
        asked = stages.questions(workload, bindings)
        scene = _Scene(setup, options, wanted, asked, setup.optimized("aged"), "", Probes(None, None))
        with explained("measuring maintenance"):
            for latest in _measured(scene, seen):
                seen = latest
                keep(seen)
    seen = complete(seen)
    keep(seen)
    return seen


def _planned(chosen: Sequence[Procedure]) -> tuple[str, ...]:
    together = [one for one in chosen if one.name not in NOT_IN_ALL]
    return (FRESH, CHURNED, *(one.name for one in chosen), *([ALL] if len(together) > 1 else []))


def _notes(workload: Workload, bindings: Bindings) -> tuple[str, ...]:
    notes = [
        f"{query.name} takes no part: it writes, and would change the copies that are compared."
        for query in workload.queries if query.writes
    ]  # fmt: skip
    notes += [
        f"{query.name} takes no part: the dataset has no value for any of its classes."
        for query in stages.reads(workload) if not bindings[query.name]
    ]  # fmt: skip
    return tuple(notes)


def _insist_on_room(setup: Setup, share: float, free_bytes: FreeBytes) -> None:
    found, free = databases.find(setup.admin, setup.template), free_bytes(setup.server)
    if found is None or free is None:
        return
    needed = storage.needed_bytes(found.size_bytes, share)
    if needed > free:
        raise DiskFull(
            f"three copies of the database need about {needed / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free",
            hint="free some space (pgproof cache clear), use fewer leads, or point --home to a larger disk",
        )


# ------------------------------------------------------------------------------------------------------ stages
def _measured(scene: _Scene, seen: MaintenanceRun) -> Iterator[MaintenanceRun]:
    """Everything in turn: before the churn, the churn, after it with nothing done, each procedure, all of them."""
    setup = scene.setup
    with setup.target.connect(scene.source) as connection:
        scene = replace(scene, probes=storage.install(connection))
        churning.switch_autovacuum_off(connection)
        seen = replace(seen, notes=(*seen.notes, *scene.probes.notes))
        yield (seen := _with(seen, _stage(scene, FRESH, scene.source)))
        churned = churning.churn(connection, setup.workload, scene.options.share, setup.progress)
        written = [table.name for table in churned.phase.tables]
        todo = procedures.look(connection, churned.writes, written)
    checkpoint(setup.admin)
    seen = replace(seen, churn=churned.phase, notes=(*seen.notes, *churned.notes))
    scene = replace(scene, untouched=setup.copy(scene.source, "untouched"))
    yield (seen := _with(seen, _stage(scene, CHURNED, scene.untouched)))
    for one in scene.procedures:
        yield (seen := _with(seen, _carried_out(scene, seen, one.name, [one], todo)))
    if ALL in seen.planned:
        together = [one for one in scene.procedures if one.name not in NOT_IN_ALL]
        yield (seen := _with(seen, _carried_out(scene, seen, ALL, together, todo)))


def _with(seen: MaintenanceRun, stage: MaintenanceStage) -> MaintenanceRun:
    fresh = cells_at(stage_of(seen, FRESH))
    stage = replace(stage, cells=stages.without_known_plans(stage.cells, fresh)) if fresh else stage
    return replace(seen, stages=(*seen.stages, stage))


def _carried_out(
    scene: _Scene, seen: MaintenanceRun, name: str, chosen: Sequence[Procedure], todo: procedures.Aged
) -> MaintenanceStage:
    """Carry out ``chosen`` on a copy, look at the queries there, and time those whose work changed."""
    setup = scene.setup
    with setup.passing_copy(scene.source, str(seen.planned.index(name))) as own:
        done: list[ProcedureSeen] = []
        with setup.target.connect(own) as connection, setup.target.connect(own) as watcher:
            for position, one in enumerate(chosen):
                setup.progress(f"{name}: carrying out", position, len(chosen))
                done.append(procedures.carry_out(connection, watcher, one, todo))
            setup.progress(f"{name}: carrying out", len(chosen), len(chosen))
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
    setup = scene.setup

    def tell(phase: str, done: float, total: float, unit: str = "") -> None:
        setup.progress(f"{stage.name}: {phase}", done, total, unit)

    return stages.timed(setup.target, scene.untouched, own, cells, scene.options, tell)


def _stage(scene: _Scene, name: str, where: str) -> MaintenanceStage:
    """What the database ``where`` takes on disk, how late its data is, and what the queries do in it."""
    setup = scene.setup
    with setup.target.connect(where) as connection:
        tables = storage.tables(connection, scene.probes)
        indexes = storage.indexes(connection, scene.probes)
        late = stages.staleness(connection, setup.workload)
    cells = stages.work(setup.target, where, scene.asked, scene.options.timeout_s, setup.progress, f"{name}: queries")
    return MaintenanceStage(name, (), tables, indexes, cells, staleness=late)

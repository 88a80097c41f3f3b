"""All of it, in order, on copies of one state that go again however it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bench import __version__, machine, timestamps
from bench.dataset.worker import Recipe
from bench.experiments.setup import Ground, choose, drop_copies, fill, optimize, passing_copy
from bench.experiments.traps import fresh, stability
from bench.experiments.traps.borrowed_plans import BIG, SMALL, borrow, lenders
from bench.experiments.traps.copied_database import CopiedDatabase
from bench.experiments.traps.prepared import Unpreparable, look
from bench.experiments.traps.record import Stability, TrapCell, TrapQuery, TrapsOptions, TrapsRun
from bench.measurement import Cell, cells_of
from bench.measurement.stopwatch import Stopwatch
from bench.model import Query
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle
from bench.postgres.servers.record import record_of
from bench.progress import Progress, silent
from bench.workload import Workload

Keep = Callable[[TrapsRun], None]
"""Called with everything seen so far, after every query."""

Key = tuple[str, str]

OPPOSITE = {BIG: SMALL, SMALL: BIG}
"""Whose executions come first where the server's choice is looked at: large before small, and small before large."""


@dataclass(frozen=True, slots=True)
class TrapsPlan:
    """What to run: everything that the user chose."""

    workload: Workload
    scale: int
    seed: int
    skew: str
    workers: int
    cache_limit_bytes: int
    options: TrapsOptions
    only: tuple[str, ...] = ()
    progress: Progress = field(default=silent, repr=False)

    @property
    def queries(self) -> tuple[Query, ...]:
        """The queries that take part, reads first: a statement that writes leaves dead rows, even rolled back."""
        chosen = [query for query in self.workload.queries if not self.only or query.name in self.only]
        return tuple(sorted(chosen, key=lambda query: query.writes))


@dataclass(slots=True)
class _Work:
    """What the parts share; ``seen`` grows."""

    plan: TrapsPlan
    server: ServerHandle
    target: Target
    admin: Connection
    source: str
    stamp: str
    keep: Keep
    seen: TrapsRun
    watch: Stopwatch
    cells: dict[Key, TrapCell] = field(default_factory=dict)

    def told(self, **more: object) -> None:
        """Add to what was seen, and hand it on."""
        phases = dict(self.watch.seconds)
        self.seen = replace(self.seen, cells=tuple(self.cells.values()), phases_s=phases, **more)  # type: ignore[arg-type]
        self.keep(self.seen)


def run(plan: TrapsPlan, server: ServerHandle, keep: Keep) -> TrapsRun:
    """Look for plan traps on ``server`` and return what was seen; ``keep`` gets every intermediate state of it.

    Raises:
        WorkloadError: a file of the workload is wrong.
        ServerError: the server went away; what was seen by then is what ``keep`` got.
    """
    target, watch = Target(server.dsn, SESSION_SETTINGS), Stopwatch()
    with target.connect() as admin:
        databases.clean(admin)
        ground = Ground(plan.workload, server, target, admin, plan.progress)
        with watch("dataset"):
            recipe = Recipe(plan.workload.dataset, plan.scale, plan.seed, plan.skew)
            template, dataset = fill(ground, recipe, plan.workers, plan.cache_limit_bytes)
            bindings = choose(ground, template, plan.queries)
        stamp, begun = timestamps.stamp(), timestamps.now_text()
        seen = TrapsRun(
            id=timestamps.id_of(begun), started_at=begun, status="running", pgproof=__version__,
            workload=plan.workload.name, workload_hash=plan.workload.content_hash(), options=plan.options,
            machine=machine.facts(), server=record_of(server, admin), dataset=dataset,
            queries=tuple(_about(query, bool(bindings[query.name])) for query in plan.queries), notes=_notes(plan),
        )  # fmt: skip
        keep(seen)
        work = _Work(plan, server, target, admin, template, stamp, keep, seen, watch)
        try:
            if plan.options.state == "after":
                work.source = f"{databases.PREFIX}{stamp}_after"
                with watch("optimize"):
                    optimize(ground, template, work.source, {"scale": plan.scale})
            cells = cells_of(plan.queries, bindings)
            with watch("custom, generic and borrowed plans"):
                cells = _plans(work, cells)
            with watch("statistics"):
                _stability(work, cells)
            with watch("a new tenant"):
                _fresh(work, {cell.query.name for cell in cells})
        finally:
            drop_copies(target, stamp)
        work.told(status="complete", finished_at=timestamps.now_text())
        return work.seen


def _about(query: Query, bound: bool) -> TrapQuery:
    note = "" if bound else "the dataset has no value for any of its classes"
    return TrapQuery(query.name, query.title, query.writes, note)


def _notes(plan: TrapsPlan) -> tuple[str, ...]:
    left_out = len(plan.workload.queries) - len(plan.queries)
    return (f"{left_out} queries of the workload were left out.",) if left_out else ()


@contextmanager
def _copy(work: _Work, what: str, source: str = "") -> Iterator[CopiedDatabase]:
    name = f"{databases.PREFIX}{work.stamp}_{what}"
    with passing_copy(work.server, work.admin, source or work.source, name):
        yield CopiedDatabase(work.target, name, work.plan.options.state, work.plan.options.timeout_s)


def _of(cells: Sequence[Cell], query: str) -> dict[str, Cell]:
    return {cell.parameter_class: cell for cell in cells if cell.query.name == query}


def _plans(work: _Work, cells: Sequence[Cell]) -> list[Cell]:
    """Custom against generic, then borrowed plans, query by query; return the cells whose plans can be looked at."""
    good: list[Cell] = []
    names = list(dict.fromkeys(cell.query.name for cell in cells))
    with _copy(work, "plans") as copied:
        with work.target.connect(copied.database) as connection:
            stability.analyze_whole(connection)
        for number, name in enumerate(names):
            work.plan.progress("custom and generic plans", number, len(names), "queries")
            mine = _of(cells, name)
            try:
                found = [_look(copied, mine, cell) for cell in mine.values()]
            except Unpreparable as reason:
                note = f"it cannot be prepared, so it has no plan to look at: {reason}"
                known = [replace(query, note=note) if query.name == name else query for query in work.seen.queries]
                work.told(queries=tuple(known))
                continue
            work.cells |= {(cell.query, cell.parameter_class): cell for cell in found}
            work.told()
            by_class = {cell.parameter_class: cell for cell in found}
            for lender, borrower in lenders(found):
                own = by_class[borrower]
                one = borrow(copied, mine[borrower], own, by_class[lender])
                by_class[borrower] = replace(own, borrowed=(*own.borrowed, one))
            work.cells |= {(name, one): cell for one, cell in by_class.items()}
            good += [mine[one] for one, cell in by_class.items() if not cell.error]
            work.told()
        work.plan.progress("custom and generic plans", len(names), len(names), "queries")
    return good


def _look(copied: CopiedDatabase, mine: dict[str, Cell], cell: Cell) -> TrapCell:
    opposite = OPPOSITE.get(cell.parameter_class, "")
    return look(copied, cell, firsts={opposite: mine[opposite]} if opposite in mine else {})


def _stability(work: _Work, cells: Sequence[Cell]) -> None:
    draws = work.plan.options.analyzes
    if not cells:
        return
    with _copy(work, "statistics") as copied, work.target.connect(copied.database) as connection:
        stability.keep_autovacuum_out(connection)
        work.told(sampled=stability.sampled_tables(connection))
        seen: dict[Key, Stability] = {}
        for number in range(draws):
            for done, (key, found, error) in enumerate(stability.draw(copied, connection, cells, seen)):
                work.plan.progress("statistics anew", number + done / len(cells), draws, "times")
                seen[key] = found
                work.cells[key] = replace(work.cells[key], error=error or work.cells[key].error)
            for key, found in seen.items():
                work.cells[key] = replace(work.cells[key], stability=found)
            work.told()
        work.plan.progress("statistics anew", draws, draws, "times")


def _fresh(work: _Work, names: set[str]) -> None:
    workload = work.plan.workload
    file, classes = workload.root / fresh.FILE, workload.dataset / "classes.sql"
    chosen = [query for query in work.plan.queries if query.name in names]
    with _copy(work, "fresh") as stale:
        with work.target.connect(stale.database) as connection:
            stability.keep_autovacuum_out(connection)
            stability.analyze_whole(connection)
            asked = work.plan.options.fresh_class
            settled = fresh.settle(connection, file, classes, workload.clock, chosen, asked)
        if isinstance(settled, str):
            work.told(fresh_note=settled)
            return
        tenant, bindings = settled
        work.told(fresh=tenant)
        with _copy(work, "analyzed", stale.database) as analyzed:
            with work.target.connect(analyzed.database) as connection:
                stability.analyze_whole(connection)
            for one in fresh.watch(stale, analyzed, chosen, tenant, bindings, work.plan.progress):
                if isinstance(one, str):
                    work.told(notes=(*work.seen.notes, one))
                    continue
                tenant = replace(tenant, queries=(*tenant.queries, one))
                work.told(fresh=tenant)

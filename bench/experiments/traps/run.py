"""All of it, in order, on copies of one state that go again however it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bench.experiments.setup import Setup, SetupOptions, complete, prepared
from bench.experiments.traps import fresh, stability
from bench.experiments.traps.borrowed_plans import BIG, SMALL, borrow, lenders
from bench.experiments.traps.copied_database import CopiedDatabase
from bench.experiments.traps.prepared import Unpreparable, look
from bench.experiments.traps.record import Stability, TrapCell, TrapQuery, TrapsOptions, TrapsRun
from bench.measurement import Cell, cells_of
from bench.measurement.schedule import keep_up_once
from bench.model import Query
from bench.postgres.servers import ServerHandle

Keep = Callable[[TrapsRun], None]
"""Called with everything seen so far, after every query."""

Key = tuple[str, str]

OPPOSITE = {BIG: SMALL, SMALL: BIG}
"""Whose executions come first where the server's choice is looked at: large before small, and small before large."""


@dataclass(slots=True)
class _Work:
    """What the parts share; ``seen`` grows."""

    setup: Setup
    options: TrapsOptions
    source: str
    keep: Keep
    seen: TrapsRun
    cells: dict[Key, TrapCell] = field(default_factory=dict)

    def told(self, **more: object) -> None:
        """Add to what was seen, and hand it on."""
        phases = dict(self.setup.watch.seconds)
        self.seen = replace(self.seen, cells=tuple(self.cells.values()), phases_s=phases, **more)  # type: ignore[arg-type]
        self.keep(self.seen)


def run(chosen: SetupOptions, options: TrapsOptions, server: ServerHandle, keep: Keep) -> TrapsRun:
    """Look for plan traps on ``server`` and return what was seen; ``keep`` gets every intermediate state of it.

    Raises:
        WorkloadError: a file of the workload is wrong.
        ServerError: the server went away; what was seen by then is what ``keep`` got.
    """
    with prepared(chosen, server, one_server="pgproof traps") as setup:
        watch, queries = setup.watch, chosen.queries
        with watch("dataset"):
            bindings = setup.bindings(queries)
        about = tuple(_about(query, bool(bindings[query.name])) for query in queries)
        seen = TrapsRun(**setup.facts(), options=options, queries=about, notes=_notes(chosen))
        keep(seen)
        work = _Work(setup, options, setup.template, keep, seen)
        if options.state == "after":
            with watch("optimize"):
                work.source = setup.optimized("after")
        cells = cells_of(queries, bindings)
        with watch("custom, generic and borrowed plans"):
            cells = _plans(work, cells)
        with watch("statistics"):
            _stability(work, cells)
        with watch("a new tenant"):
            _fresh(work, {cell.query.name for cell in cells})
    work.seen = complete(work.seen)
    work.told()
    return work.seen


def _about(query: Query, bound: bool) -> TrapQuery:
    note = "" if bound else "the dataset has no value for any of its classes"
    return TrapQuery(query.name, query.title, query.writes, note)


def _notes(chosen: SetupOptions) -> tuple[str, ...]:
    return (f"{len(chosen.left_out)} queries of the workload were left out.",) if chosen.left_out else ()


@contextmanager
def _copy(work: _Work, what: str, source: str = "") -> Iterator[CopiedDatabase]:
    with work.setup.passing_copy(source or work.source, what) as name:
        yield CopiedDatabase(work.setup.target, name, work.options.state, work.options.timeout_s)


def _of(cells: Sequence[Cell], query: str) -> dict[str, Cell]:
    return {cell.parameter_class: cell for cell in cells if cell.query.name == query}


def _plans(work: _Work, cells: Sequence[Cell]) -> list[Cell]:
    """Custom against generic, then borrowed plans, query by query; return the cells whose plans can be looked at."""
    good: list[Cell] = []
    names = list(dict.fromkeys(cell.query.name for cell in cells))
    with _copy(work, "plans") as copied:
        with work.setup.target.connect(copied.database) as connection:
            stability.analyze_whole(connection)
        for number, name in enumerate(names):
            work.setup.progress("custom and generic plans", number, len(names), "queries")
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
        work.setup.progress("custom and generic plans", len(names), len(names), "queries")
    return good


def _look(copied: CopiedDatabase, mine: dict[str, Cell], cell: Cell) -> TrapCell:
    opposite = OPPOSITE.get(cell.parameter_class, "")
    return look(copied, cell, firsts={opposite: mine[opposite]} if opposite in mine else {})


def _stability(work: _Work, cells: Sequence[Cell]) -> None:
    draws = work.options.analyzes
    if not cells:
        return
    with _copy(work, "statistics") as copied, work.setup.target.connect(copied.database) as connection:
        stability.keep_autovacuum_out(connection)
        work.told(sampled=stability.sampled_tables(connection))
        seen: dict[Key, Stability] = {}
        for number in range(draws):
            for done, (key, found, error) in enumerate(stability.draw(copied, connection, cells, seen)):
                work.setup.progress("statistics anew", number + done / len(cells), draws, "times")
                seen[key] = found
                work.cells[key] = replace(work.cells[key], error=error or work.cells[key].error)
            for key, found in seen.items():
                work.cells[key] = replace(work.cells[key], stability=found)
            work.told()
        work.setup.progress("statistics anew", draws, draws, "times")


def _fresh(work: _Work, names: set[str]) -> None:
    workload = work.setup.workload
    file, classes = workload.root / fresh.FILE, workload.dataset / "classes.sql"
    chosen = [query for query in work.setup.options.queries if query.name in names]
    with _copy(work, "fresh") as stale:
        with work.setup.target.connect(stale.database) as connection:
            stability.keep_autovacuum_out(connection)
            stability.analyze_whole(connection)
            asked = work.options.fresh_class
            settled = fresh.settle(connection, file, classes, workload.clock, chosen, asked)
            if work.options.state == "after":
                for block in workload.optimizations:  # as a cron job has a moment after rows were written
                    keep_up_once(connection, block, (one.sql for one in block.scheduled), workload.clock)
        if isinstance(settled, str):
            work.told(fresh_note=settled)
            return
        tenant, bindings = settled
        work.told(fresh=tenant)
        with _copy(work, "analyzed", stale.database) as analyzed:
            with work.setup.target.connect(analyzed.database) as connection:
                stability.analyze_whole(connection)
            for one in fresh.watch(stale, analyzed, chosen, tenant, bindings, work.setup.progress):
                if isinstance(one, str):
                    work.told(notes=(*work.seen.notes, one))
                    continue
                tenant = replace(tenant, queries=(*tenant.queries, one))
                work.told(fresh=tenant)

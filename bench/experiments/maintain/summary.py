"""Decide what maintenance was worth: which cells aged, which procedure mends them, at what price. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bench.experiments.maintain import sentences
from bench.experiments.maintain.cell_changes import Key, cells_at, differs, same_rows, stage_of, still_aged
from bench.experiments.maintain.effects import (
    Effects,
    GrownIndex,
    ProcedureSummary,
    Timing,
    WrongRows,
    effects,
    grown_indexes,
    wrong_rows,
)
from bench.experiments.maintain.record import (
    ALL,
    CHURNED,
    FRESH,
    CellWork,
    MaintenanceRun,
    MaintenanceStage,
    TableStored,
)
from bench.model import TableChurned

CHANGED_MOST = 200
"""Rows of the table of cells: more help nobody, and maintenance.json has them all."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ByStage(Generic[T]):
    """What there is at each stage, in rows that have a name."""

    stages: tuple[str, ...]
    rows: tuple[tuple[str, tuple[T, ...]], ...]


@dataclass(frozen=True, slots=True)
class WorkSummary:
    """What a cell did at a stage, beside what it did when fresh and after the churn."""

    same: bool
    """As after the churn, in every respect: the rest is for where it is not."""
    blocks: int | None
    """None where it ran into the timeout."""
    heap_fetches: int
    other_plan: bool
    """Than when fresh."""
    other_rows: bool
    """Than after the churn."""
    aged: bool
    """It reads more than when fresh, and most of what the churn added is still there."""


@dataclass(frozen=True, slots=True)
class ChangedPlan:
    """A cell that the churn gave another plan."""

    cell: str
    change: str
    back_after: tuple[str, ...]
    """The procedures after which the plan is the former one."""


@dataclass(frozen=True, slots=True)
class TableSummary:
    """A table that was written, before and after it; a share is None where it is not known, or there is nothing."""

    churned: TableChurned
    hot_share: float | None
    stored: tuple[TableStored, TableStored] | None
    visible_shares: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class MaintenanceSummary:
    """What a report shows."""

    headline: str
    alarms: tuple[str, ...]
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    wrong_rows: tuple[WrongRows, ...]
    aged_queries: tuple[str, ...]
    """Titles of the queries that read more after the churn."""
    procedures: tuple[ProcedureSummary, ...]
    """In the order in which they were carried out, all together last."""
    cells: ByStage[WorkSummary | None]
    """Those that changed, by what they do at each stage."""
    changed: int
    """Cells whose work or plan differs from the fresh or the churned copy at any stage, shown or not."""
    total: int
    plans: tuple[ChangedPlan, ...]
    timings: ByStage[Timing | None]
    """Cells of which the clock tells that a procedure made them faster or slower."""
    tables: tuple[TableSummary, ...]
    indexes: tuple[GrownIndex, ...]
    pending: ByStage[int | None]
    staleness: ByStage[str | None]
    """How late each optimization's data is."""
    answers: ByStage[tuple[int, int]]
    """In how many classes a query that reads such data answers otherwise than it should, and of how many."""


def summarize(run: MaintenanceRun) -> MaintenanceSummary:
    """Compute everything that a report of ``run`` shows; partial and failed runs alike."""
    found, wrong = effects(run), wrong_rows(run)
    order, changed = _order(run, found), tuple(_changed(run))
    return MaintenanceSummary(
        headline=sentences.headline(run, found),
        alarms=tuple(sentences.alarms(run, found, wrong)),
        sentences=tuple(sentences.sentences(run, found)),
        notes=tuple(sentences.notes(run, found)),
        wrong_rows=wrong,
        aged_queries=found.aged_queries,
        procedures=found.procedures,
        cells=_cells(run, found, order, changed),
        changed=len(changed),
        total=len(cells_at(stage_of(run, CHURNED))),
        plans=tuple(_plans(run, found)),
        timings=_timings(run, found, order),
        tables=tuple(_tables(run)),
        indexes=grown_indexes(run),
        pending=_pending(run),
        staleness=_staleness(run),
        answers=_answers(run),
    )


def _order(run: MaintenanceRun, found: Effects) -> list[MaintenanceStage]:
    """The stages that looked at queries: before the procedures, then those that mend most, all together last."""
    mends = {one.name: -len(one.mends) for one in found.alone}
    place = {FRESH: -float("inf"), CHURNED: -1e9, ALL: float("inf"), **mends}
    return sorted((stage for stage in run.stages if stage.cells), key=lambda stage: place[stage.name])


def _title(run: MaintenanceRun, key: Key) -> str:
    return f"{run.titles.get(key[0], key[0])} ({key[1]})"


# ------------------------------------------------------------------------------------------------------- cells
def _changed(run: MaintenanceRun) -> Iterator[Key]:
    fresh, churned = cells_at(stage_of(run, FRESH)), cells_at(stage_of(run, CHURNED))
    later = [cells_at(stage) for stage in run.stages if stage.procedures]
    for key, cell in churned.items():
        if differs(cell, fresh[key]) or any(key in found and differs(found[key], cell) for found in later):
            yield key


def _cells(
    run: MaintenanceRun, found: Effects, order: Sequence[MaintenanceStage], changed: Sequence[Key]
) -> ByStage[WorkSummary | None]:
    fresh, churned = cells_at(stage_of(run, FRESH)), cells_at(stage_of(run, CHURNED))
    places = {(one.query, one.parameter_class): place for place, one in enumerate(found.aged)}
    keys = sorted(changed, key=lambda key: (places.get(key, len(places)), key))[:CHANGED_MOST]
    stages = [cells_at(stage) for stage in order]
    rows = (
        (_title(run, key), tuple(_work(stage.get(key), fresh[key], churned[key]) for stage in stages)) for key in keys
    )
    return ByStage(tuple(stage.name for stage in order), tuple(rows))


def _work(cell: CellWork | None, fresh: CellWork, churned: CellWork) -> WorkSummary | None:
    if cell is None:
        return None
    counters = cell.counters
    return WorkSummary(
        same=cell is not churned and cell is not fresh and _does(cell) == _does(churned) and same_rows(cell, churned),
        blocks=counters.buffers if counters else None,
        heap_fetches=counters.heap_fetches if counters else 0,
        other_plan=cell.fingerprint != fresh.fingerprint,
        other_rows=cell is not fresh and not same_rows(cell, churned),
        aged=still_aged(cell, fresh, churned),
    )


def _does(cell: CellWork) -> tuple[object, ...]:
    found = cell.counters
    return found and (found.buffers, found.heap_fetches), cell.fingerprint


def _plans(run: MaintenanceRun, found: Effects) -> Iterator[ChangedPlan]:
    fresh, churned = cells_at(stage_of(run, FRESH)), cells_at(stage_of(run, CHURNED))
    later = {one.name: cells_at(stage_of(run, one.name)) for one in found.procedures}
    for key, cell in churned.items():
        former = fresh[key].fingerprint
        if cell.counters and cell.fingerprint != former:
            back = tuple(name for name, cells in later.items() if key in cells and cells[key].fingerprint == former)
            change = next(iter(sentences.plan_change(fresh[key], cell)), "another shape")
            yield ChangedPlan(_title(run, key), change, back)


def _timings(run: MaintenanceRun, found: Effects, order: Sequence[MaintenanceStage]) -> ByStage[Timing | None]:
    shown = [one for stage in order if (one := found.of(stage.name)) and one.timings]
    by_cell: dict[Key, dict[str, Timing]] = {}
    for one in shown:
        for timing in one.timings:
            by_cell.setdefault((timing.query, timing.parameter_class), {})[one.name] = timing
    rows = (
        (_title(run, key), tuple(timings.get(one.name) for one in shown))
        for key, timings in sorted(by_cell.items())
        if any(timing.verdict != "cannot tell" for timing in timings.values())
    )
    return ByStage(tuple(one.name for one in shown), tuple(rows))


# -------------------------------------------------------------------------------------------------- what is stored
def _tables(run: MaintenanceRun) -> Iterator[TableSummary]:
    ends = [
        {table.name: table for table in stage.tables} if stage else {}
        for stage in (stage_of(run, FRESH), stage_of(run, CHURNED))
    ]
    for one in run.churn.tables if run.churn else ():
        old, new = (tables.get(one.name) for tables in ends)
        yield TableSummary(
            one,
            _share(one.hot_updated, one.updated),
            (old, new) if old and new else None,
            (_share(old.all_visible_pages, old.pages) if old else None,
             _share(new.all_visible_pages, new.pages) if new else None),
        )  # fmt: skip


def _share(part: int | None, whole: int) -> float | None:
    return None if part is None or not whole else part / whole


def _pending(run: MaintenanceRun) -> ByStage[int | None]:
    stages = [stage for stage in run.stages if stage.indexes]
    found = [{one.name: one.pending_pages for one in stage.indexes} for stage in stages]
    names = [name for name, pages in (found[1] if len(found) > 1 else {}).items() if pages is not None]
    rows = ((name, tuple(pages.get(name) for pages in found)) for name in names)
    return ByStage(tuple(stage.name for stage in stages), tuple(rows))


def _staleness(run: MaintenanceRun) -> ByStage[str | None]:
    stages = [stage for stage in run.stages if stage.cells]
    names = dict.fromkeys(name for stage in stages for name in stage.staleness)
    rows = ((name, tuple(stage.staleness.get(name) for stage in stages)) for name in names)
    return ByStage(tuple(stage.name for stage in stages), tuple(rows))


def _answers(run: MaintenanceRun) -> ByStage[tuple[int, int]]:
    stages = [stage for stage in run.stages if stage.cells]
    queries = dict.fromkeys(cell.query for stage in stages for cell in stage.cells if cell.agrees is not None)
    rows = (
        (run.titles.get(query, query), tuple(_otherwise(stage, query) for stage in stages)) for query in queries
    )  # fmt: skip
    return ByStage(tuple(stage.name for stage in stages), tuple(rows))


def _otherwise(stage: MaintenanceStage, query: str) -> tuple[int, int]:
    found = [cell.agrees for cell in stage.cells if cell.query == query and cell.agrees is not None]
    return sum(not agrees for agrees in found), len(found)

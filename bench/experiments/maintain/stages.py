"""The queries at one stage: what they do and answer in one copy, and how long they take beside the churned one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.experiments.maintain.record import CellTimed, CellWork, MaintenanceOptions
from bench.measurement import Bindings, Cell, Sides, Timeout, cells_of, execute, look, time_pairs
from bench.measurement.answers import rows_of
from bench.model import Options, Pair, Query
from bench.plans import trimmed
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.progress import Progress
from bench.workload import Workload
from bench.workload.sqlfile import fill_in


@dataclass(frozen=True, slots=True)
class Question:
    """A cell of the state after, and the statement that it is a rewrite of, where its answer may grow old."""

    cell: Cell
    original: Cell | None = None


def questions(workload: Workload, bindings: Bindings) -> list[Question]:
    """The cells of the queries that read. Both states of a query have the statement of the state after here."""
    found = []
    for query in reads(workload):
        for cell in cells_of([query], bindings):
            shown = Cell(_plain(query, query.text("after")), cell.parameter_class, cell.bindings)
            ages = bool(workload.kept_for(query))
            original = Cell(_plain(query, query.sql), cell.parameter_class, cell.bindings) if ages else None
            found.append(Question(shown, original))
    return found


def reads(workload: Workload) -> tuple[Query, ...]:
    """The queries that only read: the others would change the copies that are compared."""
    return tuple(query for query in workload.queries if not query.writes)


def _plain(query: Query, text: str) -> Query:
    return replace(query, sql=text, rewrite=None)


def work(
    target: Target, name: str, asked: Sequence[Question], timeout_s: float, progress: Progress, label: str
) -> tuple[CellWork, ...]:
    """Execute every question in the database ``name``, all bindings, and the first one under EXPLAIN ANALYZE.

    Executed first: what a query tidies up while it passes by, it tidies up then.
    """
    sides = Sides(target, {"after": name}, timeout_s)
    found = []
    for number, question in enumerate(asked):
        progress(label, number, len(asked), "cells")
        found.append(_one(sides, question))
    progress(label, len(asked), len(asked), "cells")
    return tuple(found)


def _one(sides: Sides, question: Question) -> CellWork:
    cell = question.cell
    side, answers = look(sides, cell, "after")
    if side.plan is None:
        return CellWork(cell.query.name, cell.parameter_class, None)
    agrees = None
    if question.original is not None:
        truth = _answers(sides, question.original)
        agrees = None if truth is None else truth == [one.hash for one in answers]
    return CellWork(
        query=cell.query.name,
        parameter_class=cell.parameter_class,
        counters=side.plan.counters,
        fingerprint=side.plan.fingerprint,
        plan=trimmed(side.plan.plan),
        result_hash="+".join(one.hash[:16] for one in answers),
        result_rows=sum(one.rows for one in answers),
        agrees=agrees,
    )


def without_known_plans(cells: Sequence[CellWork], fresh: Mapping[tuple[str, str], CellWork]) -> tuple[CellWork, ...]:
    """Leave out the plans of the shapes that ``fresh`` has: eleven stages of the same would be most of the file."""
    known = {key: cell.fingerprint for key, cell in fresh.items()}
    return tuple(
        replace(cell, plan=None) if cell.fingerprint == known.get((cell.query, cell.parameter_class)) else cell
        for cell in cells
    )


def _answers(sides: Sides, cell: Cell) -> list[str] | None:
    with sides.connect("after", writes=False) as connection:
        try:
            return [rows_of(execute(connection, cell, "after", n)[1]).hash for n in range(len(cell.bindings))]
        except Timeout:
            return None


def timed(
    target: Target, churned: str, name: str, cells: Sequence[Cell], options: MaintenanceOptions, progress: Progress
) -> tuple[CellTimed, ...]:
    """Time ``cells`` in the churned copy and in ``name``, back to back, a few rounds."""
    sides = Sides(target, {"before": churned, "after": name}, options.timeout_s)
    pairs = [Pair(cell.query.name, cell.parameter_class, cell.bindings) for cell in cells]
    asked = Options(options.rounds, 0.0, options.timeout_s, warmups=1, seed=options.seed, target_ms=0.0)
    found = time_pairs(sides, cells, pairs, asked, progress, lambda _: None)
    return tuple(CellTimed(one.query, one.parameter_class, one.before.samples, one.after.samples) for one in found)


def staleness(connection: Connection, workload: Workload) -> dict[str, str]:
    """How late the data of each optimization is, by the SELECT of its own block."""
    found = {}
    for block in workload.optimizations:
        if block.staleness:
            text = fill_in(block.staleness, {"clock": f"'{workload.clock}'"}, block.file)
            with explained(f"{block.file}:{block.line} (staleness of {block.name})"):
                row = connection.execute(text.encode()).fetchone()
            found[block.name] = str(row[0]) if row and row[0] is not None else "unknown"
    return found

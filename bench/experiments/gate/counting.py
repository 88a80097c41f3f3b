"""Count the work of one arm: every cell's third execution, and what the catalog holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.experiments.gate.arms import Arm, ArmName
from bench.experiments.gate.databases import Databases
from bench.experiments.gate.record import Catalog, Counted, Key
from bench.measurement import Cell
from bench.measurement.answers import rows_of
from bench.measurement.execution import Timeout, execute, explain
from bench.model import Counters, PlanSeen, Sample, Verdict
from bench.plans import trimmed
from bench.postgres import ledger
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.optimizations import block_checksum
from bench.statistics.looks import FIRST_MEETS
from bench.statistics.verdicts import at_looks

CLEARLY = 0.1
"""Two warm executions below this share of the target meet it without further samples."""
SAMPLES_MOST = FIRST_MEETS
"""Executions at most for a cell that is not clearly within the target: up to the first look that can say so."""

WITHOUT_IMAGES = 5
"""More executions at most until one writes no image of a whole page."""


def count(
    databases: Databases, name: ArmName, prepared: str, cells: Sequence[Cell], target_ms: float
) -> dict[Key, Counted | Timeout]:
    """Count every cell of an arm, reads in the prepared database itself, writes in a copy that is then dropped."""
    found: dict[Key, Counted | Timeout] = {}
    reads = [cell for cell in cells if not cell.query.writes]
    writes = [cell for cell in cells if cell.query.writes]
    with databases.sides(name, prepared).connect("after", writes=False) as connection:
        found |= _all(connection, reads, target_ms, _told(databases, name, 0, len(cells)))
    if writes:
        with (
            databases.copies({name: prepared}, "writes") as copies,
            databases.sides(name, copies[name]).connect("after", writes=True) as connection,
        ):
            found |= _all(connection, writes, target_ms, _told(databases, name, len(reads), len(cells)))
    databases.setup.progress(f"counting work ({name})", len(cells), len(cells), "cells")
    return found


def _told(databases: Databases, name: ArmName, before: int, total: int) -> Callable[[int], None]:
    return lambda number: databases.setup.progress(f"counting work ({name})", before + number, total, "cells")


def _all(
    connection: Connection, cells: Sequence[Cell], target_ms: float, told: Callable[[int], None]
) -> dict[Key, Counted | Timeout]:  # fmt: skip
    """Count each, then hold each against the target: how often that takes is a matter of time, and what so many
    executions leave in the tables that they write, rolled back or not, must not be in what is counted."""
    found: dict[Key, Counted | Timeout] = {}
    warm: dict[Key, list[float]] = {}
    for number, cell in enumerate(cells):
        told(number)
        key = cell.query.name, cell.parameter_class
        try:
            found[key], warm[key] = _one(connection, cell)
        except Timeout as timeout:
            found[key] = timeout
    for cell in cells:
        key = cell.query.name, cell.parameter_class
        counted = found[key]
        if isinstance(counted, Counted):
            try:
                found[key] = replace(counted, target=_held_against(connection, cell, target_ms, warm[key]))
            except Timeout as timeout:
                found[key] = timeout
    return found


def _one(connection: Connection, cell: Cell) -> tuple[Counted, list[float]]:
    """The work of a cell, and what its second executions took.

    Raises:
        Timeout: the statement timeout struck.
    """
    answers, warm = [], []
    plans: list[PlanSeen] = []
    for binding in range(len(cell.bindings)):
        _, cursor = execute(connection, cell, "after", binding)
        answers.append(rows_of(cursor))
        warm.append(execute(connection, cell, "after", binding)[0])
        plans.append(_explained(connection, cell, binding))
    counted = Counted(
        query=cell.query.name,
        parameter_class=cell.parameter_class,
        args=tuple(binding.args for binding in cell.bindings),
        counters=_sum([plan.counters for plan in plans]),
        fingerprint=plans[0].fingerprint,
        plan=trimmed(plans[0].plan),
        result_hash="+".join(one.hash[:16] for one in answers),
        result_rows=sum(one.rows for one in answers),
    )
    return counted, warm


def _explained(connection: Connection, cell: Cell, binding: int) -> PlanSeen:
    """Explain one execution; again while its WAL holds images of whole pages, which depend on the last checkpoint."""
    plan = explain(connection, cell, "after", binding)
    for _ in range(WITHOUT_IMAGES):
        if not plan.counters.wal_full_pages:
            break
        plan = explain(connection, cell, "after", binding)
    return plan


def _sum(parts: Sequence[Counters]) -> Counters:
    names = Counters.__slots__
    return Counters(**{name: sum(getattr(part, name) for part in parts) for name in names})


def _held_against(connection: Connection, cell: Cell, target_ms: float, warm: Sequence[float]) -> Verdict:
    """The verdict on the target; a cell far below it needs no more executions to be sure."""
    if max(warm) < CLEARLY * target_ms:
        return "meets"
    samples = [Sample(ms, 0.0, binding) for binding, ms in enumerate(warm)]
    while not (found := at_looks(samples, target_ms)) and len(samples) < SAMPLES_MOST:
        binding = len(samples) % len(cell.bindings)
        samples.append(Sample(execute(connection, cell, "after", binding)[0], 0.0, binding))
    return found.verdict if found else "cannot tell"


def catalog(connection: Connection, arm: Arm) -> Catalog:
    """What stands in the arm's database."""
    return Catalog(
        indexes={row["name"]: row["definition"] for row in rows(connection, "list_index_definitions")},
        tables={row["name"]: int(row["rows"]) for row in rows(connection, "list_tables")},
        optimizations={block.name: block_checksum(block) for block in arm.workload.optimizations},
    )


def sql_hash(text: str) -> str:
    """A short hash of a statement, for telling whether it changed."""
    return ledger.checksum([text])[:16]

"""Maintenance experiments made by hand, for tests of decisions and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bench.experiments.maintain.record import (
    CellTimed,
    CellWork,
    IndexStored,
    MaintenanceOptions,
    MaintenanceRun,
    MaintenanceStage,
    ProcedureSeen,
    TableStored,
)
from bench.model import ChurnPhase, Counters, RunStatus, Sample, TableChurned
from tests.builders import runs

Blocks = Mapping[str, tuple[int, int] | int | None]
"""Query to blocks (and heap fetches) that its one cell reads; None: it ran into the timeout."""


def cells(blocks: Blocks, rows: str = "same", plan: str = "plan") -> tuple[CellWork, ...]:
    """One cell of class hot for each query."""
    made = []
    for query, found in blocks.items():
        if found is None:
            made.append(CellWork(query, "hot", None))
            continue
        buffers, fetches = found if isinstance(found, tuple) else (found, 0)
        made.append(CellWork(query, "hot", Counters(buffers, 100, 0, fetches), plan, None, rows, 10))
    return tuple(made)


def stage(name: str, blocks: Blocks, *, size: int = 1_000_000, rows: str = "same", **more: object) -> MaintenanceStage:
    """One stage; what is named after a procedure has it."""
    seen = ProcedureSeen(name, name.upper(), (f"{name.upper()} t",), 1.5, 4_000_000, **more)  # type: ignore[arg-type]
    return MaintenanceStage(
        name,
        () if name in ("fresh", "churned") else (seen,),
        (TableStored("crm.t", 1000, size, 300_000, 120, 0 if name == "churned" else 120),),
        (IndexStored("crm.i", "crm.t", "btree", size // 2), IndexStored("crm.g", "crm.t", "gin", 90_000, 3)),
        cells(blocks, rows),
        staleness={"rollup": f"{name} days"},
    )


def maintenance(
    *stages: MaintenanceStage, status: RunStatus = "complete", share: float = 0.2, text: str = "q"
) -> MaintenanceRun:
    """An experiment of these stages; ``text`` is everything that comes from a workload."""
    whole = runs.run()
    table = TableChurned(text, 1000, 20, 150, 30, 20, 190)
    return MaintenanceRun(
        id="20261123t080000z", started_at="2026-11-23T08:00:00+00:00", status=status, pgproof="0.1.0", workload=text,
        workload_hash="9a4c0f17", options=MaintenanceOptions(share, (), 9, 30.0, 1), machine=whole.machine,
        server=whole.server, dataset=whole.dataset, titles={"board": "Board", "queue": "Queue", text: text},
        churn=ChurnPhase("made up", 10, 2.5, 9_000_000, (table,) if share else ()), stages=stages,
        planned=("fresh", "churned", "vacuum", "reindex", "all"),
    )  # fmt: skip


def timed(query: str, before_ms: float, after_ms: float) -> CellTimed:
    """Nine steady executions on each side."""
    sides = (tuple(Sample(ms + place / 1000, place) for place in range(9)) for ms in (before_ms, after_ms))
    return CellTimed(query, "hot", *sides)


FRESH = stage("fresh", {"board": 100, "queue": 40})
CHURNED = stage("churned", {"board": (320, 210), "queue": 90}, size=1_400_000)
VACUUM = replace(
    stage("vacuum", {"board": 104, "queue": 90}, size=1_400_000, locks=("ShareUpdateExclusiveLock on crm.t",)),
    timed=(timed("board", 4.0, 2.0),),
)
REINDEX = stage("reindex", {"board": (310, 210), "queue": 40}, locks=("ShareLock on crm.t",), locked_ms=40.0)
ALL = stage("all", {"board": 100, "queue": 40})
FULL = maintenance(FRESH, CHURNED, VACUUM, REINDEX, ALL)

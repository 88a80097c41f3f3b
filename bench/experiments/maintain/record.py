"""What was seen of maintenance: a phase of writes, each procedure on a copy after it, and the queries at each stage."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.model.churn import ChurnPhase
from bench.model.dataset import Dataset
from bench.model.plan import Counters, Json
from bench.model.run import Machine, RunStatus, Sample
from bench.model.server import Server
from bench.storage import Kind

FRESH, CHURNED, ALL = "fresh", "churned", "all"
"""The stages that are no procedure's: before the churn, after it with nothing done, and all procedures one after the
other."""


@dataclass(frozen=True, slots=True)
class MaintenanceOptions:
    """What was asked for."""

    share: float
    """Rows that the churn writes, as a share of the rows of each table: 0.2."""
    only: tuple[str, ...]
    """Names of procedures; empty means all that there are."""
    rounds: int
    """Timed executions on each side of a cell whose work a procedure changed."""
    timeout_s: float
    seed: int


@dataclass(frozen=True, slots=True)
class TableStored:
    """A table on disk."""

    name: str
    rows: int
    """By the statistics that the planner has."""
    size_bytes: int
    """With its TOAST, without indexes."""
    index_bytes: int
    pages: int
    all_visible_pages: int | None = None
    """Pages that an index-only scan need not visit; None where pg_visibility could not be asked."""


@dataclass(frozen=True, slots=True)
class IndexStored:
    """An index on disk."""

    name: str
    table: str
    method: str
    size_bytes: int
    pending_pages: int | None = None
    """Of a GIN index: pages of entries that are not sorted in yet; None of others, and where it could not be asked."""


@dataclass(frozen=True, slots=True)
class ProcedureSeen:
    """A procedure as it was carried out."""

    name: str
    title: str
    statements: tuple[str, ...]
    seconds: float = 0.0
    wal_bytes: int = 0
    locks: tuple[str, ...] = ()
    """``"<mode> on <relation>"``, the strongest mode for each relation, strongest first, as sampled meanwhile."""
    locked_ms: float | None = None
    """How long the strongest lock that hinders writers was held; None where none was seen."""
    written: dict[str, int] = field(default_factory=dict)
    """Table to rows that it inserted, updated or deleted."""
    not_removable: dict[str, int] = field(default_factory=dict)
    """Table to dead rows that VACUUM had to leave, because a snapshot could still see them."""
    held_back_by: str = ""
    """Who held such a snapshot."""
    optimization: str = ""
    """Whose upkeep it is; empty for the server's own procedures, which must not change what a query answers."""
    error: str = ""
    skipped: str = ""
    """Why there was nothing to do."""


@dataclass(frozen=True, slots=True)
class CellWork:
    """One cell at one stage."""

    query: str
    parameter_class: str
    counters: Counters | None
    """None where it ran into the timeout."""
    fingerprint: str = ""
    plan: Json = None
    """What describes the plan and its work; None where it is of the same shape as in the stage before the churn."""
    result_hash: str = ""
    """Of the rows of all bindings; empty where one ran into the timeout."""
    result_rows: int = 0
    agrees: bool | None = None
    """Whether the rewritten statement, which reads what has to be refreshed, answers as the original one does; None
    for other queries."""


@dataclass(frozen=True, slots=True)
class CellTimed:
    """Timed executions of one cell, after the churn (``before``) and after a procedure, interleaved."""

    query: str
    parameter_class: str
    before: tuple[Sample, ...]
    after: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class MaintenanceStage:
    """One copy of the database: what it takes on disk, and what the queries do in it."""

    name: str
    """``fresh``, ``churned``, ``all``, or a procedure's name."""
    procedures: tuple[ProcedureSeen, ...] = ()
    tables: tuple[TableStored, ...] = ()
    indexes: tuple[IndexStored, ...] = ()
    cells: tuple[CellWork, ...] = ()
    timed: tuple[CellTimed, ...] = ()
    """Cells whose work differs from the churned stage."""
    staleness: dict[str, str] = field(default_factory=dict)
    """Optimization to how late its data is, as its own SELECT says."""


@dataclass(frozen=True, slots=True)
class MaintenanceRun:
    """Everything one ``pgproof maintain`` saw."""

    id: str
    started_at: str
    status: RunStatus
    pgproof: str
    workload: str
    workload_hash: str
    options: MaintenanceOptions
    machine: Machine
    server: Server
    dataset: Dataset
    titles: dict[str, str]
    """Query to its title, of those that read."""
    churn: ChurnPhase | None = None
    stages: tuple[MaintenanceStage, ...] = ()
    planned: tuple[str, ...] = ()
    """The stages that were to come, in order; an interrupted one lacks the last."""
    notes: tuple[str, ...] = ()
    finished_at: str = ""


MAINTENANCE = Kind(
    MaintenanceRun, "maintenance.json", 1, "maintenance experiment", "maintenance", "it is what pgproof maintain writes"
)

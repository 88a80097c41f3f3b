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
    """After which an execution is cut off."""
    seed: int
    """Of the dataset, and of the order of timed executions."""


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
    """Of the table itself."""
    all_visible_pages: int | None = None
    """Pages that an index-only scan need not visit; None where pg_visibility could not be asked."""


@dataclass(frozen=True, slots=True)
class IndexStored:
    """An index on disk."""

    name: str
    table: str
    method: str
    """``btree``, ``gin``…."""
    size_bytes: int
    pending_pages: int | None = None
    """Of a GIN index: pages of entries that are not sorted in yet; None of others, and where it could not be asked."""


@dataclass(frozen=True, slots=True)
class ProcedureSeen:
    """A procedure as it was carried out."""

    name: str
    """As ``--only`` takes it."""
    title: str
    """For people."""
    statements: tuple[str, ...]
    """That were to be executed."""
    seconds: float = 0.0
    """Of all of them."""
    wal_bytes: int = 0
    """With images of pages."""
    locks: tuple[str, ...] = ()
    """``"<mode> on <relation>"``, the strongest mode for each relation, strongest first, as sampled meanwhile."""
    locked_ms: float | None = None
    """How long the strongest lock that hinders writers was held; None where none was seen."""
    written: dict[str, int] = field(default_factory=dict)
    """Table to rows that it inserted, updated or deleted."""
    not_removable: dict[str, int] = field(default_factory=dict)
    """Table to dead rows that VACUUM had to leave, because a snapshot could still see them."""
    held_back_by: str = ""
    """Who held the snapshot that can still see them."""
    optimization: str = ""
    """Whose upkeep it is; empty for the server's own procedures, which must not change what a query answers."""
    error: str = ""
    """Why it failed."""
    skipped: str = ""
    """Why there was nothing to do."""


@dataclass(frozen=True, slots=True)
class CellWork:
    """One cell at one stage."""

    query: str
    parameter_class: str
    counters: Counters | None
    """Of the first binding; None where it ran into the timeout."""
    fingerprint: str = ""
    """Of the plan's access path."""
    plan: Json = None
    """What describes the plan and its work; None where it is of the same shape as in the stage before the churn."""
    result_hash: str = ""
    """Of the rows of all bindings; empty where one ran into the timeout."""
    result_rows: int = 0
    """Of all bindings."""
    agrees: bool | None = None
    """Whether the rewritten statement, which reads what has to be refreshed, answers as the original one does; None
    for other queries."""


@dataclass(frozen=True, slots=True)
class CellTimed:
    """Timed executions of one cell, after the churn (``before``) and after a procedure, interleaved."""

    query: str
    parameter_class: str
    before: tuple[Sample, ...]
    """In the copy after the churn."""
    after: tuple[Sample, ...]
    """In the copy after the procedure, in turns with ``before``."""


@dataclass(frozen=True, slots=True)
class MaintenanceStage:
    """One copy of the database: what it takes on disk, and what the queries do in it."""

    name: str
    """``fresh``, ``churned``, ``all``, or a procedure's name."""
    procedures: tuple[ProcedureSeen, ...] = ()
    """What was carried out; none in ``fresh`` and ``churned``."""
    tables: tuple[TableStored, ...] = ()
    indexes: tuple[IndexStored, ...] = ()
    cells: tuple[CellWork, ...] = ()
    """None where there was nothing to do."""
    timed: tuple[CellTimed, ...] = ()
    """Cells whose work differs from the churned stage."""
    staleness: dict[str, str] = field(default_factory=dict)
    """Optimization to how late its data is, as its own SELECT says."""


@dataclass(frozen=True, slots=True)
class MaintenanceRun:
    """Everything one ``pgproof maintain`` saw."""

    id: str
    """Names the experiment."""
    started_at: str
    """ISO 8601, UTC."""
    status: RunStatus
    """``running``, ``complete``, ``interrupted`` or ``failed``."""
    pgproof: str
    """Version of the tool."""
    workload: str
    """Name of the workload."""
    workload_hash: str
    """Hash of its files, without ``churn.sql``."""
    options: MaintenanceOptions
    """What was asked for."""
    machine: Machine
    """Where pgproof ran."""
    server: Server
    """What was measured."""
    dataset: Dataset
    """The rows."""
    titles: dict[str, str]
    """Query to its title, of those that read."""
    churn: ChurnPhase | None = None
    """The phase of writes; None before it."""
    stages: tuple[MaintenanceStage, ...] = ()
    """In the order in which they were measured."""
    planned: tuple[str, ...] = ()
    """The stages that were to come, in order; an interrupted one lacks the last."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""
    finished_at: str = ""
    """Empty while it runs."""


MAINTENANCE = Kind(
    MaintenanceRun, "maintenance.json", 1, "maintenance experiment", "maintenance", "it is what pgproof maintain writes"
)

"""What was seen of plans that can turn against their users: every plan executed, no derived figure."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.model.dataset import Dataset
from bench.model.plan import PlanSeen
from bench.model.run import Binding, Machine, RunStatus, Sample
from bench.model.server import Server
from bench.model.workload import State
from bench.storage import Kind


@dataclass(frozen=True, slots=True)
class TrapsOptions:
    """What was asked for."""

    state: State
    """``before`` or ``after``."""
    analyzes: int
    """How often the statistics were gathered anew."""
    statistics_target: int
    """Of those: what a server has where nobody chose another."""
    timeout_s: float
    """After which one execution was cut off."""
    fresh_class: str
    """The class of whose size the new tenant is; empty where there is none."""


@dataclass(frozen=True, slots=True)
class PlanRun:
    """One plan of one statement with one set of values, executed.

    ``seen`` is from one execution under EXPLAIN, and None where that was cut off by the statement timeout: then the
    one sample is censored. Only the plan of a cell's own values is whole; of others the estimates are left out.
    """

    path: str
    """Fingerprint of the access path among the plans of this statement: with aliases and the columns of conditions,
    without sort keys and values."""
    seen: PlanSeen | None = None
    """One execution under EXPLAIN; None where it was cut off or not executed. Only in ``custom`` with estimates and
    conditions."""
    samples: tuple[Sample, ...] = ()
    """Timed executions; one censored where it was cut off."""
    answer: str = ""
    """Hash of the rows that it returned, in any order, or how many it touched; empty where two executions differ in
    that, and where it was cut off."""


@dataclass(frozen=True, slots=True)
class ServerChoice:
    """What the server itself chose, with plan_cache_mode at auto, on a connection that prepared the statement once."""

    first: str
    """Class of the first five executions; the later ones are of the cell's own class."""
    generic: int
    """Executions with the generic plan, as ``pg_prepared_statements`` counts."""
    custom: int
    """Executions with a generic and with a custom plan, as pg_prepared_statements counts them."""
    switched_at: int | None
    """Number of the first execution with the generic plan, counted from 1."""
    ms: tuple[float, ...]
    """Wall time of each; empty where they were only planned, because one takes longer than 2 s."""
    then: PlanRun | None = None
    """One execution more: the plan that it has come to."""


@dataclass(frozen=True, slots=True)
class Stability:
    """The plans of one cell as the statistics were gathered again and again."""

    draws: tuple[str, ...]
    """Path of the plan after each ANALYZE."""
    plans: tuple[PlanRun, ...] = ()
    """Each different plan, executed when it was first seen."""


@dataclass(frozen=True, slots=True)
class Borrowed:
    """The plan of another class, executed for the values of this one."""

    lender: str
    """Class whose plan it is."""
    path: str
    """Path of the plan that was looked for."""
    settings: dict[str, str] = field(default_factory=dict)
    """Under which the planner takes it; empty where no setting was found."""
    tried: int = 0
    """Settings and pairs of settings that were tried."""
    own: PlanRun | None = None
    """The cell's own plan, timed in turn with ``lent``."""
    lent: PlanRun | None = None
    """Timed in turn; None where no setting was found."""


@dataclass(frozen=True, slots=True)
class TrapCell:
    """A query and parameter class; each part is missing where it was not reached."""

    query: str
    parameter_class: str
    binding: Binding
    """The values: the first of the class."""
    custom: PlanRun | None = None
    """Planned for its own values."""
    generic: PlanRun | None = None
    """Planned for no values in particular; timed in turn with ``custom``."""
    choices: tuple[ServerChoice, ...] = ()
    """What the server itself chose: with its own class first, then with the opposite one."""
    stability: Stability | None = None
    """As statistics were gathered again."""
    borrowed: tuple[Borrowed, ...] = ()
    """Plans of other classes."""
    error: str = ""
    """Why there is nothing, or not all, in words of the server."""


@dataclass(frozen=True, slots=True)
class FreshQuery:
    """A query asked for the new tenant, on a copy before and a copy after ANALYZE learned of it, timed in turn."""

    query: str
    """Its name."""
    binding: Binding
    """Its values for the new tenant."""
    stale: PlanRun
    """Before ANALYZE."""
    analyzed: PlanRun | None = None
    """After it."""


@dataclass(frozen=True, slots=True)
class FreshTenant:
    """A tenant that came after the last ANALYZE."""

    parameter_class: str
    """Of whose size it is."""
    values: dict[str, str | None]
    """What dataset/fresh_tenant.sql returned: the new tenant in the columns of dataset/classes.sql."""
    about: str
    """The tenant it is as large as, in words of the workload."""
    rows: int
    """Rows inserted."""
    queries: tuple[FreshQuery, ...] = ()


@dataclass(frozen=True, slots=True)
class TrapQuery:
    """A query that took part."""

    name: str
    """Its name."""
    title: str
    """For people."""
    writes: bool
    """What it wrote was rolled back."""
    note: str = ""
    """Why it could not; empty where it could."""


@dataclass(frozen=True, slots=True)
class TrapsRun:
    """Everything one ``pgproof traps`` saw."""

    id: str
    """Names the look."""
    started_at: str
    """ISO 8601, UTC."""
    status: RunStatus
    """``running``, ``complete``, ``interrupted`` or ``failed``."""
    pgproof: str
    """Version of the tool."""
    workload: str
    """Name of the workload."""
    workload_hash: str
    """Hash of its files."""
    options: TrapsOptions
    """What was asked for."""
    machine: Machine
    """Where pgproof ran."""
    server: Server
    """What was looked at."""
    dataset: Dataset
    """The rows."""
    queries: tuple[TrapQuery, ...]
    """The queries that took part."""
    cells: tuple[TrapCell, ...] = ()
    """One for each query and class."""
    sampled: dict[str, int] = field(default_factory=dict)
    """Tables of which ANALYZE at that target read only a sample, with their rows: only there can chance enter."""
    fresh: FreshTenant | None = None
    """The new tenant."""
    fresh_note: str = ""
    """Why there was no new tenant; empty where there was one, or it was not reached."""
    phases_s: dict[str, float] = field(default_factory=dict)
    """Seconds by phase."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""
    finished_at: str = ""
    """Empty while it runs."""


TRAPS = Kind(TrapsRun, "traps.json", 1, "look for traps", "traps", "it is what pgproof traps writes")

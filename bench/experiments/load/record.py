"""What was seen of a workload under load: times of every transaction, counted; no derived figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bench.model.dataset import Dataset
from bench.model.run import Machine, RunStatus
from bench.model.server import Server
from bench.model.workload import State
from bench.storage import Kind

Purpose = Literal["closed", "rate", "search"]


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What was asked for."""

    clients: tuple[int, ...]
    """Concurrent connections, a step in each state for each."""
    rates_tps: tuple[float, ...]
    """Transactions that become due in a second, a step in each state for each."""
    find_rate: bool
    """Whether the rate was searched at which p95 crosses the target."""
    seconds: int
    """Of each step, without its warm-up."""
    warm_up_s: int
    """Seconds before each step that do not count."""
    late_ms: float
    """With a rate: a transaction that could not begin so long after it was due was skipped."""
    target_ms: float
    """The p95 that the mix should meet."""


@dataclass(frozen=True, slots=True)
class MixPart:
    """A query in the mix."""

    query: str
    """Its name."""
    title: str
    """For people."""
    weight: int
    """How often it ran beside the others."""
    bindings: int
    """Sets of values, of all its parameter classes; each as likely as any other."""
    writes: bool
    """What it wrote was committed."""


@dataclass(frozen=True, slots=True)
class QueryLoad:
    """The transactions of one query in one step."""

    query: str
    """Its name."""
    times_us: dict[str, int]
    """How many transactions took so long; rounded to three digits. At a rate from when the transaction was due."""
    failed: int = 0
    """Transactions that the server ended (a deadlock or the like) at every try."""
    retries: int = 0
    """Tries after the first."""


@dataclass(frozen=True, slots=True)
class InvariantSeen:
    """What must hold whatever the load: the rows of its SELECT before and after a step."""

    query: str
    """Whose header declares it."""
    name: str
    """What it says."""
    held: bool
    """Whether its SELECT gave the same rows after the step as before it."""
    detail: str = ""
    """The rows before and after, cut; empty where they are the same."""


@dataclass(frozen=True, slots=True)
class LoadStep:
    """One step: so many clients on a fresh copy of one state."""

    state: State
    """``before`` or ``after``."""
    purpose: Purpose
    """``closed`` (each client asks when it is free), ``rate`` or ``search``."""
    clients: int
    """Concurrent connections."""
    rate_tps: float | None
    """Transactions that became due in a second; None where each client asked as soon as it was free."""
    seconds: float
    """In which the transactions below ended."""
    queries: tuple[QueryLoad, ...]
    """In the order of the mix."""
    skipped: int = 0
    """With a rate: transactions that could not begin in time."""
    doing: dict[str, int] = field(default_factory=dict)
    """What clients were seen doing (running, idle, a wait event) to how often, over all samples."""
    samples: int = 0
    """Looks at what the clients do."""
    invariants: tuple[InvariantSeen, ...] = ()
    errors: tuple[str, ...] = ()
    """What pgbench complained of."""


@dataclass(frozen=True, slots=True)
class LoadRun:
    """Everything one ``pgproof load`` saw."""

    id: str
    """Names the load."""
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
    options: LoadOptions
    """What was asked for."""
    machine: Machine
    """Where pgproof and pgbench ran."""
    server: Server
    """What was loaded."""
    dataset: Dataset
    """The rows."""
    mix: tuple[MixPart, ...]
    """The queries that took part."""
    steps: tuple[LoadStep, ...] = ()
    """In the order in which they ran."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""
    finished_at: str = ""
    """Empty while it runs."""


LOAD = Kind(LoadRun, "load.json", 1, "load", "load", "a load is what pgproof load writes")

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
    rates_tps: tuple[float, ...]
    find_rate: bool
    seconds: int
    """Of each step, without its warm-up."""
    warm_up_s: int
    late_ms: float
    """With a rate: a transaction that could not begin so long after it was due was skipped."""
    target_ms: float


@dataclass(frozen=True, slots=True)
class MixPart:
    """A query in the mix."""

    query: str
    title: str
    weight: int
    bindings: int
    """Sets of values, of all its parameter classes; each as likely as any other."""
    writes: bool


@dataclass(frozen=True, slots=True)
class QueryLoad:
    """The transactions of one query in one step."""

    query: str
    times_us: dict[str, int]
    """Microseconds, rounded to three digits, to the number of transactions that took so long."""
    failed: int = 0
    """Transactions that the server ended (a deadlock or the like) at every try."""
    retries: int = 0


@dataclass(frozen=True, slots=True)
class InvariantSeen:
    """What must hold whatever the load: the rows of its SELECT before and after a step."""

    query: str
    name: str
    held: bool
    detail: str = ""
    """The rows before and after, cut; empty where they are the same."""


@dataclass(frozen=True, slots=True)
class LoadStep:
    """One step: so many clients on a fresh copy of one state."""

    state: State
    purpose: Purpose
    clients: int
    rate_tps: float | None
    """Transactions that became due in a second; None where each client asked as soon as it was free."""
    seconds: float
    queries: tuple[QueryLoad, ...]
    skipped: int = 0
    """With a rate: transactions that could not begin in time."""
    doing: dict[str, int] = field(default_factory=dict)
    """What clients were seen doing (running, idle, a wait event) to how often, over all samples."""
    samples: int = 0
    """Looks at what the clients do."""
    invariants: tuple[InvariantSeen, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadRun:
    """Everything one ``pgproof load`` saw."""

    id: str
    started_at: str
    status: RunStatus
    pgproof: str
    workload: str
    workload_hash: str
    options: LoadOptions
    machine: Machine
    server: Server
    dataset: Dataset
    mix: tuple[MixPart, ...]
    steps: tuple[LoadStep, ...] = ()
    notes: tuple[str, ...] = ()
    finished_at: str = ""


LOAD = Kind(LoadRun, "load.json", 1, "load", "load", "a load is what pgproof load writes")

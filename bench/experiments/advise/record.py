"""What was seen of candidates: which there are, how they were built, executed and priced; the set, proved."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.model import (
    Applied,
    Attribution,
    Dataset,
    Machine,
    Optimization,
    Options,
    Pair,
    Query,
    RunStatus,
    Server,
)
from bench.model.advice import Candidate, Hopeless
from bench.model.advised import CandidateBuilt, CellTried, Limits
from bench.storage import Kind


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate, and the block of optimizations.sql that it would be."""

    candidate: Candidate
    block: Optimization


@dataclass(frozen=True, slots=True)
class DropTried:
    """An index that could go, taken away beside the set chosen; the plans that changed by it were executed."""

    name: str
    """Of the block."""
    size_bytes: int
    slower: dict[str, tuple[float, float]] = field(default_factory=dict)
    """``query[class]`` to its time with the index and without it, of those that get slower."""
    changed: int = 0
    """Cells that take another plan without it."""
    error: str = ""

    @property
    def taken(self) -> bool:
        """Whether it can go: nothing gets slower without it."""
        return not self.slower and not self.error


@dataclass(frozen=True, slots=True)
class HeapOnly:
    """A write statement that updates, with one candidate alone and with none."""

    write: str
    optimization: str
    bare: float
    """Share of its updates that were heap-only with no candidate: the new row stays on the page of the old one, and no
    index gets an entry."""
    alone: float
    """The same with this one there."""


@dataclass(frozen=True, slots=True)
class AdviseRun:
    """Everything one ``pgproof advise`` saw."""

    id: str
    started_at: str
    status: RunStatus
    pgproof: str
    workload: str
    workload_hash: str
    options: Options
    machine: Machine
    server: Server
    dataset: Dataset
    queries: tuple[Query, ...]
    limits: Limits = field(default_factory=Limits)
    on_top: tuple[str, ...] = ()
    """Optimizations of the workload that were there already; empty where the schema alone was advised on."""
    proposals: tuple[Proposal, ...] = ()
    hopeless: tuple[Hopeless, ...] = ()
    ignored: tuple[str, ...] = ()
    """Blocks that the planner would not use, asked by hypopg: they were not built. Empty where the server lacks it."""
    needless: tuple[str, ...] = ()
    """Blocks for queries that take so little in every class that nothing could save enough: they were not built."""
    built: tuple[CandidateBuilt, ...] = ()
    cells: tuple[CellTried, ...] = ()
    """Every query and class under sets of candidates."""
    contenders: tuple[str, ...] = ()
    """Blocks that a set is chosen from: those whose price of writing was measured."""
    chosen: tuple[str, ...] = ()
    """Blocks of the set that was proved, in the order in which they were applied."""
    applied: tuple[Applied, ...] = ()
    """What it took to apply them."""
    costs: Attribution | None = None
    """Of candidates that a set was chosen from: write costs; of the set itself, how it ships."""
    heap_only: tuple[HeapOnly, ...] = ()
    """Of statements whose updates are not heap-only with all candidates there; those nearest to the set."""
    drops: tuple[DropTried, ...] = ()
    pairs: tuple[Pair, ...] = ()
    """Every query and class without the set and with it, interleaved."""
    rewrites: tuple[Pair, ...] = ()
    """Statements as they are and rewritten, with the set; ``query`` is the name of the block."""
    broken: dict[str, str] = field(default_factory=dict)
    """Queries that could not be executed, and why."""
    phases_s: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    class_reasons: dict[str, str] = field(default_factory=dict)
    source: str = ""
    """What the schema was read from; empty for a workload written by hand."""
    inferred_queries: bool = False
    finished_at: str = ""


ADVISE = Kind(AdviseRun, "advise.json", 1, "advice", "advise", "pgproof advise writes one")

"""What was seen of candidates that were built and executed."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.model.plan import Counters


@dataclass(frozen=True, slots=True)
class PlanMeasured:
    """One plan of a query and class, executed where it was first met."""

    needs: tuple[str, ...]
    """Candidates without which there is no such plan: those that it names, and statistics that led to it."""
    fingerprint: str
    cost: float
    """The planner's estimate of the whole statement, in its own unit."""
    counters: Counters
    samples_ms: tuple[float, ...]
    """Wall time at the client, planning included."""
    censored: bool = False
    """It ran into the statement timeout: ``samples_ms`` is how long it was waited for, counters are zero."""
    processor_ms: tuple[float, ...] = ()
    """Of the same executions, how long the server's process was on a processor; empty where nobody can tell."""

    @property
    def ms(self) -> float:
        """Its fastest execution, since of so few a burst of noise would move any middle; on the processor where that
        is known, since the pages are cached and other work on the machine is nothing of the plan's."""
        return min(self.processor_ms or self.samples_ms)


@dataclass(frozen=True, slots=True)
class SetAsked:
    """A set of candidates that the server was asked about, and the number of the plan that it then takes."""

    names: tuple[str, ...]
    plan: int


@dataclass(frozen=True, slots=True)
class CellTried:
    """A query and class under sets of candidates; numbers point into ``plans``."""

    query: str
    parameter_class: str
    plans: tuple[PlanMeasured, ...]
    """The first is the one without any candidate."""
    concerns: tuple[str, ...] = ()
    """Candidates that can change its plan: those on tables that it reads."""
    asked: tuple[SetAsked, ...] = ()
    """Of the candidates that concern it."""

    @property
    def label(self) -> str:
        """``query[class]``."""
        return f"{self.query}[{self.parameter_class}]"


@dataclass(frozen=True, slots=True)
class CandidateBuilt:
    """What it took to build one candidate, with the tables at rest."""

    name: str
    build_ms: float = 0.0
    size_bytes: int = 0
    wal_bytes: int = 0
    error: str = ""
    """Why it could not be built."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the user grants a set of changes; None: as much as it takes."""

    disk_bytes: int | None = None
    write_share: float | None = None
    """More WAL of the workload's write statements together, as a share of what they write without it."""
    beyond_target: bool = False
    """Also what halves the work of classes that are well within the target."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one candidate costs for as long as it stays."""

    size_bytes: int = 0
    write_share: float = 0.0


@dataclass(frozen=True, slots=True)
class AdvisedSet:
    """A set of candidates, and what the plans measured say of it."""

    names: tuple[str, ...]
    size_bytes: int
    write_share: float
    within: int
    """Cells within the target."""
    cells: int
    total_ms: float
    """Of all cells, each executed once."""
    slower: dict[str, tuple[float, float]] = field(default_factory=dict)
    """``query[class]`` to its time without any candidate and with the set, of those that get slower."""

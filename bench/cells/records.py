"""What a summary is made of: frozen records, times in milliseconds, counters in blocks of 8 kB and rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench.model import Counters, Difference, EqualityWord, State, Upkeep, Verdict
from bench.statistics.quantiles import Figure, Ratio
from bench.statistics.verdicts import Judgement

Outcome = Verdict | Difference | Literal["failed"]
"""A verdict, or why there is none: the answer differs from the one before, or the statement failed."""

Effect = Literal["faster", "slower", "same", "plan unchanged", "not compared", "failed", "cannot tell"] | Difference
"""What the optimizations did to one cell. Only ``faster`` claims a gain."""

Use = Literal["used", "unused", "not in plans", "not applied", "cannot tell"]


@dataclass(frozen=True, slots=True)
class SideSummary:
    """One cell: its percentiles (None without samples), work (None without a plan) and verdict."""

    n: int
    censored: int
    p50: Figure | None
    p95: Figure | None
    p99: Figure | None
    longest: Figure | None
    first_ms: float | None
    planning_ms: float | None
    counters: Counters | None
    outcome: Outcome
    judgement: Judgement
    error: str

    @property
    def measured(self) -> bool:
        """True when there is anything to show."""
        return self.n > 0 or bool(self.error)


@dataclass(frozen=True, slots=True)
class CellSummary:
    """The two cells of a query and class, compared."""

    query: str
    parameter_class: str
    before: SideSummary
    after: SideSummary
    ratio: Ratio | None
    effect: Effect
    plan_changed: bool | None
    """None where a plan is missing on one side."""
    changes: tuple[str, ...]
    equality: EqualityWord
    differs: str
    """How the answer after differs from the one before, in words; empty where it does not."""
    result_rows: int | None
    skipped: str
    absent: bool
    """Skipped because the dataset has nothing of this class: it does not count against the query."""

    def side(self, state: State) -> SideSummary:
        """The cell of ``state``."""
        return self.before if state == "before" else self.after


@dataclass(frozen=True, slots=True)
class QuerySummary:
    """A query over all its classes. It meets the target only if every class does."""

    name: str
    title: str
    cells: tuple[CellSummary, ...]
    hot: CellSummary | None
    """The class ``hot``, or the first that was measured."""
    worst: CellSummary | None
    """The class with the highest p95 after (before, where there is no after)."""
    before: Outcome
    after: Outcome | None
    """None where there is no after state."""
    reason: str
    """What the last verdict rests on, with the class that decided it."""
    indexes: tuple[str, ...]
    """Indexes that the after plans use."""
    assumes: Mapping[State, str] = field(default_factory=dict)
    """What the verdict of a state rests on beside what was seen; nothing of a state where it rests on no more."""

    @property
    def outcome(self) -> Outcome:
        """The verdict that counts: after, or before where there is no after."""
        return self.after or self.before

    @property
    def assumption(self) -> str:
        """What the verdict that counts assumes; empty where it assumes nothing."""
        return self.assumes.get("after" if self.after else "before", "")


@dataclass(frozen=True, slots=True)
class OptimizationSummary:
    """One optimization: what it cost, and which measured after plans use what it made."""

    name: str
    category: str
    why: str
    creates: tuple[str, ...]
    """Indexes and tables that a plan could name."""
    use: Use
    used_by: tuple[str, ...]
    build_ms: float | None
    size_bytes: int | None
    wal_bytes: int | None
    locks: tuple[str, ...]
    upkeep: tuple[Upkeep, ...] = ()
    staleness: str = ""

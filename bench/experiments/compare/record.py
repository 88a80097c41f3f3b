"""What a comparison is made of: frozen records, times in milliseconds, counters in blocks of 8 kB and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.cells.records import SideSummary
from bench.cells.work import Difference
from bench.experiments.compare.comparability import Comparable, RunFacts
from bench.model import State
from bench.model.plan import Spread
from bench.statistics.quantiles import Ratio

Work = Literal["more", "less", "same", "not compared"]
Clock = Literal["slower", "faster", "same", "drift", "cannot tell", "not compared"]
"""``drift``: beyond noise, and no more than cells with the same plan and work did between the same two runs."""
Goal = Literal["", "met, now misses", "missed, now meets"]
Presence = Literal["same", "changed", "new", "gone", "not applied", "absent"]


@dataclass(frozen=True, slots=True)
class MeasuredCell:
    """One cell of one run: its figures, and the hash of its rows (empty where unknown)."""

    summary: SideSummary
    result_hash: str
    empty: bool = False
    """It returned no row and wrote none."""
    spread: Spread | None = None
    """How it was spread over a Citus cluster; None on one server, and where there is no plan."""


@dataclass(frozen=True, slots=True)
class Change:
    """One cell of a run against the same cell of the reference."""

    why_not: str = ""
    """Why nothing is said of it; empty where its work was compared."""
    work: Work = "not compared"
    differences: tuple[Difference, ...] = ()
    """The counters that moved beyond the limits of the gate."""
    plan_changed: bool | None = None
    """None where a plan is missing, or where plans do not compare."""
    plan: tuple[str, ...] = ()
    """What the plan does differently, a sentence a node."""
    other_rows: bool = False
    """It returned other rows, although the rows of the tables are the same."""
    both_empty: bool = False
    """Neither run's answer holds a row: equal, but empty."""
    clock: Clock = "not compared"
    ratio: Ratio | None = None
    """Median of the reference over median of this run: 2 is twice as fast. None where times do not compare."""
    goal: Goal = ""
    """What became of the latency target; empty where nothing did, or where times do not compare."""

    @property
    def moved(self) -> bool:
        """Whether there is something to tell."""
        work = self.work in ("more", "less")
        return work or bool(self.plan_changed or self.other_rows or self.goal) or self.clock in ("slower", "faster")


@dataclass(frozen=True, slots=True)
class ComparedCell:
    """A query, class and state in all runs. ``seen`` is None where a run lacks the cell.

    ``changes`` is parallel to the runs after the first; None where neither has the cell.
    """

    query: str
    parameter_class: str
    state: State
    seen: tuple[MeasuredCell | None, ...]
    changes: tuple[Change | None, ...]

    @property
    def moved(self) -> bool:
        """Whether there is something to tell of any run."""
        return any(change is not None and change.moved for change in self.changes)


@dataclass(frozen=True, slots=True)
class ComparedQuery:
    """A query in all runs: its cells by state, and what was said of it as a whole (another statement, new, gone)."""

    name: str
    title: str
    cells: tuple[ComparedCell, ...]
    notes: tuple[str, ...] = ()
    forms: tuple[State, ...] = ()
    """The states in which a run asked it in the words of ``citus/``."""

    def of(self, state: State) -> tuple[ComparedCell, ...]:
        """The cells of ``state``."""
        return tuple(cell for cell in self.cells if cell.state == state)

    @property
    def moved(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.notes) or any(cell.moved for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Drift:
    """How much longer cells took that did the same work by the same plan: time over the reference's.

    ``low`` and ``high`` hold nine tenths of these cells between them.
    """

    factor: float
    low: float
    high: float
    cells: int


@dataclass(frozen=True, slots=True)
class OptimizationInRun:
    """An optimization in one run; size and build time None where it was not applied."""

    presence: Presence
    size_bytes: int | None
    build_ms: float | None


@dataclass(frozen=True, slots=True)
class ComparedOptimization:
    """An optimization in all runs; the first is the reference."""

    name: str
    category: str
    runs: tuple[OptimizationInRun, ...]

    @property
    def moved(self) -> bool:
        """Whether it is not the same in all runs."""
        return any(one.presence not in ("same", "absent") for one in self.runs[1:])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several runs side by side, the first of them the reference."""

    labels: tuple[str, ...]
    """A, B, C… in the order in which the runs were given."""
    facts: tuple[RunFacts, ...]
    sentences: tuple[str, ...]
    """What each run by itself says."""
    state: State
    """The state that counts: after, or before where no run has an after."""
    comparable: tuple[Comparable, ...]
    """Of each run after the first: what of it may be held against the first."""
    drifts: tuple[Drift | None, ...]
    """What the machine did between the first run and each other one."""
    queries: tuple[ComparedQuery, ...]
    optimizations: tuple[ComparedOptimization, ...]

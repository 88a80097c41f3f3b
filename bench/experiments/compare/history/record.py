"""What a history is made of: runs in the order of time, in groups, and how each query went through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.experiments.compare.comparability import Reason, RunFacts
from bench.model import State
from bench.statistics.quantiles import Figure

Cell = tuple[str, str]
"""Query and parameter class."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One cell of one run: milliseconds, and buffers in blocks of 8 kB (None without a plan)."""

    p50: Figure | None
    p95: Figure | None
    buffers: int | None
    plan: str
    """Fingerprint; empty without a plan."""


@dataclass(frozen=True, slots=True)
class CellResult:
    """A cell of one run in both states; ``question`` is the same for the same statement and parameters."""

    question: str
    before: Measurement | None
    after: Measurement | None

    def of(self, state: State) -> Measurement | None:
        """The cell in ``state``."""
        return self.before if state == "before" else self.after


@dataclass(frozen=True, slots=True)
class RunDigest:
    """What a trend needs of a run."""

    file: str
    facts: RunFacts
    sentence: str
    titles: Mapping[str, str]
    results: Mapping[Cell, CellResult]


@dataclass(frozen=True, slots=True)
class Point:
    """One run in a series."""

    before: Measurement | None
    after: Measurement | None
    joins_times: bool
    """The line of times goes on from the point before: same question, machine and server."""
    joins_work: bool
    """The line of buffers goes on: same question."""

    def of(self, state: State) -> Measurement | None:
        """The cell in ``state``."""
        return self.before if state == "before" else self.after


@dataclass(frozen=True, slots=True)
class CellSeries:
    """A class of a query through the runs of a group; ``points`` is parallel to them, None where not measured."""

    parameter_class: str
    points: tuple[Point | None, ...]


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A run in which plans of a query are not what they were when the same question was last asked."""

    run: int
    """Number in the group."""
    started_at: str
    since: str
    """When the run began that it is held against."""
    state: State
    classes: tuple[str, ...]
    sentences: tuple[str, ...]
    """Of the first of the classes."""


@dataclass(frozen=True, slots=True)
class GroupTrend:
    """A query through one group: the hot class, and the one that was slowest in the group's latest run with it."""

    hot: CellSeries | None
    worst: CellSeries | None
    changes: tuple[PlanChange, ...]
    asked_anew: tuple[int, ...]
    """Runs of the group in which the statement or the parameters are others than before."""

    @property
    def measured(self) -> bool:
        """Whether any run of the group has it."""
        return self.hot is not None


@dataclass(frozen=True, slots=True)
class QueryTrend:
    """A query through all groups; ``groups`` is parallel to them."""

    query: str
    title: str
    groups: tuple[GroupTrend, ...]

    @property
    def plan_changes(self) -> int:
        """Number of changes in all groups."""
        return sum(len(group.changes) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be read, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of which the work may be compared, oldest first.

    ``breaks`` is parallel to ``runs``: why the times of a run do not follow those of the one before; empty where they
    do.
    """

    runs: tuple[RunDigest, ...]
    why: tuple[Reason, ...]
    """Why it does not compare with the group before it; empty for the first."""
    breaks: tuple[tuple[Reason, ...], ...]


@dataclass(frozen=True, slots=True)
class History:
    """All runs, and how each query went through them."""

    groups: tuple[Group, ...]
    """In the order of their first runs."""
    latest: int
    """The group that the latest run is in."""
    trends: tuple[QueryTrend, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def runs(self) -> tuple[RunDigest, ...]:
        """Every run, by group."""
        return tuple(run for group in self.groups for run in group.runs)

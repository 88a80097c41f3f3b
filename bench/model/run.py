"""What was seen: raw samples and plans, no derived figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bench.model.attribution import Attribution
from bench.model.churn import Aged
from bench.model.cold import ColdBlocks, ColdCaches
from bench.model.coverage import ClauseCoverage
from bench.model.dataset import Dataset
from bench.model.known import KnownAnswer
from bench.model.plan import Json, PlanSeen
from bench.model.relation import Relation
from bench.model.server import Server
from bench.model.since import Since
from bench.model.workload import Optimization, Query, State

Verdict = Literal["meets", "misses", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One timed execution.

    ``ms`` is wall time at the client, planning included. A censored sample hit the statement timeout: the true
    time is longer than ``ms``. ``at_s`` is the second of the measurement at which it began.
    """

    ms: float
    at_s: float
    binding: int = 0
    censored: bool = False


@dataclass(frozen=True, slots=True)
class Binding:
    """The values of one execution, as text, in the order of the query's parameters."""

    args: dict[str, str | None]
    result_rows: int | None = None
    about: str = ""
    """What was chosen, in words of the workload ("9,512 live leads"); empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class BindingPlan:
    """What one execution under EXPLAIN ANALYZE with one binding showed."""

    fingerprint: str
    buffers: int
    """Blocks touched."""
    plan: Json = None
    """The object under "Plan". None for the first binding, whose plan the cell has, and where plans were not kept."""


@dataclass(frozen=True, slots=True)
class CellSide:
    """One cell: a query, a parameter class, a state."""

    samples: tuple[Sample, ...] = ()
    first_ms: float | None = None
    """The first execution on a new connection: catalog caches empty, plan not yet made. Not among the samples."""
    plan: PlanSeen | None = None
    """Of the first binding."""
    by_binding: tuple[BindingPlan, ...] = ()
    """In the order of the pair's bindings; empty where the query writes, or a timeout struck."""
    error: str = ""
    cold: tuple[Sample, ...] = ()
    """Executions with emptied caches (``Run.cold`` says which); not among ``samples``."""
    cold_blocks: ColdBlocks | None = None
    look: int | None = None
    """Executions at the look that decided while it was measured; None where none had, or in a run of before looks."""


Difference = Literal["other rows", "other order", "other content"]
"""How two answers differ: in their rows; in the order of the same rows, where the statement has an ORDER BY and they
do not tie in it; or, of a statement that writes, in what the tables hold afterwards."""

DIFFERENCES: tuple[Difference, ...] = ("other rows", "other order", "other content")

EqualityWord = Literal["equal", "equal, but empty", "not compared"] | Difference


@dataclass(frozen=True, slots=True)
class Equality:
    """Whether both states gave the same answer for every binding."""

    equal: bool
    before_hash: str
    """Of the multiset of rows."""
    after_hash: str
    rows_before: int
    rows_after: int
    detail: str = ""
    difference: Difference | None = None
    """How they differ, where they do; None there in runs of before it was told."""
    tables: tuple[str, ...] = ()
    """What the statement wrote: tables whose whole content was compared before it was rolled back."""
    varying: tuple[str, ...] = ()
    """Columns of these, as ``schema.table.column``, that were left out: each execution gives them other values."""
    unsure: tuple[str, ...] = ()
    """What could not be compared, and why."""

    @property
    def word(self) -> EqualityWord:
        """What is said of it. Nothing returned on either side and nothing written proves little."""
        if not self.equal:
            return self.difference or "other rows"
        return "equal" if self.rows_before or self.rows_after or self.tables else "equal, but empty"


@dataclass(frozen=True, slots=True)
class Pair:
    """The two cells of one query and parameter class."""

    query: str
    parameter_class: str
    bindings: tuple[Binding, ...] = ()
    equality: Equality | None = None
    before: CellSide = field(default_factory=CellSide)
    after: CellSide = field(default_factory=CellSide)
    copy: tuple[Sample, ...] = ()
    """Executions in a second copy of the database after, in turn with the others; empty where there was none."""
    skipped: str = ""
    """Why the pair was not measured; empty when it was."""

    def side(self, state: State) -> CellSide:
        """The cell of ``state``."""
        return self.before if state == "before" else self.after


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What one upkeep statement costs: median of ``executions``, each rolled back."""

    sql: str
    ms: float
    wal_bytes: int
    executions: int


@dataclass(frozen=True, slots=True)
class Applied:
    """What it took to apply one optimization."""

    name: str
    build_ms: float
    size_bytes: int
    """Growth of all relations of the database by this optimization."""
    wal_bytes: int
    locks: tuple[str, ...] = ()
    """``"<mode> on <relation>"``, strongest mode per existing relation, held until the block committed."""
    upkeep: tuple[Upkeep, ...] = ()
    staleness: str = ""
    """How late its data was at the clock of the dataset, as the block's own SELECT says."""
    creates: tuple[str, ...] = ()
    """Relations that are there since, as ``schema.name``: tables, indexes, views. By the catalog, not by the text."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that ran pgproof (and the server, unless it was given by DSN)."""

    cpu: str
    cores: int
    memory_bytes: int
    system: str
    python: str


@dataclass(frozen=True, slots=True)
class Look:
    """A count of executions at which a verdict is taken, from how many of them were over the target."""

    n: int
    meets_at_most: int | None
    """Over the target at most for "meets"; None where that cannot be said yet."""
    misses_at_least: int | None
    """Over the target at least for "misses"."""

    def meets(self, over: int) -> bool:
        """Whether so many over the target are few enough."""
        return self.meets_at_most is not None and over <= self.meets_at_most

    def misses(self, over: int) -> bool:
        """Whether so many over the target are too many."""
        return self.misses_at_least is not None and over >= self.misses_at_least


@dataclass(frozen=True, slots=True)
class VerdictRule:
    """The looks at which verdicts were taken, and how often all of them together are wrong at most."""

    looks: tuple[Look, ...]
    wrong_meets: float
    """Chance of "meets" where p95 lies at the target."""
    wrong_misses: float
    """Chance of "misses" there."""


@dataclass(frozen=True, slots=True)
class Options:
    """The settings that define the measurement."""

    rounds: int
    budget_s: float
    timeout_s: float
    warmups: int
    seed: int
    target_ms: float
    """Zero where nothing is held against a target: then every cell gets as many executions."""
    verdicts: VerdictRule | None = None
    """None in a run of before there were fixed looks."""
    aged: float = 0.0
    """Rows that churn.sql wrote before, as a share of the rows of each table; 0: the copies are new."""


@dataclass(frozen=True, slots=True)
class CopiesDiffer:
    """What two copies of the database after differ by, beyond the chance that the intervals of ratios know of."""

    cells: int
    """Cells that were timed in both."""
    percent: float
    """In nineteen of twenty cells at most: the intervals of before to after are widened by it, square-and-add."""


RunStatus = Literal["running", "complete", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one invocation saw."""

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
    optimizations: tuple[Optimization, ...]
    applied: tuple[Applied, ...] = ()
    pairs: tuple[Pair, ...] = ()
    phases_s: dict[str, float] = field(default_factory=dict)
    """Seconds by phase: server, dataset, clone, optimize, equality, measure…"""
    notes: tuple[str, ...] = ()
    """What a reader must know to trust the run: refreshed statistics, skipped cells, an interruption."""
    left_out: tuple[str, ...] = ()
    """Queries of the workload that the user left out of this run."""
    finished_at: str = ""
    attribution: Attribution | None = None
    """The four sides of each optimization; None where they were not measured."""
    class_reasons: dict[str, str] = field(default_factory=dict)
    """What each class of dataset/classes.sql stands for, where its header says so."""
    relations: tuple[Relation, ...] = ()
    """Of the state after, or before where there is no other; empty where nobody asked."""
    cold: ColdCaches | None = None
    """How caches were emptied for cold executions; None where none were asked for."""
    aged: Aged | None = None
    """The phase of writes before the measurement; None where the databases were measured as they were made."""
    fresh: tuple[Pair, ...] = ()
    """The queries that only read as they were before that phase."""
    copies: CopiesDiffer | None = None
    """Computed from the executions in the second copy; None where none was timed."""
    as_set: tuple[Pair, ...] = ()
    """The queries that only read once more, under the server's own settings; empty where nobody asked for it, or where
    none that shapes plans differs from what pgproof forces."""
    coverage: ClauseCoverage | None = None
    """Which clauses of the queries their classes exercise; None where that was not asked for."""
    given: str = ""
    """The workload as the command was given it, for commands that a report proposes; empty where it was given none."""
    since: Since | None = None
    """What moved since the run before; None where nobody asked, or the run did not get to its end."""
    known: tuple[KnownAnswer, ...] = ()
    """What other results said of the workload when this one ended; empty where nobody asked."""

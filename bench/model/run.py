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
    """Wall time at the client, planning included."""
    at_s: float
    """Second of the measurement at which it began."""
    binding: int = 0
    """Index into the pair's ``bindings``."""
    censored: bool = False
    """Stopped by the statement timeout: the true time is longer than ``ms``."""


@dataclass(frozen=True, slots=True)
class Binding:
    """The values of one execution, as text, in the order of the query's parameters."""

    args: dict[str, str | None]
    result_rows: int | None = None
    """Rows that the query returns for it."""
    about: str = ""
    """What was chosen, in words of the workload ("9,512 live leads"); empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class BindingPlan:
    """What one execution under EXPLAIN ANALYZE with one binding showed."""

    fingerprint: str
    """As in PlanSeen."""
    buffers: int
    """Blocks touched."""
    plan: Json = None
    """The object under ``"Plan"``; None for the first binding, whose plan the cell has, and where plans were not kept:
    only the steps of ``pgproof scale`` do."""


@dataclass(frozen=True, slots=True)
class CellSide:
    """One cell: a query, a parameter class, a state."""

    samples: tuple[Sample, ...] = ()
    """In the order they were taken; with equal numbers, sample *i* of both sides is of one round."""
    first_ms: float | None = None
    """The first execution on a new connection: catalog caches empty, plan not yet made. Not among the samples."""
    plan: PlanSeen | None = None
    """Of the first binding; None where it could not be had, such as after a timeout."""
    by_binding: tuple[BindingPlan, ...] = ()
    """In the order of the pair's bindings; empty where the query writes, or a timeout struck."""
    error: str = ""
    """What the server said when the statement failed; empty when it did not."""
    cold: tuple[Sample, ...] = ()
    """Executions with emptied caches, in the order they were taken; ``at_s`` counts from the first of the run."""
    cold_blocks: ColdBlocks | None = None
    """What one more of them had to read."""
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
    """Whether both states gave the same answer for every binding."""
    before_hash: str
    """Of the multiset of rows."""
    after_hash: str
    rows_before: int
    rows_after: int
    detail: str = ""
    """Which binding differs, and in what."""
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
    """``hot``, ``p90``, ``median``, ``tiny``, ``empty``, or a class of the query alone."""
    bindings: tuple[Binding, ...] = ()
    """The values used; empty where the dataset has nothing of this class."""
    equality: Equality | None = None
    """None where the results were not compared."""
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
    """What one upkeep statement costs: median of ``executions``, each rolled back, or the one of what cannot be."""

    sql: str
    ms: float
    """Median."""
    wal_bytes: int
    """Write-ahead log it made, median."""
    executions: int


@dataclass(frozen=True, slots=True)
class Applied:
    """What it took to apply one optimization."""

    name: str
    """Of the optimization."""
    build_ms: float
    """To apply all its statements."""
    size_bytes: int
    """Growth of all relations of the database by this optimization."""
    wal_bytes: int
    """Write-ahead log it made."""
    locks: tuple[str, ...] = ()
    """``"<mode> on <relation>"``, strongest mode per existing relation, held until the block committed."""
    upkeep: tuple[Upkeep, ...] = ()
    """What its upkeep statements cost."""
    staleness: str = ""
    """How late its data was at the clock of the dataset, as the block's own SELECT says."""
    creates: tuple[str, ...] = ()
    """Relations that are there since, as ``schema.name``: tables, indexes, views. By the catalog, not by the text."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that ran pgproof (and the server, unless it was given by DSN)."""

    cpu: str
    """Model name."""
    cores: int
    """Cores that pgproof may use."""
    memory_bytes: int
    """Memory of the machine or container."""
    system: str
    """Kernel and architecture."""
    python: str
    """Version of Python."""


@dataclass(frozen=True, slots=True)
class Look:
    """A count of executions at which a verdict is taken, from how many of them were over the target."""

    n: int
    """Executions."""
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
    """In order; the first that decides, decides."""
    wrong_meets: float
    """Chance of "meets" where p95 lies at the target."""
    wrong_misses: float
    """Chance of "misses" there."""


@dataclass(frozen=True, slots=True)
class Options:
    """The settings that define the measurement."""

    rounds: int
    """Timed executions of a cell without a verdict; a round has one of each cell."""
    budget_s: float
    """Seconds that measuring may take."""
    timeout_s: float
    """Statement timeout; an execution that reaches it is censored."""
    warmups: int
    """Executions before the first timed one."""
    seed: int
    """Of the order of execution."""
    target_ms: float
    """Zero where nothing is held against a target: then every cell gets as many executions."""
    verdicts: VerdictRule | None = None
    """When verdicts were taken; None in a run of before there were fixed looks."""
    aged: float = 0.0
    """Rows that churn.sql wrote before, as a share of the rows of each table; 0: the copies are new."""
    one_copy: bool = False
    """Whether before and after were measured in one database, one after the other; else in two, in turn."""


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
    """Names the run."""
    started_at: str
    """When it began, ISO 8601, UTC."""
    status: RunStatus
    """``running``, ``complete``, ``interrupted`` (Ctrl-C, a lost machine) or ``failed``. Only ``complete`` has every
    cell."""
    pgproof: str
    """Version of the tool that measured."""
    workload: str
    """Name of the workload."""
    workload_hash: str
    """Hash of its files: schema, queries, optimizations, dataset."""
    options: Options
    """The settings that define the measurement."""
    machine: Machine
    """Where pgproof ran."""
    server: Server
    """What was measured."""
    dataset: Dataset
    """The rows."""
    queries: tuple[Query, ...]
    """The questions, with their SQL."""
    optimizations: tuple[Optimization, ...]
    """The proposed changes, with their SQL."""
    applied: tuple[Applied, ...] = ()
    """What each change took; empty where there is no *after* state."""
    pairs: tuple[Pair, ...] = ()
    """The measured cells, a before and an after each."""
    phases_s: dict[str, float] = field(default_factory=dict)
    """``dataset``, ``parameters``, ``clone and optimize``, ``equality and plans``, ``measure``, ``upkeep``,
    ``attribution``, ``cold``."""
    notes: tuple[str, ...] = ()
    """What a reader must know to trust the run: refreshed statistics, skipped cells, an interruption."""
    left_out: tuple[str, ...] = ()
    """Queries of the workload that the user left out of this run."""
    finished_at: str = ""
    """When it ended; empty while it runs."""
    attribution: Attribution | None = None
    """The four sides of each optimization; None where they were not measured."""
    class_reasons: dict[str, str] = field(default_factory=dict)
    """What each class of dataset/classes.sql stands for, where its header says so."""
    relations: tuple[Relation, ...] = ()
    """Tables and indexes of both states, as large as they were when the cells were measured: only the steps of
    ``pgproof scale`` have them."""
    cold: ColdCaches | None = None
    """How caches were emptied for cold executions; None where none were asked for."""
    aged: Aged | None = None
    """The phase of writes before the measurement; None where the databases were measured as they were made."""
    fresh: tuple[Pair, ...] = ()
    """The queries that only read as they were before that phase."""
    copies: CopiesDiffer | None = None
    """What two copies of the database after differ by, computed from the samples in ``copy``; None where no second copy
    was timed."""
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

"""What a gate compares and what it says: the baseline, one cell's evidence, and the result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bench.cells.work import Difference
from bench.errors import BaselineError
from bench.model import Counters, Json, Machine, Server, Verdict
from bench.storage import Kind, spread

CellVerdict = Literal[
    "regression", "inconclusive", "plan changed", "improvement", "accepted", "new", "gone", "not compared", "pass"
]
VERDICTS: tuple[CellVerdict, ...] = (
    "regression", "inconclusive", "plan changed", "improvement", "accepted", "not compared", "new", "gone", "pass",
)  # fmt: skip
"""The verdicts of a cell, worst first. ``accepted`` is a regression that the query's header expects, with a reason;
``not compared`` is a cell whose parameters or statement are no longer the same question."""

Overall = Literal["pass", "improvement", "regression", "inconclusive", "incompatible"]

Key = tuple[str, str]
"""Query name and parameter class."""


# ------------------------------------------------------------------------------------------------- baseline
@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What has to be the same for stored work counters to be comparable."""

    server_version: str
    """Minor version included."""
    settings: dict[str, str]
    """Of the server, those that shape plans and counters."""
    workload: str
    """Name of the workload."""
    scale: int
    """How much data."""
    unit: str
    """Of what."""
    seed: int
    skew: str
    clock: str
    """The frozen "now" of the rows."""
    tables: dict[str, str]
    """Rows and content hash of each table, as ``"20000 rows, 1f3a…"``."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The work of one cell in the after state: counters of its third execution, its plan and its rows.

    ``target`` is the verdict on the latency target where it was taken; no time is kept, since times do not compare
    between machines. ``args`` are the values of each binding, in the order of the query's parameters.
    """

    query: str
    parameter_class: str
    args: tuple[dict[str, str | None], ...]
    """The values of each binding."""
    counters: Counters
    fingerprint: str
    """Of the plan's access path."""
    plan: Json
    """The plan of the first binding, cut down to what is needed to describe it."""
    result_hash: str
    """Of the rows that it returned, whatever their order."""
    result_rows: int
    target: Verdict = "cannot tell"
    """``meets``, ``misses`` or ``cannot tell``."""

    @property
    def key(self) -> Key:
        """What names the cell among those of its state."""
        return self.query, self.parameter_class


@dataclass(frozen=True, slots=True)
class QueryFacts:
    """A query as the baseline saw it."""

    sql_hash: str
    """Of the statement."""
    expected: str = ""
    """The regression that its header expected when the baseline was made: from then on that is the normal."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """What stood in the database of one arm: enough to say what changed between two."""

    indexes: dict[str, str] = field(default_factory=dict)
    """Name to definition, as pg_get_indexdef gives it."""
    tables: dict[str, int] = field(default_factory=dict)
    """Name to rows, as the statistics have them (reltuples)."""
    optimizations: dict[str, str] = field(default_factory=dict)
    """Name of each block to the hash of its statements."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make the old arm again: a commit, or the files themselves (path to text) where there was none."""

    commit: str = ""
    """The commit of the workload, where it was in git and clean."""
    files: dict[str, str] = field(default_factory=dict)
    """Otherwise the files themselves."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The file to commit: what the workload's queries do today, cell by cell, and how to make that again."""

    pgproof: str
    """Version of the tool that made it."""
    created_at: str
    """ISO 8601, UTC."""
    fingerprint: Fingerprint
    """What has to be the same for its counters to be comparable."""
    target_ms: float
    """The latency target."""
    recipe: Recipe
    """How to make the old arm again."""
    queries: dict[str, QueryFacts]
    catalog: Catalog
    """What stood in the database."""
    cells: tuple[Counted, ...]


# ------------------------------------------------------------------------------------------------- evidence
@dataclass(frozen=True, slots=True)
class Session:
    """The pairs of one session: fresh connections on freshly made copies of both arms.

    ``base_ms`` and ``head_ms`` are parallel: time for one execution, each the mean of one sample's loop.
    """

    name: str
    base_ms: tuple[float, ...]
    """Time for one execution, each the mean of one sample's loop."""
    head_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Timed:
    """The times of one cell on both arms, session by session."""

    clock: Literal["cpu", "wall"]
    """CPU time of the server process, or wall time at the client where that cannot be read."""
    loops: int
    """Executions in one sample, the same on both arms."""
    stages: tuple[Session, ...]
    """Session by session: the screen, then the confirmations where there were any."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the times of one cell say. All ratios are head over base: 1.2 is 20 % slower."""

    ratio: float
    """Median of the paired ratios, all sessions together."""
    lower: float
    """Its one-sided 99 % lower bound (sign test); 0 with too few pairs for one."""
    stages: tuple[float, ...]
    """The same median, session by session."""
    spread: float
    """Robust standard deviation of one pair, as a share."""
    detectable: float
    """The smallest change that would have been called a regression 95 times in 100, as a share."""


@dataclass(frozen=True, slots=True)
class CellResult:
    """One cell of the gate, judged."""

    query: str
    parameter_class: str
    word: CellVerdict
    """The verdict: ``regression``, ``inconclusive``, ``plan changed``, ``improvement``, ``accepted``, ``not compared``,
    ``new``, ``gone`` or ``pass``."""
    reasons: tuple[str, ...] = ()
    """What moved, a sentence each; the first one is the headline."""
    plan_changes: tuple[str, ...] = ()
    """What the head's plan does differently, a sentence a node."""
    cause: str = ""
    """The likely cause, in words; empty where nothing that pgproof looks at changed."""
    file: str = ""
    """Path in the workload of the query, or of the optimization held responsible."""
    line: int = 0
    """Where the query, or the optimization held responsible, stands."""
    differences: tuple[Difference, ...] = ()
    base: Counted | None = None
    """None for a new cell."""
    head: Counted | None = None
    """None where the query is gone or ran into the timeout."""
    timed: Timed | None = None
    """None where no time was taken."""
    change: Change | None = None
    """What ``timed`` says."""
    expected: str = ""
    """The reason that the query's header gives for an expected regression."""
    same: bool = False
    """Statement, values and database are the same in both arms, so that no time was taken: it could not differ."""


@dataclass(frozen=True, slots=True)
class GateResult:
    """Everything that one gate saw and said. ``gate.json`` is this record."""

    started_at: str
    """ISO 8601, UTC."""
    finished_at: str
    pgproof: str
    """Version of the tool."""
    workload: str
    """Name of the workload."""
    overall: Overall
    """``pass``, ``improvement``, ``regression``, ``inconclusive`` or ``incompatible``."""
    base: str
    """What stood for the old arm: a git ref and its commit, or the baseline file."""
    head: str
    """What was judged."""
    target_ms: float
    """The latency target."""
    counters_against: Literal["baseline", "base arm"]
    """``baseline`` where the stored counters were comparable, otherwise ``base arm``: counted in the same job."""
    cells: tuple[CellResult, ...] = ()
    incompatible: tuple[str, ...] = ()
    """Why the baseline cannot be compared, a sentence for each part that differs."""
    hint: str = ""
    """What to type next."""
    notes: tuple[str, ...] = ()
    """What a reader must know to trust the result."""
    controls: tuple[float, ...] = ()
    """Head over base of the queries without tables, in the last repetition of each session."""
    server: Server | None = None
    machine: Machine | None = None
    scale: int = 0
    """How much data."""
    unit: str = ""
    """Of what."""
    phases_s: dict[str, float] = field(default_factory=dict)

    def count(self, verdict: CellVerdict) -> int:
        """Number of cells with that verdict."""
        return sum(cell.word == verdict for cell in self.cells)


GATE = Kind(GateResult, "gate.json", 1, "gate result", "gate", "a gate result is what pgproof gate writes")
BASELINE = Kind(
    Baseline, "baseline.json", 1, "baseline", "baseline", "make one with: pgproof baseline", BaselineError, spread
)

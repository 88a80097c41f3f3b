"""What a scale experiment keeps: frozen records, times in milliseconds, buffers in blocks of 8 kB, sizes in bytes.

``scale.json`` holds a ``Scaling``. docs/file-format.md describes it field by field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bench import storage
from bench.model import Options, Pair, RunStatus, State, Verdict

Model = Literal["constant", "logarithmic", "linear", "power"]
"""y = a, y = a + b ln n, y = a + b n, y = a n^k."""
Axis = Literal["everything", "tenant"]
"""What n is: all units of the dataset, or the rows of the tenant that the cell asks for."""
Shape = Literal[
    "flat", "logarithmic", "less than linear", "linear in the tenant", "linear in everything", "linear",
    "worse than linear", "falls", "cannot tell",
]  # fmt: skip
"""``linear``: the tenant and everything grew so much alike that the two cannot be told apart."""
Kind = Literal["already over", "crosses", "still within", "not before", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One cell at one step."""

    scale: int
    """Units of the dataset (leads)."""
    tenant_rows: float | None = None
    """What the bindings are about, in rows: the mean size of their tenants. None where the workload does not say."""
    buffers: float | None = None
    """Blocks touched: mean over the bindings; of the first one where the query writes."""
    p50_ms: float | None = None
    """None where nothing was timed."""
    p95_ms: float | None = None
    p50_censored: bool = False
    """The median was cut off by the timeout: the true one is longer."""
    p95_censored: bool = False
    executions: int = 0
    verdict: Verdict = "cannot tell"
    """``meets``, ``misses`` or ``cannot tell``."""
    plan: str = ""
    """Fingerprint; empty where there is no plan."""
    error: str = ""
    assumes: str = ""
    """What the verdict rests on beside what was seen; empty where on nothing."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How one figure of a cell grows, over the steps since its plan last changed.

    ``exponent`` is the slope of log figure over log units: 0 is flat, 1 linear, 0.5 a square root; ``low`` and ``high``
    are its 95 % interval, None with fewer than three steps.
    """

    shape: Shape
    """``flat``, ``logarithmic``, ``less than linear``, ``linear in the tenant``, ``linear in everything``, ``linear``
    (which of both cannot be told), ``worse than linear``, ``falls`` or ``cannot tell``."""
    steps: int
    """Steps that it rests on."""
    reason: str = ""
    """Why nothing, or not more, can be told; empty where there is nothing to add."""
    exponent: float | None = None
    """Slope of log figure over log scale: 0 flat, 1 linear."""
    low: float | None = None
    """Of its 95 % interval; None with fewer than three steps."""
    high: float | None = None
    model: Model | None = None
    """The curve that describes it best: ``constant``, ``logarithmic``, ``linear`` (with a constant part) or
    ``power``."""
    axis: Axis = "everything"
    """``everything`` or ``tenant``: over what."""
    tenant_exponent: float | None = None
    """The same slope over the rows of the tenant; None where these are not known or did not grow."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """The scale at which p95 crosses the target, in units of the dataset; ``low`` and ``high`` enclose it.

    ``at`` is, by ``kind``: the first step (already over), the estimate (crosses; None where only the steps around it
    are known), the largest step that clearly meets (still within), or the scale up to which it can be said not to (not
    before).
    """

    kind: Kind
    """``already over``, ``crosses``, ``still within``, ``not before`` or ``cannot tell``."""
    at: float | None = None
    """Units: the smallest step (already over), the estimate (crosses), the largest step that clearly meets the target
    (still within), or the scale before which it does not cross (not before)."""
    low: float | None = None
    """Of the 95 % interval."""
    high: float | None = None
    """None where it is open."""
    extrapolated: bool = False
    """It lies beyond the largest step."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The last step, predicted from the earlier ones."""

    predicted: float
    """The last step, by the earlier ones."""
    actual: float
    """As it was measured."""
    steps: int
    """Steps that the prediction rests on."""
    plan_changed: bool
    """The plan of the last step is another one, which no curve can know."""
    low: float | None = None
    """Lower end of the interval of a prediction by nodes: nine of ten hold what comes; None with fewer than four
    steps."""
    high: float | None = None
    """The interval of a prediction by nodes; None where there is none."""

    @property
    def held(self) -> bool | None:
        """Whether the interval holds what came; None where there is none."""
        return None if self.low is None or self.high is None else self.low <= self.actual <= self.high

    @property
    def error(self) -> float:
        """Share by which the prediction is too high (negative: too low)."""
        return self.predicted / self.actual - 1


@dataclass(frozen=True, slots=True)
class CellCurve:
    """One cell through all steps. ``readings`` has the steps at which it was measured, the smallest first."""

    query: str
    parameter_class: str
    state: State
    """``before`` or ``after``."""
    readings: tuple[Measurement, ...]
    """The steps at which it was measured."""
    changes: tuple[int, ...]
    """Scales at which the plan is not the one of the step before."""
    work: Growth
    """Of buffers."""
    time: Growth
    """Of the median."""
    crossing: Crossing
    """When p95 crosses the target."""
    work_check: Prediction | None = None
    """Buffers of the last step, predicted; None where fewer than two earlier ones have the plan that they ended
    with."""
    time_check: Prediction | None = None
    """The same of the median."""
    work_forecast: Prediction | None = None
    """Buffers of the last step, predicted by the nodes of its plan; None where plans were not kept, or with fewer than
    two earlier steps."""
    time_forecast: Prediction | None = None
    """The median of the last step, by the buffers of ``work_forecast``."""


@dataclass(frozen=True, slots=True)
class Step:
    """One finished experiment; its run.json is in ``folder``, below the folder of the scale experiment."""

    scale: int
    """Units of the dataset."""
    folder: str
    """Where its ``run.json`` is, below the folder of ``scale.json``."""
    run: str
    """Id of the run."""
    database_bytes: int
    """Tables and indexes of the filled database, before optimizations."""
    optimized_bytes: int
    """What the optimizations added."""
    seconds: float
    """All phases of the run."""
    tenant_rows: dict[str, int] = field(default_factory=dict)
    """Rows of the first tenant of each class, where the workload says so."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: what a resumed experiment goes on with."""

    workload: str
    """Its name."""
    workload_hash: str
    """Hash of its files: an experiment is gone on with by the same files only."""
    unit: str
    """What is counted: leads."""
    scales: tuple[int, ...]
    """The sizes of the steps."""
    seed: int
    skew: str
    """How unequal the tenants are."""
    options: Options
    """How each step is measured."""
    only: tuple[str, ...] = ()
    """Names of the queries; empty means all."""
    grows: Axis = "everything"
    """``tenant``: the largest one has what goes beyond the smallest step, and the others stay as they are there."""
    nodes: tuple[int, ...] = ()
    """Workers of a Citus cluster that shards are placed on, one number after the other, at one size; empty: it is the
    rows that grow."""


@dataclass(frozen=True, slots=True)
class MoreNodes:
    """The same rows with shards on the fewest workers that were asked for and on more, executed in turn."""

    nodes: int
    """Workers with shards of ``after``; ``before`` is on the first number of ``Asked.nodes``."""
    pairs: tuple[Pair, ...]
    """``before`` is the smaller number of workers, ``after`` the larger one, both in the state that counts."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """A scale experiment, whole or interrupted."""

    status: RunStatus
    """``running``, ``complete``, ``interrupted`` or ``failed``. Only ``complete`` has every step."""
    started_at: str
    """When it began, ISO 8601, UTC."""
    pgproof: str
    """Version of the tool that began it."""
    asked: Asked
    """What was asked for."""
    steps: tuple[Step, ...] = ()
    """The finished ones, the smallest first."""
    titles: dict[str, str] = field(default_factory=dict)
    """Title of each query, in the order of the workload."""
    tracks: tuple[CellCurve, ...] = ()
    """Every cell through all steps."""
    server: str = ""
    """Kind and version."""
    machine: str = ""
    """Processor and cores."""
    notes: tuple[str, ...] = ()
    """Notes of the runs."""
    alarms: tuple[str, ...] = ()
    """Cells whose rows differ between before and after, or that failed."""
    more_nodes: tuple[MoreNodes, ...] = ()
    """Of ``Asked.nodes``: each number of workers beside the first."""

    @property
    def missing(self) -> tuple[int, ...]:
        """Scales that have not been measured yet."""
        done = {step.scale for step in self.steps}
        return tuple(scale for scale in self.asked.scales if scale not in done)


SCALE = storage.Kind(
    Scaling, "scale.json", 1, "scale experiment", "scale", "pgproof scale keeps it in the folder that it names"
)

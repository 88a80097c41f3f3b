"""What a scale experiment keeps: frozen records, times in milliseconds, buffers in blocks of 8 kB, sizes in bytes.

``scale.json`` holds a ``Scaling``. docs/file-format.md describes it field by field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bench import storage
from bench.model import Options, RunStatus, State, Verdict

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
    p95_ms: float | None = None
    p50_censored: bool = False
    """The median was cut off by the timeout: the true one is longer."""
    p95_censored: bool = False
    executions: int = 0
    verdict: Verdict = "cannot tell"
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
    steps: int
    """Steps that it rests on."""
    reason: str = ""
    """Why nothing, or not more, can be told; empty where there is nothing to add."""
    exponent: float | None = None
    low: float | None = None
    high: float | None = None
    model: Model | None = None
    """What describes it best."""
    axis: Axis = "everything"
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
    at: float | None = None
    low: float | None = None
    high: float | None = None
    """None where it is open."""
    extrapolated: bool = False
    """It lies beyond the largest step."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The last step, predicted from the earlier ones."""

    predicted: float
    actual: float
    steps: int
    """Steps that the prediction rests on."""
    plan_changed: bool
    """The plan of the last step is another one, which no curve can know."""
    low: float | None = None
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
    readings: tuple[Measurement, ...]
    changes: tuple[int, ...]
    """Scales at which the plan is not the one of the step before."""
    work: Growth
    time: Growth
    """Of the median."""
    crossing: Crossing
    work_check: Prediction | None = None
    """By the curves of the cells."""
    time_check: Prediction | None = None
    work_forecast: Prediction | None = None
    """By the nodes of its plan; None where the plans of all bindings were not kept."""
    time_forecast: Prediction | None = None
    """The median, by the buffers of ``work_forecast``."""


@dataclass(frozen=True, slots=True)
class Step:
    """One finished experiment; its run.json is in ``folder``, below the folder of the scale experiment."""

    scale: int
    folder: str
    run: str
    """Id of the run."""
    database_bytes: int
    """Tables and indexes of the filled database, before optimizations."""
    optimized_bytes: int
    """What the optimizations added."""
    seconds: float
    tenant_rows: dict[str, int] = field(default_factory=dict)
    """Rows of the first tenant of each class, where the workload says so."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: what a resumed experiment goes on with."""

    workload: str
    workload_hash: str
    unit: str
    scales: tuple[int, ...]
    seed: int
    skew: str
    options: Options
    only: tuple[str, ...] = ()
    """Names of the queries; empty means all."""
    grows: Axis = "everything"
    """``tenant``: the largest one has what goes beyond the smallest step, and the others stay as they are there."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """A scale experiment, whole or interrupted."""

    status: RunStatus
    started_at: str
    pgproof: str
    asked: Asked
    steps: tuple[Step, ...] = ()
    titles: dict[str, str] = field(default_factory=dict)
    """Title of each query, in the order of the workload."""
    tracks: tuple[CellCurve, ...] = ()
    server: str = ""
    """Kind and version."""
    machine: str = ""
    notes: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    """Cells whose rows differ between before and after, or that failed."""

    @property
    def missing(self) -> tuple[int, ...]:
        """Scales that have not been measured yet."""
        done = {step.scale for step in self.steps}
        return tuple(scale for scale in self.asked.scales if scale not in done)


SCALE = storage.Kind(
    Scaling, "scale.json", 1, "scale experiment", "scale", "pgproof scale keeps it in the folder that it names"
)

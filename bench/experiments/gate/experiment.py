"""How the result of a gate is kept and shown."""

from __future__ import annotations

from collections.abc import Mapping

from bench.experiments.experiment import Experiment, Outcome
from bench.experiments.gate.findings import findings
from bench.experiments.gate.formats import show, write
from bench.experiments.gate.record import GATE, Overall
from bench.experiments.gate.summary import summarize

OUTCOMES: Mapping[Overall, Outcome] = {
    "pass": "", "improvement": "", "regression": "differs", "incompatible": "incompatible",
    "inconclusive": "inconclusive",
}  # fmt: skip

EXPERIMENT = Experiment(
    name="gate",
    kind=GATE,
    show=show,
    write=write,
    page="gate.html",
    page_is="gate",
    findings=lambda result: findings(result, summarize(result)),
    outcome=lambda result: OUTCOMES[result.overall],
)

"""How a maintenance experiment is kept and shown."""

from __future__ import annotations

from pathlib import Path

from bench.experiments.experiment import Experiment
from bench.experiments.maintain.findings import findings
from bench.experiments.maintain.formats import show, write
from bench.experiments.maintain.record import MAINTENANCE, MaintenanceRun
from bench.experiments.maintain.summary import summarize
from bench.report.findings import fails
from bench.report.numbers import plural


def _kept(run: MaintenanceRun, folder: Path) -> tuple[str, ...]:
    return (f"{run.status}; {plural(len(run.stages), 'stage')} kept: {folder / 'maintenance.html'}",)


EXPERIMENT = Experiment(
    name="maintain",
    kind=MAINTENANCE,
    show=show,
    write=write,
    page="maintenance.html",
    page_is="maintenance",
    findings=lambda run: findings(run, summarize(run)),
    outcome=lambda run: "differs" if fails(findings(run, summarize(run))) else "",
    worth_keeping=lambda run: bool(run.stages),
    kept=_kept,
)

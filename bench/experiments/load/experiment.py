"""How a load is kept and shown."""

from __future__ import annotations

from pathlib import Path

from bench.experiments.experiment import Experiment
from bench.experiments.load.findings import findings
from bench.experiments.load.formats import show, write
from bench.experiments.load.record import LOAD, LoadRun
from bench.experiments.load.summary import summarize
from bench.report.findings import fails
from bench.report.numbers import plural


def _kept(run: LoadRun, folder: Path) -> tuple[str, ...]:
    return (f"{run.status}; {plural(len(run.steps), 'step')} kept: {folder / 'load.html'}",)


EXPERIMENT = Experiment(
    name="load",
    kind=LOAD,
    show=show,
    write=write,
    page="load.html",
    page_is="load",
    findings=lambda run: findings(run, summarize(run)),
    outcome=lambda run: "differs" if fails(findings(run, summarize(run))) else "",
    worth_keeping=lambda run: bool(run.steps),
    kept=_kept,
)

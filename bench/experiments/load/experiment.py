"""How a load is kept and shown."""

from __future__ import annotations

from pathlib import Path

from bench.experiments.experiment import Experiment
from bench.experiments.load.formats import show, write
from bench.experiments.load.record import LOAD, LoadRun
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
    outcome=lambda run: "differs" if any(not one.held for step in run.steps for one in step.invariants) else "",
    worth_keeping=lambda run: bool(run.steps),
    kept=_kept,
)

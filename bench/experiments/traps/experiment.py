"""How a look for plan traps is kept and shown."""

from __future__ import annotations

from pathlib import Path

from bench.experiments.experiment import Experiment
from bench.experiments.traps.findings import findings
from bench.experiments.traps.formats import show, write
from bench.experiments.traps.record import TRAPS, TrapsRun
from bench.experiments.traps.summary import summarize


def _kept(run: TrapsRun, folder: Path) -> tuple[str, ...]:
    return (f"{run.status}; what was seen is kept: {folder / 'traps.html'}",)


EXPERIMENT = Experiment(
    name="traps",
    kind=TRAPS,
    show=show,
    write=write,
    page="traps.html",
    page_is="traps",
    findings=lambda run: findings(run, summarize(run)),
    worth_keeping=lambda run: bool(run.cells),
    kept=_kept,
)

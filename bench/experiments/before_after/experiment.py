"""How a run is kept and shown."""

from __future__ import annotations

from pathlib import Path

from bench.experiments.before_after.findings import findings
from bench.experiments.before_after.formats import show, write
from bench.experiments.before_after.summary import summarize
from bench.experiments.experiment import Experiment
from bench.model import Run
from bench.storage import RUN


def _measured(run: Run) -> bool:
    return run.attribution is not None or any(pair.before.first_ms is not None for pair in run.pairs)


def _kept(_run: Run, folder: Path) -> tuple[str, ...]:
    file = folder / RUN.file
    return f"the part that was measured is kept: {file}", f"to see it: pgproof report {file}"


EXPERIMENT = Experiment(
    name="run",
    kind=RUN,
    show=show,
    write=write,
    page="report.html",
    page_is="report",
    findings=lambda run: findings(run, summarize(run)),
    worth_keeping=_measured,
    kept=_kept,
    worth_reporting=lambda _run: False,
)

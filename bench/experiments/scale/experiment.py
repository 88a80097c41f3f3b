"""How a scale experiment is kept and shown."""

from __future__ import annotations

from pathlib import Path

from bench.experiments.experiment import Experiment
from bench.experiments.scale.findings import findings
from bench.experiments.scale.formats import show, write
from bench.experiments.scale.record import SCALE, Scaling
from bench.experiments.scale.summary import summarize
from bench.report.findings import fails


def _kept(found: Scaling, folder: Path) -> tuple[str, ...]:
    return (
        f"{len(found.steps)} of {len(found.asked.scales)} steps are kept: {folder}",
        f"to go on: pgproof scale --resume {folder}",
    )


EXPERIMENT = Experiment(
    name="scale",
    kind=SCALE,
    show=show,
    write=write,
    page="scale.html",
    page_is="report",
    findings=lambda found: findings(found, summarize(found)),
    outcome=lambda found: "differs" if fails(findings(found, summarize(found))) else "",
    kept=_kept,
    worth_reporting=lambda found: bool(found.steps),
)

"""How a scale experiment is kept and shown."""

from __future__ import annotations

from pathlib import Path

from bench.experiments.experiment import Experiment
from bench.experiments.scale.formats import show, write
from bench.experiments.scale.record import SCALE, Scaling


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
    outcome=lambda found: "differs" if found.alarms else "",
    kept=_kept,
    worth_reporting=lambda found: bool(found.steps),
)

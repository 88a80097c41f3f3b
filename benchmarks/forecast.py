"""How well the last step of a scale experiment is predicted, by curves and by plan nodes, as its steps came.

The folder is what ``pgproof scale`` made, whole or interrupted. Each step from the third on is predicted from those
before it. A step that was interrupted while its cells were timed counts with the cells whose plans it has.

    python benchmarks/forecast.py reports/latest-scale > benchmarks/forecast.json
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from bench import storage
from bench.experiments.scale import curves
from bench.experiments.scale.check import FEW_BLOCKS, GOOD, Tally, tally
from bench.experiments.scale.record import CellCurve
from bench.model import Run


def main() -> None:
    """Print the figures of the experiment in the folder that is given."""
    files = sorted(Path(sys.argv[1]).glob("*/run.json"), key=lambda file: int(file.parent.name))
    runs = [storage.load(storage.RUN, file) for file in files]
    last = runs[-1]
    document = {
        "date": last.started_at[:10],
        "machine": f"{last.machine.cpu}, {last.machine.cores} cores",
        "server": last.server.version,
        "workload": last.workload,
        "within": GOOD,
        "or_blocks": FEW_BLOCKS,
        "steps": [_step(runs[:number]) for number in range(3, len(runs) + 1)],
    }
    print(storage.spread(document))


def _step(runs: list[Run]) -> dict[str, Any]:
    scale = runs[-1].dataset.scale
    cells = [one for one in curves.cell_curves(runs) if one.readings[-1].scale == scale]
    both = [one for one in cells if one.work_check and one.work_forecast]
    return {
        "scale": scale,
        "from_steps": len(runs) - 1,
        "buffers_by_curves": _counted(tally([one.work_check for one in cells], FEW_BLOCKS)),
        "buffers_by_nodes_same_cells": _counted(tally([one.work_forecast for one in both], FEW_BLOCKS)),
        "buffers_by_nodes": _counted(tally([one.work_forecast for one in cells], FEW_BLOCKS)),
        "medians_by_curves": _counted(tally([one.time_check for one in cells])),
        "missed_by_nodes": [_missed(one) for one in cells if one.work_forecast and abs(one.work_forecast.error) > GOOD],
    }


def _counted(found: Tally) -> dict[str, int]:
    return {
        "cells": found.cells,
        "good": found.good,
        "close": found.close,
        "same_plan": found.same_plan,
        "same_plan_good": found.same_plan_good,
    }


def _missed(cell: CellCurve) -> dict[str, Any]:
    found = cell.work_forecast
    assert found
    return {
        "cell": f"{cell.query}[{cell.parameter_class}] {cell.state}",
        "predicted": round(found.predicted),
        "actual": round(found.actual),
        "plan_changed": found.plan_changed,
    }


if __name__ == "__main__":
    main()

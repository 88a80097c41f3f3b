"""How well the last step of a scale experiment is predicted, by curves and by plan nodes, as its steps came.

The folder is what ``pgproof scale`` made, whole or interrupted. Each step from the third on is predicted from those
before it. A step that was interrupted while its cells were timed counts with the cells whose plans it has.

    python benchmarks/forecast.py reports/latest-scale [NUMBER OF STEPS ...] > benchmarks/forecast.json

docs/evidence/forecast.json has two of its steps, that of another seed as ``held_out``, and what was found ``earlier``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean, median
from typing import Any

from bench import storage
from bench.experiments.scale import curves
from bench.experiments.scale.blocks import Node
from bench.experiments.scale.carry import Carry
from bench.experiments.scale.check import FEW_BLOCKS, GOOD, Tally, tally
from bench.experiments.scale.executions import Cell, Execution, executions
from bench.experiments.scale.record import CellCurve, Prediction
from bench.experiments.scale.shapes import median_ms
from bench.experiments.scale.sizes import Sizes
from bench.model import STATES, Run, State

SAME = 0.05
"""Share by which two cells' blocks may differ and still be called the same work."""


def main() -> None:
    """Print the figures of the experiment in the folder that is given."""
    files = sorted(Path(sys.argv[1]).glob("*/run.json"), key=lambda file: int(file.parent.name))
    runs = [storage.load(storage.RUN, file) for file in files]
    last = runs[-1]
    steps = (int(one) for one in sys.argv[2:])
    numbers = list(steps) or list(range(3, len(runs) + 1))
    document = {
        "date": last.started_at[:10],
        "machine": f"{last.machine.cpu}, {last.machine.cores} cores",
        "server": last.server.version,
        "workload": last.workload,
        "within": GOOD,
        "or_blocks": FEW_BLOCKS,
        "steps": [_step(runs[:number]) for number in numbers],
    }
    print(storage.spread(document))


def _step(runs: list[Run]) -> dict[str, Any]:
    scale = runs[-1].dataset.scale
    cells = [one for one in curves.cell_curves(runs) if one.readings[-1].scale == scale]
    both = [one for one in cells if one.work_check and one.work_forecast]
    held = [one.work_forecast.held for one in cells if one.work_forecast and one.work_forecast.held is not None]
    step, told = Step(runs), [one for one in cells if one.work_forecast]
    true = {_key(one): step.with_true_rows(_key(one)) for one in told}
    missed = [one for one in told if one.work_forecast and abs(one.work_forecast.error) > GOOD]
    reasons = [reason(one.work_forecast, true[_key(one)]) for one in missed if one.work_forecast]
    right = [
        abs(blocks / one.work_forecast.actual - 1) <= GOOD
        for one in told
        if one.work_forecast and (blocks := true[_key(one)]) is not None
    ]
    return {
        "scale": scale,
        "from_steps": len(runs) - 1,
        "buffers_by_curves": _counted(tally([one.work_check for one in cells], FEW_BLOCKS)),
        "buffers_by_nodes_same_cells": _counted(tally([one.work_forecast for one in both], FEW_BLOCKS)),
        "buffers_by_nodes": _counted(tally([one.work_forecast for one in cells], FEW_BLOCKS)),
        **{
            f"buffers_by_nodes_{state}": _counted(
                tally([one.work_forecast for one in cells if one.state == state], FEW_BLOCKS)
            )
            for state in STATES
        },
        "intervals": {"of": len(held), "held": sum(held)},
        "medians_by_curves": _counted(tally([one.time_check for one in cells])),
        "medians_by_nodes": _counted(tally([one.time_forecast for one in cells])),
        **{
            f"medians_by_nodes_{state}": _counted(tally([one.time_forecast for one in cells if one.state == state]))
            for state in STATES
        },
        "same_work": same_work(cells),
        "with_true_rows": {"cells": len(right), "good": sum(right), "good_share": round(sum(right) / len(right), 3)},
        "misses": len(missed),
        "reasons": {word: reasons.count(word) for word in ("rows", "new_plan", "few_blocks", "blocks")},
        "missed_by_nodes": [_missed(one, said) for one, said in zip(missed, reasons, strict=True)],
    }


def same_work(cells: Sequence[CellCurve]) -> dict[str, Any]:
    """How far medians of two steps are apart where plan and blocks stayed: what no prediction can beat."""
    pairs = [one.readings[-2:] for one in cells if len(one.readings) > 1]
    ratios = [
        math.log(after / before)
        for one, other in pairs
        if one.plan == other.plan and one.buffers and other.buffers
        and abs(other.buffers / one.buffers - 1) <= SAME
        and (before := median_ms(one)) and (after := median_ms(other))
    ]  # fmt: skip
    common = median(ratios) if ratios else 0.0
    return {
        "cells": len(ratios),
        "within": sum(abs(math.exp(one) - 1) <= GOOD for one in ratios),
        "within_without_common_factor": sum(abs(math.exp(one - common) - 1) <= GOOD for one in ratios),
        "common_factor": round(math.exp(common), 2),
    }


@dataclass(frozen=True)
class Step:
    """The executions that one step's forecasts rest on, and what came."""

    runs: list[Run]

    @cached_property
    def known(self) -> dict[tuple[str, State], list[Execution]]:
        """Of the steps before, by statement."""
        found: dict[tuple[str, State], list[Execution]] = {}
        for run in self.runs[:-1]:
            for one in executions(run):
                found.setdefault(one.statement, []).append(one)
        return found

    @cached_property
    def came(self) -> dict[Cell, list[Execution]]:
        """Of the step itself."""
        found: dict[Cell, list[Execution]] = {}
        for one in executions(self.runs[-1]):
            found.setdefault(one.cell, []).append(one)
        return found

    @cached_property
    def sizes(self) -> Sizes:
        """Of the relations."""
        return Sizes.of((run.dataset.scale, run.relations) for run in self.runs)

    def with_true_rows(self, cell: Cell) -> float | None:
        """The blocks that the rows which came would have been forecast to touch; None for a plan that is new."""
        known = self.known[cell[0], cell[2]]
        plans = {one.plan for one in known}
        if any(one.plan not in plans for one in self.came[cell]):
            return None
        return fmean(
            _blocks(one, [other for other in known if other.plan == one.plan], self.sizes) for one in self.came[cell]
        )


def reason(found: Prediction, with_true_rows: float | None) -> str:
    """Why a prediction missed: with the rows that came, would the blocks have been right?"""
    if abs(found.predicted - found.actual) <= FEW_BLOCKS:
        return "few_blocks"
    if with_true_rows is None:
        return "new_plan"
    return "blocks" if abs(with_true_rows / found.actual - 1) > GOOD else "rows"


def _blocks(one: Execution, like: Sequence[Execution], sizes: Sizes) -> float:
    carry = Carry(one, like)
    return sum(
        Node(carry, [other.nodes[place] for other in like], sizes).blocks(node.loops, node.read)
        for place, node in enumerate(one.nodes)
    )


def _key(one: CellCurve) -> Cell:
    return one.query, one.parameter_class, one.state


def _counted(found: Tally) -> dict[str, float]:
    return {
        "cells": found.cells,
        "good": found.good,
        "good_share": round(found.good_share, 3),
        "close": found.close,
        "same_plan": found.same_plan,
        "same_plan_good": found.same_plan_good,
    }


def _missed(cell: CellCurve, why: str) -> dict[str, Any]:
    found = cell.work_forecast
    assert found
    return {
        "cell": f"{cell.query}[{cell.parameter_class}] {cell.state}",
        "predicted": round(found.predicted),
        "actual": round(found.actual),
        "plan_changed": found.plan_changed,
        "why": why,
    }


if __name__ == "__main__":
    main()

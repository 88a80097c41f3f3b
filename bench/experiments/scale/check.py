"""Is extrapolation worth anything? Fit without the last step, predict it, compare. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from bench.experiments.scale.carry import Habits, habits
from bench.experiments.scale.executions import Cell, Execution, Statement, executions
from bench.experiments.scale.fit import LEAST, fit
from bench.experiments.scale.forecast import mean_buffers
from bench.experiments.scale.record import Measurement, Prediction
from bench.experiments.scale.shapes import Figure, changed, describe, median_ms, same_plan, tenant_axis
from bench.experiments.scale.shrinkage import Line, slopes
from bench.experiments.scale.sizes import Sizes
from bench.model import Run

GOOD = 0.25
"""Share by which a prediction may be off and still be called right: what somebody needs to choose a machine."""
FEW_BLOCKS = 8
"""Blocks by which a prediction may be off whatever their share: an index that became a level deeper makes 3 of 2. The
report takes no fewer for a difference between two steps of a plan."""

COVERED = 0.9
"""Share of the cells that the interval of a prediction by nodes is to hold."""
ENOUGH = 20
"""Predictions of the step before from which on their errors give an interval: one in twenty lies beyond each end."""

ON_CURVE = 0.10
"""Distance (root mean square, relative) up to which steps are said to lie on a curve."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many predictions were right; ``same_plan`` counts those whose plan stayed."""

    cells: int
    good: int
    close: int
    """Right, or off by a few blocks."""
    same_plan: int
    same_plan_good: int
    worst: float | None
    """The error that is farthest from zero."""

    @property
    def good_share(self) -> float:
        """How many of all were right."""
        return self.good / self.cells if self.cells else 0.0


def predict(series: Sequence[Sequence[Measurement]], figure: Figure) -> list[Prediction | None]:
    """Predict the last measurement of each of ``series`` from its earlier ones with the plan that they ended with.

    By the cell's own curve where three steps or more lie on one; else along the slope that all cells together leave it
    (``shrinkage``). None where fewer than two earlier ones have the figure, or where the last has none.
    """
    known = [_known(measurements, figure) for measurements in series]
    lines = [
        _line(one, measurements[-1], figure) if one else None for one, measurements in zip(known, series, strict=True)
    ]
    drawn = iter(slopes([line for line in lines if line]))
    found: list[Prediction | None] = []
    for one, line, measurements in zip(known, lines, series, strict=True):
        if line is None:
            found.append(None)
            continue
        slope, last = next(drawn), measurements[-1]
        own = _own_curve(one, last, figure)
        predicted = line.predicted(slope) if own is None else own
        found.append(Prediction(predicted, figure(last) or 0.0, len(one), changed(measurements[-2], last)))
    return found


def by_nodes(runs: Sequence[Run]) -> dict[Cell, Prediction]:
    """Predict the buffers of each cell of the last of ``runs`` from the plan nodes of the others (``forecast``).

    Of the last run count the sizes of its relations, its tenants and what EXPLAIN says without executing: plans, and
    the rows that the planner expects. Cells that were measured at two earlier steps at least; none where ``runs`` kept
    no sizes of relations. From four steps on each has an interval: what the same did at the step before was off by so
    much in nine of ten cells (split conformal prediction, Lei et al., JASA 113, 2018).
    """
    found = _by_nodes(runs)
    former = [math.log(one.predicted / one.actual) for one in _by_nodes(runs[:-1]).values() if one.predicted > 0]
    if len(former) < ENOUGH:
        return found
    low, high = (float(np.quantile(former, end)) for end in ((1 - COVERED) / 2, (1 + COVERED) / 2))
    return {
        cell: replace(one, low=one.predicted / math.exp(high), high=one.predicted / math.exp(low))
        for cell, one in found.items()
    }


def _by_nodes(runs: Sequence[Run]) -> dict[Cell, Prediction]:
    if len(runs) < 3 or not all(run.relations for run in runs):
        return {}
    sizes = Sizes.of((run.dataset.scale, run.relations) for run in runs)
    earlier = [one for run in runs[:-1] for one in executions(run)]
    usual = habits(earlier)
    known: dict[Statement, list[Execution]] = {}
    for one in earlier:
        known.setdefault(one.statement, []).append(one)
    asked: dict[Cell, list[Execution]] = {}
    for one in executions(runs[-1]):
        asked.setdefault(one.cell, []).append(one)
    found = {cell: _forecast(those, known.get(those[0].statement, ()), sizes, usual) for cell, those in asked.items()}
    return {cell: one for cell, one in found.items() if one}


def _forecast(asked: Sequence[Execution], known: Sequence[Execution], sizes: Sizes, usual: Habits) -> Prediction | None:
    own = [one for one in known if one.cell == asked[0].cell]
    steps = {one.scale for one in own}
    if len(steps) < 2 or not (actual := fmean(one.buffers for one in asked)):
        return None
    if (predicted := mean_buffers([one.planned() for one in asked], known, sizes, usual)) is None:
        return None
    before = {one.plan for one in own if one.scale == max(steps)}
    return Prediction(predicted, actual, len(steps), not before.issuperset(one.plan for one in asked))


def medians_by_nodes(
    series: Mapping[Cell, Sequence[Measurement]], forecasts: Mapping[Cell, Prediction]
) -> dict[Cell, Prediction]:
    """Predict the median of each cell of the last step: that of the step before, by the blocks that are forecast.

    What an execution costs without any block is the intercept of one line through all cells of the step before.
    """
    pairs = {cell: (those[-2], those[-1]) for cell, those in series.items() if cell in forecasts and len(those) > 1}
    known = [(one.buffers, ms) for one, _ in pairs.values() if one.buffers and (ms := median_ms(one))]
    if len({blocks for blocks, _ in known}) < 2:
        return {}
    line = fit("linear", [blocks for blocks, _ in known], [ms for _, ms in known])
    fixed = max(0.0, line.intercept / line.slope) if line.slope > 0 else 0.0
    found = {}
    for cell, (one, last) in pairs.items():
        told, before, actual = forecasts[cell], median_ms(one), median_ms(last)
        if before and actual and one.buffers:
            grown = (told.predicted + fixed) / (one.buffers + fixed)
            found[cell] = Prediction(before * grown, actual, told.steps, told.plan_changed)
    return found


def _known(measurements: Sequence[Measurement], figure: Figure) -> list[Measurement]:
    """The earlier measurements that a prediction can rest on; empty where there is nothing to predict."""
    if len(measurements) < 3 or not figure(measurements[-1]):
        return []
    known = [one for one in same_plan(measurements[:-1]) if figure(one) is not None]
    return known if len(known) >= 2 else []


def _line(known: Sequence[Measurement], last: Measurement, figure: Figure) -> Line:
    tenants = tenant_axis(known)
    xs = [float(one.scale) for one in known] if tenants is None or not last.tenant_rows else tenants
    # How large the tenant is at a scale is known without measuring: the dataset's rule says so.
    grew = xs is tenants
    at = last.tenant_rows if grew and last.tenant_rows else last.scale
    ys = tuple(math.log(max(figure(one) or 0.0, LEAST)) for one in known)
    return Line(tuple(math.log(x) for x in xs), ys, math.log(at), grew)


def _own_curve(known: Sequence[Measurement], last: Measurement, figure: Figure) -> float | None:
    """What the cell's own curve says; None where it has none that describes its steps."""
    if len(known) < 3:
        return None
    curve, axis, _ = describe(known, figure)
    if curve.model == "constant" or math.sqrt(curve.left / len(known)) > ON_CURVE:
        return None
    return curve.at(last.tenant_rows if axis == "tenant" and last.tenant_rows else last.scale)


def tally(predictions: Iterable[Prediction | None], few: float = 0.0) -> Tally:
    """Count the predictions that were within ``GOOD``, and those that were so or off by ``few`` at most."""
    known = [one for one in predictions if one]
    good = [one for one in known if abs(one.error) <= GOOD]
    stayed = [one for one in known if not one.plan_changed]
    return Tally(
        cells=len(known),
        good=len(good),
        close=sum(abs(one.error) <= GOOD or abs(one.predicted - one.actual) <= few for one in known),
        same_plan=len(stayed),
        same_plan_good=sum(not one.plan_changed for one in good),
        worst=max((one.error for one in known), key=abs, default=None),
    )

"""Is extrapolation worth anything? Fit without the last step, predict it, compare. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.growth.fit import Curve, fit
from bench.growth.records import Prediction, Reading
from bench.growth.shapes import Figure, changed, describe, same_plan

GOOD = 0.25
"""Share by which a prediction may be off and still be called right: what somebody needs to choose a machine."""
FEW_BLOCKS = 8
"""Blocks by which a prediction may be off whatever their share: an index that became a level deeper makes 3 of 2. The
report takes no fewer for a difference between two steps of a plan."""


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


def predict(readings: Sequence[Reading], figure: Figure) -> Prediction | None:
    """Predict the last of ``readings`` from the earlier ones with the plan that they ended with.

    None where fewer than two earlier ones have the figure, or where the last has none.
    """
    if len(readings) < 3:
        return None
    last = readings[-1]
    actual = figure(last)
    known = [one for one in same_plan(readings[:-1]) if figure(one) is not None]
    if not actual or len(known) < 2:
        return None
    return Prediction(_curve_at(known, last, figure), actual, len(known), changed(readings[-2], last))


def _curve_at(known: Sequence[Reading], last: Reading, figure: Figure) -> float:
    curve: Curve
    if len(known) == 2:
        curve = fit("power", [float(one.scale) for one in known], [figure(one) or 0.0 for one in known])
        return curve.at(last.scale)
    curve, axis, _ = describe(known, figure)
    # How large the tenant is at a scale is known without measuring: the dataset's rule says so.
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

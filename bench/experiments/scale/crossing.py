"""When a cell crosses its target: seen between two steps, or read off the curve beyond the last one. Pure.

The interval beyond the last step is where the 95 % band of the curve meets the target (inverse regression: Draper and
Smith, Applied Regression Analysis, 3rd ed. 1998, section 3.2), over all curves that describe the steps about as well as
the best one: which of them is right is not known either.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from bench.experiments.scale.fit import Curve, curves, fit, may_be_constant
from bench.experiments.scale.record import Crossing, Measurement
from bench.experiments.scale.shapes import p95_ms, same_plan

FARTHEST = 10.0
"""How far beyond the largest step a curve is believed, as a factor: as far as the steps of a usual experiment span."""
GRID = 600
"""Points between the first step and the farthest, on a logarithmic axis: 1 % apart for a span of a thousand."""


def crossing(measurements: Sequence[Measurement], target_ms: float) -> Crossing:
    """Find where p95 crosses ``target_ms``.

    Verdicts come first: they have 95 % confidence of their own, and need no curve. A step that clearly meets and a
    later one that clearly misses enclose the crossing.
    """
    timed = [one for one in measurements if one.p95_ms is not None]
    if not timed:
        return Crossing("cannot tell", reason="not one execution was timed")
    misses = [one for one in timed if one.verdict == "misses"]
    if timed[0].verdict == "misses":
        if timed[-1].verdict == "meets":
            return Crossing("cannot tell", reason="over the target at the smallest step, within it at the largest")
        return Crossing("already over", float(timed[0].scale), high=float(timed[0].scale))
    if misses:
        return _between(timed, misses[0], target_ms)
    if any(one.p95_censored for one in timed):
        return Crossing("cannot tell", reason="cut off by a timeout below the target")
    return _beyond(timed, target_ms)


def _between(timed: Sequence[Measurement], over: Measurement, target_ms: float) -> Crossing:
    later = [one for one in timed if one.scale > over.scale]
    if any(one.verdict == "meets" for one in later):
        return Crossing("cannot tell", reason=f"over the target at {over.scale:,}, within it at a larger step")
    earlier = [one for one in timed if one.scale < over.scale]
    within = [one for one in earlier if one.verdict == "meets"]
    low = float(within[-1].scale) if within else None
    high = float(over.scale)
    estimate = _interpolated(earlier[-1], over, target_ms)
    if low is None:
        return Crossing("crosses", estimate, high=high, reason="no smaller step is clearly within the target")
    # A curve can narrow what the steps enclose where one plan served them all; it cannot overrule them.
    if len(same_plan(timed)) == len(timed):
        at, curve_low, curve_high = _on_curves(timed, target_ms)
        if at is not None and low < at < high:
            low = low if curve_low is None else max(low, curve_low)
            high = high if curve_high is None else min(high, curve_high)
            return Crossing("crosses", at, low, high)
    return Crossing("crosses", estimate, low, high)


def without_estimate(found: Crossing, measurements: Sequence[Measurement]) -> Crossing:
    """Leave of ``found`` what the verdicts of the steps say by themselves: no curve, no interpolation."""
    if found.kind in ("already over", "cannot tell"):
        return found
    over = next((one.scale for one in measurements if one.verdict == "misses"), None)
    within = [one.scale for one in measurements if one.verdict == "meets" and (over is None or one.scale < over)]
    if over is None:
        return Crossing("still within", float(within[-1]), low=float(within[-1]), reason=found.reason)
    if not within:
        return Crossing("already over", float(over), high=float(over), reason=found.reason)
    return Crossing("crosses", low=float(within[-1]), high=float(over))


def _interpolated(one: Measurement, other: Measurement, target_ms: float) -> float:
    """On a line in logarithms through both; the middle where the times are of no use for that."""
    low, high = one.p95_ms or 0.0, other.p95_ms or 0.0
    share = 0.5
    if 0 < low < target_ms < high and not other.p95_censored:
        share = math.log(target_ms / low) / math.log(high / low)
    return float(one.scale * (other.scale / one.scale) ** share)


def _beyond(timed: Sequence[Measurement], target_ms: float) -> Crossing:
    within = [one for one in timed if one.verdict == "meets"]
    if not within:
        return Crossing("cannot tell", reason="too few executions, or too close to the target, at every step")
    shown = float(within[-1].scale)
    stretch = [one for one in same_plan(timed) if p95_ms(one) is not None]
    if len(stretch) < 2:
        reason = f"the plan changed at {stretch[0].scale:,}" if len(timed) > 1 and stretch else "only one step"
        return Crossing("still within", shown, low=shown, reason=f"{reason}: nothing can be said beyond")
    at, low, high = _on_curves(stretch, target_ms)
    farthest = FARTHEST * stretch[-1].scale
    if len(stretch) == 2:
        line = f" (a line through them would cross at {at:,.0f})" if at is not None and at > shown else ""
        return Crossing("still within", shown, low=shown, reason=f"two steps give no interval{line}")
    if low is None:
        return Crossing("not before", farthest, low=farthest, extrapolated=True)
    low = max(low, shown)
    times = [p95_ms(one) or 0.0 for one in stretch]
    if at is None or may_be_constant(fit("power", [float(one.scale) for one in stretch], times)):
        # Scatter has a slope too: without proof of growth there is no crossing to be named.
        return Crossing("not before", low, low=low, extrapolated=low > timed[-1].scale)
    at = max(at, low)
    high = None if high is None else max(high, at)
    return Crossing("crosses", at, low, high, extrapolated=at > timed[-1].scale)


def _on_curves(stretch: Sequence[Measurement], target_ms: float) -> tuple[float | None, float | None, float | None]:
    """Where the best curve, the highest band and the lowest band of all likely curves reach the target."""
    known = [one for one in stretch if p95_ms(one) is not None]
    if len(known) < 2:
        return None, None, None
    made = curves([float(one.scale) for one in known], [p95_ms(one) or 0.0 for one in known])
    first, last = float(known[0].scale), float(known[-1].scale) * FARTHEST
    at = _reaches(made[0].at, first, last, target_ms)
    bands = [one for one in made if one.free]
    highest = [_reaches(partial(_end, one, 1), first, last, target_ms) for one in bands]
    lowest = [_reaches(partial(_end, one, 0), first, last, target_ms) for one in bands]
    low = min((value for value in highest if value is not None), default=None)
    ends = [value for value in lowest if value is not None]
    return at, low, max(ends) if ends and len(ends) == len(lowest) else None


def _end(one: Curve, end: int, n: float) -> float:
    band = one.band(n)
    return band[end] if band else one.at(n)


def _reaches(value: Callable[[float], float], first: float, last: float, target: float) -> float | None:
    """The least n from ``first`` to ``last`` at which ``value`` is at least ``target``; None where it is nowhere."""
    step = math.log(last / first) / GRID
    former, below = first, value(first)
    if below >= target:
        return first
    for number in range(1, GRID + 1):
        n = first * math.exp(step * number)
        now = value(n)
        if now >= target:
            return former + (n - former) * (target - below) / (now - below)
        former, below = n, now
    return None


def curve(measurements: Sequence[Measurement]) -> tuple[Curve, float] | None:
    """The best curve through p95 since the plan last changed, and the scale where it begins; None without two steps."""
    known = [one for one in same_plan(measurements) if p95_ms(one) is not None]
    if len(known) < 2:
        return None
    return curves([float(one.scale) for one in known], [p95_ms(one) or 0.0 for one in known])[0], float(known[0].scale)

"""From a series of figures to a word: flat, logarithmic, linear in what. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.experiments.scale.fit import FLAT, Curve, alike, curves, fit, rest
from bench.experiments.scale.record import Axis, Growth, Measurement, Shape

FLAT_MOST = 0.3
"""Upper end of its interval up to which it is: twice as much for ten times the rows is ruled out (10^0.3 = 2)."""
LINEAR = 0.15
"""Distance of the exponent from 1 up to which growth is called linear: n log n, which has 1.1 at 10,000 rows, is linear
for everybody who buys hardware."""
LINEAR_PART = 0.5
"""Share of the figure at the largest step that must grow with n for a + b n to be called linear: a small part that is
linear under a large one that stays says little of what was measured."""
WIDE = 1.0
"""Width of the interval of an exponent from which on it says nothing: flat and linear are both in it."""
TENANT_GREW = 1.5
"""Factor by which the tenant must have grown for an exponent over its rows."""

Figure = Callable[[Measurement], float | None]


def buffers(measurement: Measurement) -> float | None:
    """Blocks touched."""
    return measurement.buffers


def median_ms(measurement: Measurement) -> float | None:
    """The median time; None where the timeout cut it off."""
    return None if measurement.p50_censored else measurement.p50_ms


def p95_ms(measurement: Measurement) -> float | None:
    """The 95th percentile; None where the timeout cut it off."""
    return None if measurement.p95_censored else measurement.p95_ms


def same_plan(measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """The measurements since the plan last changed: what came before says nothing of how this plan grows."""
    start = 0
    for number in range(1, len(measurements)):
        if changed(measurements[number - 1], measurements[number]):
            start = number
    return tuple(measurements[start:])


def changed(one: Measurement, other: Measurement) -> bool:
    """Whether both have a plan, and not the same."""
    return bool(one.plan and other.plan) and one.plan != other.plan


def growth(measurements: Sequence[Measurement], figure: Figure) -> Growth:
    """Say how ``figure`` grows over the steps since the plan last changed."""
    stretch = same_plan(measurements)
    known = [one for one in stretch if figure(one) is not None]
    reason = (
        "" if len(stretch) == len(measurements) else f"the plan changed at {stretch[0].scale:,}: the steps since then"
    )
    if len(known) < len(stretch):
        cut = any(one.p50_censored or one.p95_censored for one in stretch)
        reason = f"{len(stretch) - len(known)} steps {'ran into the timeout' if cut else 'have no figure'}"
    if len(known) < 2:
        return Growth("cannot tell", len(known), reason or "fewer than two steps")
    xs = [float(one.scale) for one in known]
    ys = [figure(one) or 0.0 for one in known]
    power = fit("power", xs, ys)
    interval = power.slope_interval()
    tenants = tenant_axis(known)
    over = fit("power", tenants, ys).slope if tenants else None
    if interval is None:
        words = "two steps give no interval" + (f"; {reason}" if reason else "")
        return Growth("cannot tell", len(known), words, power.slope, model="power", tenant_exponent=over)
    best, axis, told_apart = describe(known, figure)
    last = tenants[-1] if axis == "tenant" and tenants else xs[-1]
    mostly = best.model == "linear" and best.slope * last >= LINEAR_PART * best.at(last)
    shape = _shape(best, power, axis, (told_apart, mostly), tenants, ys)
    if shape == "cannot tell" and not reason:
        reason = "too much scatter for these few steps"
    return Growth(shape, len(known), reason, power.slope, *interval, best.model, axis, over)


def tenant_axis(measurements: Sequence[Measurement]) -> list[float] | None:
    """The rows of the tenant at each step; None where they are not known, or hardly grew."""
    rows = [one.tenant_rows for one in measurements]
    known = [float(value) for value in rows if value]
    if len(known) < len(rows) or not known or max(known) < TENANT_GREW * min(known):
        return None
    return known


def describe(measurements: Sequence[Measurement], figure: Figure) -> tuple[Curve, Axis, bool]:
    """The curve that describes ``figure`` best, over what, and whether the other axis does clearly worse."""
    ys = [figure(one) or 0.0 for one in measurements]
    everything = curves([float(one.scale) for one in measurements], ys)[0]
    tenants = tenant_axis(measurements)
    if tenants is None or everything.model == "constant" or len(ys) < 3:
        return everything, "everything", True
    tenant = curves(tenants, ys)[0]
    if tenant.model == "constant":
        return everything, "everything", True
    ahead: Axis = "tenant" if rest(tenant, len(ys)) < rest(everything, len(ys)) else "everything"
    best, other = (tenant, everything) if ahead == "tenant" else (everything, tenant)
    return best, ahead, not alike(other, best, len(ys))


def _shape(
    best: Curve, power: Curve, axis: Axis, sure: tuple[bool, bool], tenants: list[float] | None, ys: list[float]
) -> Shape:
    """``sure``: whether the axes are told apart, and whether the best curve is mostly linear."""
    told_apart, mostly = sure
    low, high = power.slope_interval() or (power.slope, power.slope)
    if high < -FLAT:
        return "falls"
    if abs(power.slope) <= FLAT and high <= FLAT_MOST:
        return "flat"
    if high - low > WIDE or low <= 0:
        return "cannot tell"
    if best.model == "logarithmic":
        return "logarithmic"
    over_tenant = fit("power", tenants, ys) if tenants else None
    if told_apart:
        chosen = over_tenant if axis == "tenant" and over_tenant else power
        if mostly or _linear(chosen):
            return "linear in the tenant" if axis == "tenant" else "linear in everything"
        return _beyond(chosen)
    linear = _linear(power), over_tenant is not None and _linear(over_tenant)
    if linear == (True, True):
        return "linear"
    if linear[1]:
        return "linear in the tenant"
    if linear[0]:
        return "linear in everything"
    return "linear" if mostly else _beyond(power)


def _linear(power: Curve) -> bool:
    low, high = power.slope_interval() or (power.slope, power.slope)
    return abs(power.slope - 1) <= LINEAR or low <= 1 <= high


def _beyond(power: Curve) -> Shape:
    return "worse than linear" if power.slope > 1 else "less than linear"

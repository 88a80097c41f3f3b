"""Which queries would meet the target ten times further than anybody measured, by the curves. Pure.

A class is within the target where every likely curve through its steps, with its 95 % band (``fit``), is below it
there, over it where every one is above, and else cannot be told. What that is worth is seen at the last step, predicted
in the same way from the steps before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cells.query import GRAVITY
from bench.experiments.scale.crossing import FARTHEST
from bench.experiments.scale.fit import curves
from bench.experiments.scale.record import CellCurve, Measurement, Scaling
from bench.experiments.scale.shapes import p95_ms, same_plan
from bench.experiments.scale.summary import QueryGrowth, ScaleSummary
from bench.model import Verdict

STEPS_LEAST = 3
"""Steps with one plan for a curve to have a band."""


@dataclass(frozen=True, slots=True)
class Expected:
    """p95 of a class where nobody measured it, in milliseconds, and how that lies to the target."""

    verdict: Verdict
    ms: float | None = None
    """By the curve that describes the steps best; None without a curve."""
    low_ms: float | None = None
    high_ms: float | None = None
    """Of the bands of all likely curves."""
    reason: str = ""
    """Why it cannot be told."""


@dataclass(frozen=True, slots=True)
class ExpectedQuery:
    """A query, by the class of it that is the worst to be expected."""

    title: str
    parameter_class: str
    measured: Measurement
    """Of that class, at the largest step."""
    expected: Expected


@dataclass(frozen=True, slots=True)
class Further:
    """What is expected at ``units``, and how the same came out at the last step: of cells of both states."""

    units: int
    bytes_before: float
    """Of the filled database, in proportion to the units."""
    bytes_added: float
    """What the optimizations would add."""
    queries: tuple[ExpectedQuery, ...]
    """The worst first."""
    said: int
    """Cells of which the last step was called within or over by the steps before it."""
    right: int
    """Those of them of which the last step clearly said the same."""
    wrong: int
    """Those of which it clearly said the opposite."""
    open: int
    """Cells of which nothing was said."""


def further(found: Scaling, summary: ScaleSummary) -> Further | None:
    """What the steps of ``found`` say about ten times its largest; None with fewer steps than a curve needs."""
    if len(found.steps) < STEPS_LEAST:
        return None
    last, target_ms = found.steps[-1], found.asked.options.target_ms
    units = round(last.scale * FARTHEST)
    queries = tuple(
        worst for query in summary.queries if (worst := _worst(query, summary, units, target_ms)) is not None
    )
    checks = [check for cell in found.tracks if (check := _check(cell, last.scale, target_ms))]
    told = [check for check in checks if check[0] != "cannot tell"]
    return Further(
        units=units,
        bytes_before=last.database_bytes * FARTHEST,
        bytes_added=last.optimized_bytes * FARTHEST,
        queries=tuple(
            sorted(queries, key=lambda one: (GRAVITY.index(one.expected.verdict), -(one.expected.ms or 0.0)))
        ),
        said=len(told),
        right=sum(said == came for said, came in told),
        wrong=sum(came not in (said, "cannot tell") for said, came in told),
        open=len(checks) - len(told),
    )


def expected(readings: Sequence[Measurement], units: float, target_ms: float) -> Expected:
    """What p95 is to be expected at ``units`` by these readings, the smallest step first."""
    timed = [one for one in readings if one.p95_ms is not None]
    if not timed:
        return Expected("cannot tell", reason="not one execution was timed")
    if timed[-1].verdict == "misses":
        return Expected("misses", reason=f"over the target at {timed[-1].scale:,} already")
    known = [one for one in same_plan(timed) if p95_ms(one) is not None]
    if len(known) < STEPS_LEAST:
        return Expected("cannot tell", reason=f"the plan changed at {known[0].scale:,}" if known else "cut off")
    made = curves([float(one.scale) for one in known], [p95_ms(one) or 0.0 for one in known])
    bands = [band for one in made if (band := one.band(units))]
    low, high = min(band[0] for band in bands), max(band[1] for band in bands)
    verdict: Verdict = "meets" if high <= target_ms else "misses" if low > target_ms else "cannot tell"
    reason = "" if verdict != "cannot tell" else "the curves leave both open"
    return Expected(verdict, made[0].at(units), low, high, reason)


def _worst(query: QueryGrowth, summary: ScaleSummary, units: int, target_ms: float) -> ExpectedQuery | None:
    of_classes = [
        (cell.curve, expected(cell.curve.readings, units, target_ms))
        for cell in query.cells
        if cell.curve.state == summary.state and cell.curve.readings
    ]
    if not of_classes:
        return None
    cell, worst = min(of_classes, key=lambda one: (GRAVITY.index(one[1].verdict), -(one[1].ms or 0.0)))
    return ExpectedQuery(query.title, cell.parameter_class, cell.readings[-1], worst)


def _check(cell: CellCurve, last: int, target_ms: float) -> tuple[Verdict, Verdict] | None:
    """What the earlier steps said of the last one, and what it was; None where there is nothing to compare."""
    if len(cell.readings) <= STEPS_LEAST or cell.readings[-1].scale != last:
        return None
    return expected(cell.readings[:-1], last, target_ms).verdict, cell.readings[-1].verdict

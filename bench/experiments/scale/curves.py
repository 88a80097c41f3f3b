"""From the runs of a scale experiment to one series for each cell. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from bench.cells.cell import summarize_side
from bench.cells.records import SideSummary
from bench.experiments.scale.check import by_nodes, medians_by_nodes, predict
from bench.experiments.scale.crossing import crossing
from bench.experiments.scale.record import CellCurve, Measurement, Prediction, Step
from bench.experiments.scale.shapes import buffers, changed, growth, median_ms
from bench.experiments.scale.tenants import Values, rows_about, tenant, tenants
from bench.model import STATES, CellSide, Pair, Query, Run, State
from bench.statistics.quantiles import percentile


def step_of(run: Run, folder: str) -> Step:
    """Sum up a finished run."""
    return Step(
        scale=run.dataset.scale,
        folder=folder,
        run=run.id,
        database_bytes=sum(table.size_bytes + table.index_bytes for table in run.dataset.tables),
        optimized_bytes=sum(max(0, applied.size_bytes) for applied in run.applied),
        seconds=sum(run.phases_s.values()),
        tenant_rows=_classes(run),
    )


def cell_curves(runs: Sequence[Run]) -> tuple[CellCurve, ...]:
    """Follow every cell through ``runs``, which are of growing scale; cells in the order of the largest run."""
    measurements: dict[tuple[str, str, State], list[Measurement]] = {}
    for run in reversed(runs):  # cells that only smaller runs have come last
        sizes = {query.name: tenants(run, query) for query in run.queries}
        for pair in run.pairs:
            for state in STATES:
                key = (pair.query, pair.parameter_class, state)
                if measurement := _measurement(run, pair, state, sizes.get(pair.query, {})):
                    measurements.setdefault(key, []).insert(0, measurement)
    target_ms = runs[-1].options.target_ms if runs else 0.0
    work, time = (predict(list(measurements.values()), figure) for figure in (buffers, median_ms))
    forecasts = by_nodes(runs)
    medians = medians_by_nodes(measurements, forecasts)
    return tuple(
        _cell_curve(*key, tuple(found), target_ms, (work[number], time[number], forecasts.get(key), medians.get(key)))
        for number, (key, found) in enumerate(measurements.items())
    )


def alarms(runs: Sequence[Run]) -> tuple[str, ...]:
    """What must be read before any curve: cells whose rows differ, or that failed."""
    found = []
    for run in runs:
        for pair in run.pairs:
            where = f"{pair.query}[{pair.parameter_class}] at {run.dataset.scale:,} {run.dataset.unit}"
            if pair.equality and not pair.equality.equal:
                found.append(f"{where}: {pair.equality.word} after than before")
            found += [f"{where}, {s}: {error}" for s in STATES if (error := pair.side(s).error)]
    return tuple(found)


def _cell_curve(
    query: str,
    parameter_class: str,
    state: State,
    measurements: tuple[Measurement, ...],
    target_ms: float,
    checks: tuple[Prediction | None, ...],
) -> CellCurve:
    return CellCurve(
        query=query,
        parameter_class=parameter_class,
        state=state,
        readings=measurements,
        changes=tuple(
            other.scale for one, other in pairwise(measurements) if changed(one, other)
        ),
        work=growth(measurements, buffers),
        time=growth(measurements, median_ms),
        crossing=crossing(measurements, target_ms),
        work_check=checks[0],
        time_check=checks[1],
        work_forecast=checks[2],
        time_forecast=checks[3],
    )  # fmt: skip


def _measurement(run: Run, pair: Pair, state: State, sizes: Mapping[Values, int]) -> Measurement | None:
    side = pair.side(state)
    if not (side.samples or side.plan or side.error):
        return None
    found: SideSummary = summarize_side(side, run.options.target_ms)
    p50, p95 = percentile(side.samples, 0.5), percentile(side.samples, 0.95)
    query = next((one for one in run.queries if one.name == pair.query), None)
    return Measurement(
        scale=run.dataset.scale,
        tenant_rows=_mean_tenant(query, pair, sizes) if query else None,
        buffers=_mean_buffers(side),
        p50_ms=p50.ms if p50 else None,
        p95_ms=p95.ms if p95 else None,
        p50_censored=bool(p50 and p50.censored),
        p95_censored=bool(p95 and p95.censored),
        executions=len(side.samples),
        verdict=found.judgement.verdict,
        plan=side.plan.fingerprint if side.plan else "",
        error=side.error,
        assumes=found.judgement.assumes,
    )


def _mean_buffers(side: CellSide) -> float | None:
    """Over all bindings: the tenants of a class are others at each step, and one of them says little of its class."""
    if side.by_binding:
        return fmean(one.buffers for one in side.by_binding)
    return float(side.plan.counters.buffers) if side.plan else None


def _mean_tenant(query: Query, pair: Pair, sizes: Mapping[Values, int]) -> float | None:
    rows = [sizes.get(tenant(query, binding)) for binding in pair.bindings]
    known = [value for value in rows if value is not None]
    return fmean(known) if known and len(known) == len(rows) else None


def _classes(run: Run) -> dict[str, int]:
    found: dict[str, int] = {}
    for pair in run.pairs:
        if pair.bindings and (rows := rows_about(pair.bindings[0])) is not None:
            found.setdefault(pair.parameter_class, rows)
    return found

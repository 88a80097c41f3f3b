"""Made-up scale experiments for tests: series with a known law, and whole ones from made-up runs."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.experiments.scale import curves
from bench.experiments.scale.record import Asked, Measurement, Scaling
from bench.model import Binding, Run
from tests.builders import runs

SCALES = (10_000, 32_000, 100_000, 320_000, 1_000_000)
TENANTS = (2_211, 5_503, 14_070, 37_258, 100_229)
"""Rows of the CRM's hot tenant at about these scales: they grow with exponent 0.82."""
TARGET_MS = 100.0
SURE = 0.03
"""Share around the target within which a made-up verdict is "cannot tell"."""


def series(
    law: Callable[[float], float], *, noise: float = 0.0, seed: int = 1, tenants: Sequence[int] = (),
    scales: Sequence[int] = SCALES, plans: str = "aaaaaaaaaaaa",
) -> tuple[Measurement, ...]:  # fmt: skip
    """Measurements that follow ``law`` of the scale, or of the tenant's rows where these are given."""
    rng = random.Random(seed)
    made = []
    for number, scale in enumerate(scales):
        value = law(tenants[number] if tenants else scale) * math.exp(rng.gauss(0, noise))
        sure = abs(value / TARGET_MS - 1) > max(SURE, 2 * noise)
        made.append(
            Measurement(
                scale=scale, tenant_rows=tenants[number] if tenants else None, buffers=round(value), p50_ms=value,
                p95_ms=value, executions=20, plan=plans[number],
                verdict=("meets" if value < TARGET_MS else "misses") if sure else "cannot tell",
            )
        )  # fmt: skip
    return tuple(made)


def censored(measurements: Sequence[Measurement], *numbers: int, ms: float = 30_000.0) -> tuple[Measurement, ...]:
    """``measurements`` with the steps ``numbers`` cut off after ``ms``."""
    verdict = "misses" if ms >= TARGET_MS else "cannot tell"
    return tuple(
        replace(one, p50_ms=ms, p95_ms=ms, p50_censored=True, p95_censored=True, verdict=verdict)
        if number in numbers
        else one
        for number, one in enumerate(measurements)
    )


def run_at(scale: int, tenant: int, title: str = "") -> Run:
    """A run in which the queue reads its tenant before, little after, and the search everything."""
    about = (Binding(args={"organization_id": "1"}, result_rows=20, about=f"{tenant:,} live leads"),)
    queue = runs.pair(
        "queue", bindings=about,
        before=runs.side(tenant / 50, runs.scan("leads", buffers=tenant // 8)),
        after=runs.side(0.5, runs.scan("leads", index="leads_queue_idx", buffers=6)),
    )  # fmt: skip
    search = runs.pair(
        "search", bindings=about,
        before=runs.side(scale / 1000, runs.scan("leads", buffers=scale // 10)),
        after=runs.side(scale / 12_500, runs.scan("leads", index="leads_trgm_idx", buffers=scale // 100)),
    )  # fmt: skip
    made = runs.run(queue, search)
    queries = tuple(replace(query, title=title or query.title) for query in made.queries)
    return replace(made, dataset=replace(made.dataset, scale=scale), queries=queries)


def scaling(steps: int = len(SCALES), title: str = "") -> Scaling:
    """A scale experiment of which ``steps`` are done."""
    made = [run_at(*one, title) for one in zip(SCALES[:steps], TENANTS, strict=False)]
    first = run_at(SCALES[0], TENANTS[0], title)
    asked = Asked(title or "crm", first.workload_hash, "leads", SCALES, 1, "default", first.options)
    return Scaling(
        status="complete" if steps == len(SCALES) else "interrupted",
        started_at="2025-06-01T08:00:00Z",
        pgproof="0.1.0",
        asked=asked,
        steps=tuple(curves.step_of(run, str(run.dataset.scale)) for run in made),
        titles={query.name: query.title for query in first.queries},
        tracks=curves.cell_curves(made),
        server="PostgreSQL 18.1 (embedded)",
        machine="EPYC 7B13, 2 cores",
        alarms=curves.alarms(made),
    )

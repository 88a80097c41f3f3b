"""Looks for plan traps made by hand, for tests of decisions and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench.experiments.traps.record import (
    Borrowed,
    FreshQuery,
    FreshTenant,
    PlanRun,
    ServerChoice,
    Stability,
    TrapCell,
    TrapQuery,
    TrapsOptions,
    TrapsRun,
)
from bench.model import Binding, RunStatus, Sample
from bench.plans import access_path, from_explain
from tests.builders import runs


def samples(*times_ms: float) -> tuple[Sample, ...]:
    return tuple(Sample(ms, 0.1 * n) for n, ms in enumerate(times_ms))


def plan_run(buffers: int, ms: float, *, index: str = "i", times: int = 9, **more: Any) -> PlanRun:
    """A plan of one scan, timed ``times`` times at about ``ms``."""
    plan = runs.scan("leads", index=index, buffers=buffers, **more)
    seen = from_explain([{"Plan": plan, "Planning Time": 0.1, "Execution Time": ms}])
    return PlanRun(access_path(plan), seen, samples(*(ms * (1 + 0.01 * n) for n in range(times))))


def cut_off(ms: float = 30_000.0) -> PlanRun:
    """A plan that the statement timeout cut off."""
    return PlanRun("cut", None, (Sample(ms, 0.0, censored=True),))


def cell(query: str = "q", parameter_class: str = "hot", **more: Any) -> TrapCell:
    """A cell without a trap, but for what is given."""
    same = plan_run(10, 1.0)
    made: dict[str, Any] = {
        "custom": same, "generic": same, "choices": (ServerChoice(parameter_class, 0, 8, None, (1.0,) * 8),),
        "stability": Stability((same.path,) * 10, (same,)),
    }  # fmt: skip
    return TrapCell(query, parameter_class, Binding({"organization_id": "1"}), **(made | more))


def switching(first: str = "hot") -> tuple[ServerChoice, ...]:
    """A server that goes over to the generic plan."""
    return (ServerChoice(first, 3, 5, 6, (1.0,) * 8),)


def traps_run(*cells: TrapCell, status: RunStatus = "complete", text: str = "q", **more: Any) -> TrapsRun:
    """A look with these cells; ``text`` is everything that comes from a workload."""
    whole = runs.run()
    names = list(dict.fromkeys(one.query for one in cells))
    made: dict[str, Any] = {"queries": tuple(TrapQuery(name, text if name == "q" else name, False) for name in names)}
    return TrapsRun(
        id="20261123t080000z", started_at="2026-11-23T08:00:00+00:00", status=status, pgproof="0.1.0", workload=text,
        workload_hash="9a4c0f17", options=TrapsOptions("after", 10, 100, 30.0, ""), machine=whole.machine,
        server=whole.server, dataset=whole.dataset, cells=cells, phases_s={"statistics": 1.0}, **(made | more),
    )  # fmt: skip


def fresh(query: str = "q", *, stale: PlanRun, analyzed: PlanRun, text: str = "9 leads") -> FreshTenant:
    """A new tenant of which one query was asked."""
    one = FreshQuery(query, Binding({"organization_id": "2"}), stale, analyzed)
    return FreshTenant("hot", {"organization_id": text}, text, 1_234, (one,))


def borrowed(own: PlanRun, lent: PlanRun, lender: str = "tiny") -> tuple[Borrowed, ...]:
    return (Borrowed(lender, lent.path, {"enable_sort": "off"}, 8, own, lent),)


def full(text: str = "q", classes: Sequence[str] = ("hot", "tiny")) -> TrapsRun:
    """A look in which everything was found, with ``text`` wherever a workload can put one."""
    good, bad = plan_run(10, 1.0), plan_run(900, 40.0, index=f"{text}_idx")
    tossed = Stability((good.path,) * 7 + (bad.path,) * 3, (good, bad))
    cells = [
        cell(parameter_class=name, generic=bad, choices=switching(name), stability=tossed, borrowed=borrowed(good, bad))
        for name in classes
    ]
    failed = cell("broken", error=text)
    estimated = plan_run(10, 1.0, index="i")
    assert estimated.seen
    off = {"Node Type": "Sort", "Plan Rows": 5, "Actual Rows": 5000.0, "Actual Loops": 1, "Plans": [
        runs.scan(text, rows=5000) | {"Plan Rows": 5},
    ]}  # fmt: skip
    guessed = cell("guessed", custom=replace(estimated, seen=replace(estimated.seen, plan=off)))
    found = traps_run(*cells, failed, guessed, cell("calm"), text=text, notes=(text,))
    noted = (*found.queries, TrapQuery("called", text, True, note=text))
    return replace(
        found, queries=noted, sampled={f"{text}.leads": 90_000}, fresh=fresh(stale=bad, analyzed=good, text=text)
    )

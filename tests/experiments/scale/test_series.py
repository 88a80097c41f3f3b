"""From runs to series, without what is shown of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.scale import curves
from bench.experiments.scale.check import by_nodes
from bench.model import Binding, BindingPlan, CellSide
from tests.builders import runs
from tests.builders.growths import SCALES, TENANTS, run_at
from tests.experiments.scale.test_forecast import relations

RUNS = [run_at(*one) for one in zip(SCALES, TENANTS, strict=True)]
FIRST = RUNS[0]


def readings(found, query="queue", state="after"):
    return next(one for one in found if (one.query, one.state) == (query, state)).readings


def test_a_step_adds_up_its_tables_its_optimizations_and_its_seconds() -> None:
    applied = tuple(runs.applied(size_bytes=size) for size in (5, -3, 7))
    step = curves.step_of(replace(FIRST, applied=applied), "there")
    assert (step.scale, step.folder, step.run) == (10_000, "there", FIRST.id)
    assert (step.database_bytes, step.optimized_bytes) == (48_000_000 + 61_000_000 + 210_000_000 + 98_000_000, 12)
    assert step.seconds == pytest.approx(0.6 + 31 + 12 + 4.5 + 60.2)
    assert step.tenant_rows == {"hot": 2_211}


def test_the_tenant_of_a_class_is_that_of_the_first_cell_whose_first_binding_says_so() -> None:
    pairs = [replace(FIRST.pairs[0], bindings=tuple(Binding({}, about=about) for about in told))
             for told in ((), ("no lead", "9 leads"), ("7 leads", "8 leads"), ("5 leads",))]  # fmt: skip
    assert curves.step_of(replace(FIRST, pairs=tuple(pairs)), "").tenant_rows == {"hot": 7}


def test_the_target_is_that_of_the_largest_run() -> None:
    strict = replace(RUNS[-1], options=replace(FIRST.options, target_ms=0.4))
    kinds = [{one.crossing.kind for one in curves.cell_curves(found)} for found in (RUNS, [*RUNS[:-1], strict])]
    assert kinds[0] != kinds[1]
    assert curves.cell_curves([]) == ()


def test_cells_come_in_the_order_of_the_largest_run_and_those_of_smaller_ones_last() -> None:
    small = replace(FIRST, pairs=(runs.pair("older"), *FIRST.pairs))
    found = curves.cell_curves([small, *RUNS[1:]])
    assert [(one.query, one.state) for one in found] == [
        (query, state) for query in ("queue", "search", "older") for state in ("before", "after")
    ]
    assert [one.scale for one in readings(found, "older")] == [10_000]


def test_each_check_belongs_to_its_cell() -> None:
    sized = [replace(run, relations=relations(run.dataset.scale)) for run in RUNS]
    for one in curves.cell_curves(sized):
        last, before = one.readings[-1], one.readings[-2]
        assert one.work_check.actual == last.buffers
        assert one.time_check.actual == last.p50_ms
        assert one.work_forecast.actual == last.buffers != before.buffers or one.query == "queue"
        assert one.work_forecast == by_nodes(sized)[one.query, one.parameter_class, one.state]


def test_a_measurement_has_the_figures_of_its_cell() -> None:
    (one, *_) = readings(curves.cell_curves([FIRST]))
    side = FIRST.pairs[0].after
    times = sorted(sample.ms for sample in side.samples)
    assert (one.p50_ms, one.p95_ms, one.executions, one.plan) == (times[39], times[75], 80, side.plan.fingerprint)
    assert (one.buffers, one.verdict, one.p50_censored, one.p95_censored, one.error) == (6, "meets", False, False, "")
    assert (one.tenant_rows, one.assumes) == (2_211, "")


@pytest.mark.parametrize(
    ("n", "cut", "p50", "p95"), [(20, 1, False, False), (20, 2, False, True), (20, 11, True, True)]
)
def test_a_percentile_that_the_timeout_cut_off_says_so(n: int, cut: int, p50: bool, p95: bool) -> None:
    samples = runs.samples(5, n - cut) + runs.samples(30_000, cut, censored=True)
    pair = replace(FIRST.pairs[0], after=CellSide(samples=samples))
    (one,) = readings(curves.cell_curves([replace(FIRST, pairs=(pair,))]))
    assert (one.p50_censored, one.p95_censored, one.plan, one.buffers) == (p50, p95, "", None)


def test_a_side_of_which_nothing_is_known_has_no_measurement_and_one_that_failed_has() -> None:
    for side, many in ((CellSide(), 1), (CellSide(error="no table"), 2)):
        found = curves.cell_curves([replace(FIRST, pairs=(replace(FIRST.pairs[0], after=side),))])
        assert len(found) == many
    assert (found[1].readings[0].error, found[1].readings[0].p50_ms) == ("no table", None)


@pytest.mark.parametrize(
    ("told", "mean"), [(("4 leads", "8 leads"), 6), (("4 leads", ""), None), ((), None), (("no lead",), None)]
)
def test_the_tenant_s_rows_are_the_mean_of_all_bindings_or_not_known(told: tuple[str, ...], mean: float | None) -> None:
    bindings = tuple(Binding({"organization_id": f"{n}"}, about=about) for n, about in enumerate(told))
    pair = replace(FIRST.pairs[0], bindings=bindings)
    (one,) = readings(curves.cell_curves([replace(FIRST, pairs=(pair,))]))
    assert one.tenant_rows == mean


def test_the_tenant_is_asked_for_by_the_cell_s_own_query_wherever_it_stands() -> None:
    run = replace(
        FIRST, queries=(runs.query("zzz", parameters=()), *FIRST.queries[::-1], runs.query("aaa", parameters=()))
    )
    assert {one.readings[0].tenant_rows for one in curves.cell_curves([run])} == {2_211}


def test_work_of_several_bindings_is_their_mean_and_else_that_of_the_plan() -> None:
    side = replace(FIRST.pairs[0].after, by_binding=(BindingPlan("p", 10), BindingPlan("p", 35)))
    (one,) = readings(curves.cell_curves([replace(FIRST, pairs=(replace(FIRST.pairs[0], after=side),))]))
    assert one.buffers == 22.5


def test_every_change_of_plan_is_marked_at_the_step_that_has_the_other_one() -> None:
    other = replace(FIRST.pairs[0].after, plan=runs.seen(runs.scan("leads", buffers=9)))
    changed = [
        replace(run, pairs=(replace(run.pairs[0], after=other),)) if at in (1, 2) else run
        for at, run in enumerate(RUNS)
    ]
    found = next(one for one in curves.cell_curves(changed) if (one.query, one.state) == ("queue", "after"))
    assert found.changes == (32_000, 320_000)


def test_alarms_name_every_cell_that_differs_or_failed_in_the_order_of_the_runs() -> None:
    broken = replace(FIRST.pairs[0], before=CellSide(error="one"), after=CellSide(error="two"), equality=None)
    differs = replace(FIRST.pairs[1], equality=runs.DIFFERENT)
    assert curves.alarms([replace(FIRST, pairs=(broken,)), replace(RUNS[1], pairs=(differs,)), RUNS[2]]) == (
        "queue[hot] at 10,000 leads, before: one",
        "queue[hot] at 10,000 leads, after: two",
        "search[hot] at 32,000 leads: other rows after than before",
    )

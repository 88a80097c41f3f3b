"""Forecasts of the last step of an experiment, from the runs of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.scale import check
from bench.experiments.scale.check import by_nodes, medians_by_nodes
from bench.experiments.scale.curves import cell_curves
from bench.experiments.scale.executions import executions
from bench.experiments.scale.record import Measurement, Prediction
from bench.model import BindingPlan
from tests.builders import runs
from tests.builders.forecasts import relations
from tests.builders.growths import SCALES, TENANTS, run_at


def sized(scale: int, tenant: int):
    return replace(run_at(scale, tenant), relations=relations(scale))


RUNS = [sized(*one) for one in zip(SCALES, TENANTS, strict=True)]


def test_the_last_step_of_each_cell_is_predicted_from_the_nodes_of_the_others():
    found = by_nodes(RUNS)
    assert set(found) == {(query, "hot", state) for query in ("queue", "search") for state in ("before", "after")}
    assert all(abs(one.error) < 0.1 and one.steps == 4 for one in found.values())
    assert [cell.work_forecast for cell in cell_curves(RUNS)] == [
        found[cell.query, cell.parameter_class, cell.state] for cell in cell_curves(RUNS)
    ]


def test_a_forecast_is_held_against_the_last_run_and_needs_two_before_it():
    found = by_nodes(RUNS[:3])
    sides = {(pair.query, "hot", state): pair.side(state) for pair in RUNS[2].pairs for state in ("before", "after")}
    assert {cell: one.actual for cell, one in found.items()} == {
        cell: side.plan.counters.buffers for cell, side in sides.items()
    }
    assert {(one.steps, one.plan_changed) for one in found.values()} == {(2, False)}
    assert by_nodes(RUNS[:2]) == {}


def with_after(run, plan):
    (queue, search) = run.pairs
    return replace(run, pairs=(replace(queue, after=replace(queue.after, plan=runs.seen(plan))), search))


def test_a_forecast_says_where_the_last_step_has_another_plan_and_needs_two_steps_of_the_cell():
    cell = ("queue", "hot", "after")
    other = [*RUNS[:4], with_after(RUNS[4], runs.scan("leads", index="other", buffers=6))]
    assert by_nodes(other)[cell].plan_changed
    late = [*(replace(run, pairs=run.pairs[1:]) for run in RUNS[:3]), *RUNS[3:]]
    assert set(by_nodes(late)) == {("search", "hot", "before"), ("search", "hot", "after")}
    nothing = [*RUNS[:4], with_after(RUNS[4], runs.scan("leads", index="leads_queue_idx", buffers=0))]
    assert cell not in by_nodes(nothing)


def test_medians_follow_the_blocks_that_are_forecast():
    """Ten times the blocks, and a tenth of the time was not theirs: nine times as long, and that tenth."""
    cells = [("queue", name, "after") for name in ("hot", "tiny", "small")]
    series = {
        cell: (Measurement(10, buffers=blocks, p50_ms=1 + blocks / 10), Measurement(100, buffers=1, p50_ms=20.0))
        for cell, blocks in zip(cells, (90.0, 10.0, 20.0), strict=True)
    }
    told = {cells[0]: Prediction(900, 900, 4, False), cells[1]: Prediction(20, 20, 4, False)}
    told[cells[2]] = Prediction(20, 20, 4, True)
    found = medians_by_nodes(series, told)
    assert [round(found[cell].predicted, 2) for cell in cells] == [91, 3, 3]
    assert [found[cell].plan_changed for cell in cells] == [False, False, True]


def test_an_interval_is_as_wide_as_the_step_before_was_off(monkeypatch):
    off = {("q", str(n), "after"): Prediction(100 + n, 100, 2, False) for n in range(21)}
    told = {("q", "hot", "after"): Prediction(100, 90, 3, False)}
    monkeypatch.setattr(check, "_by_nodes", lambda runs: told if len(runs) == 4 else off)
    found = by_nodes([None] * 4)["q", "hot", "after"]
    assert (found.low, found.high) == pytest.approx((100 / 1.19, 100 / 1.01))
    assert found.held
    assert replace(found, actual=80).held is False
    assert told["q", "hot", "after"].held is None


def test_runs_that_kept_no_sizes_have_no_forecast():
    assert by_nodes([replace(run, relations=()) for run in RUNS]) == {}


def test_each_binding_is_an_execution_of_its_own():
    side = RUNS[0].pairs[0].after
    more = replace(side, by_binding=(BindingPlan("p", 6), BindingPlan("q", 9, runs.scan("leads", buffers=9))))
    found = list(executions(replace(RUNS[0], pairs=(replace(RUNS[0].pairs[0], after=more),))))
    assert [one.buffers for one in found if one.cell[2] == "after"] == [6, 9]

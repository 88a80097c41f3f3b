"""A statement's work where it was not executed: plans with known rows, and what their nodes touch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.scale.carry import COUNTS, Carry, habits
from bench.experiments.scale.check import by_nodes
from bench.experiments.scale.curves import cell_curves
from bench.experiments.scale.executions import Execution, executions, nodes
from bench.experiments.scale.forecast import forecast, mean_buffers
from bench.experiments.scale.sizes import MAP_PAGES, Sizes
from bench.model import BindingPlan, Relation
from tests.builders import runs
from tests.builders.growths import SCALES, TENANTS, run_at

CELL = ("queue", "hot", "after")
LAST = SCALES[-1]


def executed(plan, scale, tenant=None, cell=CELL, name="p"):
    return Execution(cell, 0, scale, tenant, name, nodes(plan), plan["Shared Hit Blocks"])


def relations(scale: int, *, table_pages: int | None = None, index_pages: int | None = None):
    return (
        Relation("leads", "leads", "heap", table_pages or scale // 20, scale),
        Relation("idx", "leads", "btree", index_pages or max(2, scale // 250), scale, 8, ("id",), (0.0,)),
    )


def foretold(plan_at, sizes_at=relations, tenants=TENANTS, known=SCALES[:-1]):
    """The forecast at the last step, of a plan that is known as a function of scale and tenant."""
    seen = [executed(plan_at(n, t), n, t) for n, t in zip(known, tenants, strict=False)]
    sizes = Sizes.of((n, sizes_at(n)) for n in known)
    target = executed(plan_at(LAST, tenants[-1]), LAST, tenants[-1])
    found = forecast(target, seen, sizes, {})
    assert found
    return found


def test_a_sequential_scan_touches_the_pages_of_its_table():
    found = foretold(lambda n, t: runs.scan("leads", buffers=n // 20, rows=5, removed=n))
    assert found.buffers == pytest.approx(LAST / 20, rel=0.02)


def test_an_index_scan_follows_the_rows_of_the_tenant_not_those_of_all():
    found = foretold(lambda n, t: runs.scan("leads", index="idx", buffers=t + 3, rows=t))
    assert found.nodes[0].rows == pytest.approx(TENANTS[-1], rel=0.05)
    assert found.buffers == pytest.approx(TENANTS[-1], rel=0.1)


def test_rows_of_a_node_that_is_looked_into_again_and_again_are_those_of_all_loops():
    """Each order has 7 lines, whatever their number is."""

    def joined(n, tenant):
        lines = runs.scan("lines", index="idx", buffers=3 * tenant, rows=7) | {"Actual Loops": tenant}
        leads = runs.scan("leads", buffers=n // 20, rows=tenant)
        return runs.scan("", buffers=n // 20 + 3 * tenant, rows=7 * tenant) | {
            "Node Type": "Nested Loop", "Plans": [leads, lines]
        }  # fmt: skip

    found = foretold(joined)
    assert found.nodes[2].loops == pytest.approx(TENANTS[-1], rel=0.05)
    assert found.nodes[2].rows == pytest.approx(7 * TENANTS[-1], rel=0.05)


def test_a_search_becomes_a_page_longer_where_its_index_becomes_a_level_deeper():
    """What was measured at 2 blocks four times; a curve says 2, or grows by a share."""
    found = foretold(
        lambda n, t: runs.scan("leads", index="idx", buffers=2, rows=0), lambda n: relations(n, index_pages=n // 2_500)
    )
    assert found.buffers == pytest.approx(3)


def test_an_index_only_scan_looks_at_the_map_with_each_row_once_there_are_two_pages_of_it():
    def plan(n, t):
        return runs.scan("leads", index="idx", buffers=3, rows=500, **{"Node Type": "Index Only Scan"})

    found = foretold(plan, lambda n: relations(n, table_pages=MAP_PAGES * 2 * n // LAST))
    assert found.buffers == pytest.approx(3 + 500 * 0.5, rel=0.05)


def test_a_walk_until_enough_rows_of_the_tenant_are_found_is_as_long_as_they_are_rare():
    tenants = (500, 520, 480, 510, 500)
    found = foretold(
        lambda n, t: runs.scan("leads", index="idx", buffers=50 * n // t, rows=50, removed=50 * n // t), tenants=tenants
    )
    assert found.buffers == pytest.approx(50 * LAST / 500, rel=0.25)


def test_a_limit_stops_what_grows_into_it():
    def plan(n, t):
        rows = min(100, n // 4_000)
        scan = runs.scan("leads", index="idx", buffers=rows + 2, rows=rows, **{"Plan Rows": 900})
        return runs.limit(scan) | {"Plan Rows": 100, "Actual Rows": float(rows)}

    found = foretold(plan, tenants=(None,) * 5)
    assert found.nodes[1].rows == pytest.approx(100)
    assert found.nodes[1].loops == 1
    assert found.buffers == pytest.approx(102, rel=0.05)


def test_a_limit_stops_nothing_below_a_sort():
    """All rows are read before the first is given; one scan stays one scan."""

    def plan(n, t):
        rows = min(100, n // 4_000)
        scan = runs.scan("leads", index="idx", buffers=rows + 2, rows=rows, **{"Plan Rows": 900})
        above = runs.limit(scan, sort=("created_at",)) | {"Plan Rows": 100, "Actual Rows": float(rows)}
        above["Plans"][0]["Plan Rows"] = 900
        return above

    found = foretold(plan, tenants=(None,) * 5)
    assert found.nodes[0].rows == pytest.approx(100)
    assert found.nodes[2].rows == pytest.approx(LAST / 4_000, rel=0.05)
    assert [one.loops for one in found.nodes] == [1, 1, 1]


def test_a_plan_that_came_at_the_last_step_is_followed_by_its_own_arithmetic():
    """No figure of the plan before is mixed with it, and no curve through one point is needed."""
    scan = [executed(runs.scan("leads", buffers=n // 20), n) for n in SCALES[:-2]]
    search = executed(runs.scan("leads", index="idx", buffers=4, rows=1), SCALES[-2], name="q")
    sizes = Sizes.of((n, relations(n)) for n in SCALES[:-1])
    found = forecast(replace(search, scale=LAST), [*scan, search], sizes, {})
    assert found
    assert found.buffers == pytest.approx(4, abs=0.2)


def test_what_was_seen_once_follows_what_most_counts_do():
    seen = [
        executed(runs.scan("leads", index="idx", buffers=t, rows=t), n, t)
        for n, t in zip(SCALES[:3], TENANTS, strict=False)
    ]
    usual = habits(seen)
    once = executed(runs.scan("leads", index="idx", buffers=1_000, rows=1_000), 100_000, 1_000, name="q")
    carried = Carry(replace(once, scale=320_000, tenant_rows=3_000), [once], usual)
    assert carried.to([1_000]) == pytest.approx(3_000)
    assert Carry(carried.target, [once]).to([1_000]) == pytest.approx(1_000)


def test_bindings_that_scatter_give_no_slope():
    counts = (37, 19, 30, 28, 45, 24)
    known = [replace(executed(runs.scan("leads"), n, 200), binding=b) for n in (10_000, 32_000) for b in range(3)]
    target = executed(runs.scan("leads"), LAST, 200)
    assert 20 < Carry(target, known).to(counts, COUNTS) < 45


def test_what_an_init_plan_did_is_counted_once_and_its_holder_keeps_its_own():
    """As PostgreSQL 18 counts a row that is found first, then updated: 9 blocks, 3 of each node."""
    first = runs.scan("orders", index="by_time", buffers=3, **{"Subplan Name": "InitPlan 1"})
    asks = runs.scan("orders", index="pkey", buffers=6, **{"Index Cond": "(order_id = (InitPlan 1).col1)"})
    update = {"Node Type": "ModifyTable", "Operation": "Update", "Actual Rows": 1.0, "Actual Loops": 1, "Plan Rows": 1}
    plan = {**update, "Shared Hit Blocks": 9, "Plans": [first, asks]}
    assert [one.buffers for one in nodes(plan)] == [3, 3, 3]


def test_no_plan_of_the_class_no_forecast():
    other = executed(runs.scan("leads"), 10_000, cell=("queue", "p90", "after"))
    assert forecast(executed(runs.scan("leads"), LAST), [other], Sizes.of(()), {}) is None


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


@pytest.mark.parametrize(
    ("tenants", "target", "binding", "plan"),
    [
        ((100, 900), 800, 0, "b"), ((100, 900), 200, 1, "a"), ((None, None), None, 1, "b"),
        ((None, None), None, 0, "a"),
        ((500, 500), 500, 1, "b"), ((None, 900), None, 1, "a"), ((None, 1), None, 1, "a"),
    ],
)  # fmt: skip
def test_the_plan_is_that_of_the_nearest_tenant_then_of_the_nearest_binding(tenants, target, binding, plan):
    """Both plans came at the last step, and no plan of an earlier one counts."""
    seen = [
        replace(executed(runs.scan("leads", index=name, buffers=reads), 1_000, rows, name=name), binding=at)
        for at, (name, rows, reads) in enumerate(zip("ab", tenants, (10, 500), strict=True))
    ]
    early = executed(runs.scan("leads", buffers=9_000), 100, target, name="c")
    found = forecast(
        replace(seen[0], scale=1_000, tenant_rows=target, binding=binding), [early, *seen], Sizes.of(()), {}
    )
    assert found.nodes[0].index == plan


def limited(
    asked: int, expected: int, *, rows: int = 1_000, read: int = 0, above: str = "", loops: int = 1, late: int = 0
):
    """A LIMIT over a scan that gives ``rows``, at three steps that are alike, with ``late`` rows of the LIMIT."""
    scan = runs.scan("leads", index="idx", buffers=rows, rows=rows, removed=read, **{"Plan Rows": expected})
    if above:
        scan = {**scan, "Node Type": above, "Plans": [scan]}
    top = runs.limit(scan) | {"Plan Rows": asked, "Actual Rows": float(late or rows), "Actual Loops": loops}
    found = forecast(
        executed(top, LAST), [executed(top, n) for n in SCALES[:3]], Sizes.of((n, relations(n)) for n in SCALES[:3]), {}
    )
    return [round(one.rows) for one in found.nodes]


@pytest.mark.parametrize(
    ("made", "rows"),
    [
        ({"asked": 100, "expected": 900}, [100, 100]),
        ({"asked": 100, "expected": 100}, [1_000, 1_000]),  # more was never to be had: it does not say what it asks for
        ({"asked": 1_000, "expected": 9_000}, [1_000, 1_000]),
        ({"asked": 2_000, "expected": 9_000}, [1_000, 1_000]),
        ({"asked": 100, "expected": 900, "read": 9_000}, [100, 100]),
        ({"asked": 100, "expected": 900, "above": "Sort"}, [100, 1_000, 1_000]),
        ({"asked": 100, "expected": 900, "above": "Append"}, [100, 100, 100]),
        ({"asked": 100, "expected": 900, "loops": 5}, [500, 100]),
    ],
)  # fmt: skip
def test_a_limit_lets_through_what_it_asks_for_in_each_of_its_loops(made, rows):
    assert limited(**made) == rows


def test_blocks_of_a_scan_that_throws_rows_away_are_not_cut_with_its_rows():
    """Where those that a LIMIT wants lie is not known: it may read all of them."""
    found = []
    for removed in (0, 9_000):
        scan = runs.scan("leads", index="idx", buffers=1_000, rows=1_000, removed=removed, **{"Plan Rows": 9_000})
        top = runs.limit(scan) | {"Plan Rows": 100}
        sizes = Sizes.of((n, relations(n)) for n in SCALES[:3])
        found.append(forecast(executed(top, LAST), [executed(top, n) for n in SCALES[:3]], sizes, {}).nodes[1])
    assert found[0].buffers == pytest.approx(100, rel=0.05)
    assert found[1].buffers > 900
    assert (found[0].read, found[1].read) == (pytest.approx(100), pytest.approx(10_000))


def test_the_blocks_of_a_cell_are_the_mean_of_its_bindings_or_not_known():
    seen = [replace(executed(runs.scan("leads", buffers=n // 20), n), binding=b) for n in SCALES[:3] for b in (0, 1)]
    sizes = Sizes.of((n, relations(n)) for n in SCALES[:3])
    targets = [replace(seen[0], scale=LAST, binding=b) for b in (0, 1)]
    one, other = (forecast(target, seen, sizes, {}).buffers for target in targets)
    assert mean_buffers(targets, seen, sizes, {}) == pytest.approx((one + other) / 2)
    strange = replace(targets[0], cell=("queue", "p90", "after"))
    assert mean_buffers([targets[0], strange], seen, sizes, {}) is None
    assert mean_buffers([], seen, sizes, {}) is None


def test_what_its_nodes_count_twice_the_whole_has_once():
    """Blocks of 120 by nodes, 60 in all: half of what the nodes will touch is what will be touched."""
    plan = runs.scan("leads", buffers=120, rows=5)
    known = [replace(executed(plan, n), buffers=60.0) for n in SCALES[:3]]
    sizes = Sizes.of((n, relations(n)) for n in SCALES[:3])
    found = forecast(executed(plan, LAST), known, sizes, {})
    assert 0 < found.buffers == pytest.approx(sum(one.buffers for one in found.nodes) / 2)
    more = forecast(executed(plan, LAST), [replace(one, buffers=500.0) for one in known], sizes, {})
    assert 0 < more.buffers == pytest.approx(sum(one.buffers for one in more.nodes))


def test_runs_that_kept_no_sizes_have_no_forecast():
    assert by_nodes([replace(run, relations=()) for run in RUNS]) == {}


def test_each_binding_is_an_execution_of_its_own():
    side = RUNS[0].pairs[0].after
    more = replace(side, by_binding=(BindingPlan("p", 6), BindingPlan("q", 9, runs.scan("leads", buffers=9))))
    found = list(executions(replace(RUNS[0], pairs=(replace(RUNS[0].pairs[0], after=more),))))
    assert [one.buffers for one in found if one.cell[2] == "after"] == [6, 9]

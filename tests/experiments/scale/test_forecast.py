"""A statement's work where it was not executed: plans with known rows, and what their nodes touch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.scale.carry import COUNTS, Carry, Estimates, habits
from bench.experiments.scale.executions import nodes
from bench.experiments.scale.forecast import forecast, mean_buffers
from bench.experiments.scale.pieces import Pieces
from bench.experiments.scale.sizes import MAP_PAGES, Sizes
from tests.builders import runs
from tests.builders.forecasts import LAST, executed, relations
from tests.builders.growths import SCALES, TENANTS


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


def test_nothing_that_the_last_step_did_is_in_its_forecast():
    """Only EXPLAIN's part of it counts: where it did ten times the work, the forecast stays."""

    def plan(n, t, times=1):
        return runs.scan("leads", index="idx", buffers=times * (t + 3), rows=times * t) | {"Plan Rows": t}

    seen = [executed(plan(n, t), n, t) for n, t in zip(SCALES[:-1], TENANTS, strict=False)]
    sizes = Sizes.of((n, relations(n)) for n in SCALES)
    one, other = (
        forecast(executed(plan(LAST, TENANTS[-1], times), LAST, TENANTS[-1]).planned(), seen, sizes, {})
        for times in (1, 10)
    )
    assert one
    assert one == other
    assert one.buffers == pytest.approx(TENANTS[-1] + 3, rel=0.05)


def test_what_was_seen_once_follows_the_planner_where_it_was_right():
    once = [executed(runs.scan("leads"), 100_000, 1_000)]
    carry = Carry(executed(runs.scan("leads"), LAST, 3_000), once)
    assert carry.to([500], estimates=Estimates([450.0], 9_000.0)) == pytest.approx(10_000)
    assert carry.to([500], estimates=Estimates([20.0], 9_000.0)) == 500
    assert carry.to([500], estimates=Estimates([450.0], 1.0)) == 500


def test_an_empty_tenant_is_a_small_one_and_not_one_of_unknown_size():
    known = [executed(runs.scan("leads"), n, tenant) for n in SCALES[:3] for tenant in (10, 1_000, None)]
    counts = [7.0, 700.0, 90_000.0] * 3
    assert Carry(executed(runs.scan("leads"), LAST, 0), known).to(counts) < 10


def test_a_plan_that_was_never_executed_is_put_together_from_nodes_that_were():
    """A join by loops comes: the scan outside was executed alone, the search inside in another join."""

    def search(loops):
        return runs.scan("lines", index="idx", buffers=3 * loops, rows=7) | {"Actual Loops": loops, "Plan Rows": 7}

    def join(kind, outer, inner):
        blocks = sum(one["Shared Hit Blocks"] for one in (outer, inner))
        return runs.scan("", buffers=blocks, rows=7 * inner["Actual Loops"]) | {
            "Node Type": kind, "Plan Rows": 7 * outer["Plan Rows"], "Plans": [outer, inner]
        }  # fmt: skip

    def scan(n, t):
        return runs.scan("leads", buffers=n // 20, rows=t) | {"Plan Rows": t}

    seen = [executed(join("Merge Join", scan(n, t), search(1)), n, t) for n, t in zip(SCALES, TENANTS, strict=True)]
    target = executed(join("Nested Loop", scan(LAST, TENANTS[-1]), search(TENANTS[-1])), LAST, TENANTS[-1], name="new")
    sizes = Sizes.of((n, relations(n)) for n in SCALES)
    found = Pieces(target.planned(), seen[:-1], sizes, {}).nodes()
    assert found[2].loops == pytest.approx(TENANTS[-1], rel=0.1)
    blocks = sum(one.buffers for one in found)
    assert blocks == pytest.approx(LAST / 20 + 3 * TENANTS[-1], rel=0.25)
    stayed = forecast(replace(seen[0], scale=LAST, tenant_rows=TENANTS[-1]).planned(), seen[:-1], sizes, {})
    both = forecast(target.planned(), seen[:-1], sizes, {})
    assert both.buffers == pytest.approx((blocks * stayed.buffers) ** 0.5)


def test_an_access_path_that_was_never_executed_goes_by_its_arithmetic():
    scan = [executed(runs.scan("leads", buffers=n // 20), n, name="p") for n in SCALES[:-1]]
    search = executed(runs.scan("leads", index="idx", rows=1) | {"Plan Rows": 200}, LAST, name="q").planned()
    sizes = Sizes.of((n, relations(n)) for n in SCALES)
    (found,) = Pieces(search, scan, sizes, {}).nodes()
    assert found.buffers == pytest.approx(200 + 200 / 250 + (sizes.depth("idx", LAST) or 0), rel=0.01)


def test_a_limit_that_was_reached_is_reached_again():
    """Sixteen of a hundred, 62, then all: what grows is not fitted through the end of its growth."""

    def plan(n, t):
        rows = min(100, n // 500)
        return runs.limit(runs.scan("leads", index="idx", buffers=rows, rows=rows, **{"Plan Rows": 9_000})) | {
            "Plan Rows": 100, "Actual Rows": float(rows)
        }  # fmt: skip

    assert foretold(plan, tenants=(None,) * 5).buffers == pytest.approx(100, rel=0.05)


def test_no_plan_of_the_class_no_forecast():
    other = executed(runs.scan("leads"), 10_000, cell=("queue", "p90", "after"))
    assert forecast(executed(runs.scan("leads"), LAST), [other], Sizes.of(()), {}) is None


@pytest.mark.parametrize("plan", ["a", "b"])
def test_the_plan_is_what_explain_says_whatever_the_nearest_tenant_had(plan):
    seen = [
        replace(executed(runs.scan("leads", index=name, buffers=reads), 1_000, rows, name=name), binding=at)
        for at, (name, rows, reads) in enumerate(zip("ab", (100, 900), (10, 500), strict=True))
    ]
    target = next(one for one in seen if one.plan == plan)
    found = forecast(replace(target, tenant_rows=500).planned(), seen, Sizes.of(()), {})
    assert found.nodes[0].index == plan


def test_of_a_plan_that_is_new_to_the_class_the_middle_of_three_ways_counts():
    """Other classes had it with 900 blocks, its nodes come to 40, and the plan that the class had last to 50."""
    cell = ("queue", "tiny", "after")
    own = [executed(runs.scan("leads", index="x", buffers=50, rows=50), n, 10, cell, "old") for n in SCALES[:3]]
    other = [executed(runs.scan("leads", index="y", buffers=900, rows=900), n, 900, name="new") for n in SCALES[:3]]
    alone = [executed(runs.scan("leads", index="y", buffers=40, rows=40), n, 10, cell, "then") for n in SCALES[:2]]
    target = executed(runs.scan("leads", index="y"), LAST, 10, cell, "new").planned()
    found = forecast(target, [*alone, *own, *other], Sizes.of(()), {})
    assert found.buffers == pytest.approx(50, rel=0.05)


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

"""The time of each node alone: children taken off, loops counted, a shared part once; on made-up and on real plans."""

from __future__ import annotations

from typing import Any

import pytest

from bench.measurement import Sides, compare
from bench.model import PlanSeen
from bench.plans import from_explain, tree, with_self_ms
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from tests.measurement.test_measure import cell
from tests.plans.test_plans import node


def timed(kind: str, ms: float, *children: Any, loops: int = 1, **properties: Any) -> Any:
    return node(kind, *children, Actual_Total_Time=ms, **properties) | {"Actual Loops": loops}


def own(plan: Any) -> tuple[float, ...]:
    return with_self_ms(from_explain([{"Plan": plan}]), [{"Plan": plan}]).self_ms


def test_what_the_children_took_is_taken_off():
    assert own(timed("Sort", 5.0, timed("Seq Scan", 3.2))) == (1.8, 3.2)


def test_times_are_given_per_loop_and_counted_for_all():
    assert own(timed("Nested Loop", 10.0, timed("Seq Scan", 1.0), timed("Index Scan", 0.002, loops=1000))) == (7, 1, 2)


def test_a_cte_that_is_read_twice_is_counted_once():
    cte = timed("Seq Scan", 6.0) | {"Subplan Name": "CTE c"}
    first, second = timed("CTE Scan", 6.5, CTE_Name="c"), timed("CTE Scan", 0.25, CTE_Name="c")
    assert own(timed("Append", 7.0, cte, first, second)) == (0.25, 6, 0.5, 0.25)


def test_a_branch_that_never_ran_took_no_time():
    assert own(timed("Append", 1.0, timed("Seq Scan", 0.0, loops=0))) == (1.0, 0.0)


def test_workers_never_leave_less_than_nothing():
    """The clock of each process runs: together they took longer than the node that waited for them."""
    assert own(timed("Gather", 4.0, timed("Seq Scan", 3.0, loops=3))) == (0.0, 9.0)


def test_times_of_another_plan_are_not_taken():
    seen = from_explain([{"Plan": node("Seq Scan", Relation_Name="a")}])
    assert with_self_ms(seen, [{"Plan": timed("Index Scan", 1.0, Relation_Name="a", Index_Name="i")}]) == seen
    assert seen.self_ms == ()


@pytest.fixture
def alone(admin: Connection, target: Target) -> Sides:
    """One database with a table of 20,000 rows."""
    databases.create(admin, "pgproof_m_before", "scratch")
    with target.connect("pgproof_m_before") as connection:
        connection.execute("CREATE TABLE t AS SELECT n FROM generate_series(1, 20000) AS n")
        connection.execute("VACUUM (FREEZE, ANALYZE) t")
    return Sides(target, {"before": "pgproof_m_before"}, 30)


def plan_before(sides: Sides, sql: str, *, writes: bool = False) -> PlanSeen:
    plan = compare(sides, cell(sql, writes=writes)).before.plan
    assert plan is not None
    return plan


def test_a_real_plan_has_a_time_for_each_node_and_none_inside(alone: Sides) -> None:
    plan = plan_before(alone, "WITH c AS MATERIALIZED (SELECT n FROM t) SELECT count(*) FROM c JOIN c d USING (n)")
    assert len(plan.self_ms) == len(tree(plan.plan))
    assert all(ms >= 0 for ms in plan.self_ms)
    assert sum(plan.self_ms) > 1
    assert "Actual Total Time" not in plan.plan


def test_a_statement_that_writes_is_not_run_once_more(alone: Sides) -> None:
    """Rolled back or not, it leaves dead rows for what is timed later."""
    assert plan_before(alone, "UPDATE t SET n = n + 1", writes=True).self_ms == ()


def test_a_statement_that_may_reach_the_timeout_is_not_run_once_more(alone: Sides) -> None:
    sides = Sides(alone.target, alone.databases, 0.5)
    assert plan_before(sides, "SELECT pg_sleep(0.3)").self_ms == ()
    assert plan_before(sides, "SELECT pg_sleep(0.01)").self_ms != ()

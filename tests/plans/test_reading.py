"""What is read from a node of a plan: its figures over all loops, its words, and what it keeps on disk."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench.plans import cold_blocks, fingerprint, from_explain, tree, trimmed, work_of_finding
from bench.plans.exclusive import own_ms
from bench.plans.parse import number
from bench.plans.tree import label
from tests.plans.test_plans import node


def test_every_counter_is_the_one_of_its_name() -> None:
    below = node("Sort", Actual_Loops=2, Rows_Removed_by_Filter=3, Rows_Removed_by_Join_Filter=5, Heap_Fetches=7,
                 Rows_Removed_by_Index_Recheck=11, Shared_Hit_Blocks=500, **{"Actual Rows": 13})  # fmt: skip
    top = node("Limit", below, Heap_Fetches=2, Shared_Hit_Blocks=1_000, Shared_Read_Blocks=200, Local_Hit_Blocks=30,
               Local_Read_Blocks=4, Temp_Read_Blocks=50, Temp_Written_Blocks=6, WAL_Bytes=700, Shared_Dirtied_Blocks=80,
               Local_Dirtied_Blocks=9, WAL_FPI=17)  # fmt: skip
    found = from_explain([{"Plan": top, "Planning Time": 0.5, "Execution Time": 1.5}])
    counted = found.counters
    assert (counted.buffers, counted.temp_blocks, counted.buffers_dirtied) == (1_234, 56, 89)
    assert (counted.rows, counted.heap_fetches) == (1 + 2 * (3 + 5 + 11 + 13), 9)
    assert (counted.wal_bytes, counted.wal_full_pages, found.planning_ms, found.execution_ms) == (700, 17, 0.5, 1.5)
    assert from_explain({"Plan": top}).counters == counted


def test_blocks_of_a_cold_execution_are_those_of_plan_and_planning() -> None:
    plan, planning = (
        {"Shared Read Blocks": read, "Shared Hit Blocks": hit, "Local Read Blocks": 9}
        for read, hit in ((10, 3), (2, 1))
    )
    found = cold_blocks([{"Plan": plan, "Planning": planning}])
    assert (found.read, found.hit) == (12, 4)
    assert cold_blocks({"Plan": plan}).read == 10


@pytest.mark.parametrize(("value", "read"), [(3, 3.0), (2.5, 2.5), ("3", 0.0), (None, 0.0)])
def test_what_is_no_number_counts_as_zero(value: object, read: float) -> None:
    assert number({"key": value}, "key") == read
    assert number({}, "key") == 0.0


def test_a_node_s_figures_are_of_all_loops() -> None:
    scan = node(
        "Index Scan", Plan_Rows=4, Actual_Loops=3, Rows_Removed_by_Filter=5, Shared_Hit_Blocks=60, Temp_Read_Blocks=8,
        Temp_Written_Blocks=1, Heap_Fetches=6, Relation_Name="leads", Alias="l", Index_Name="i",
        Subplan_Name="SubPlan 1",
        Index_Cond="(a = 1)", Filter="(b = 2)", **{"Actual Rows": 2.5},
    )  # fmt: skip
    top, one = tree(node("Sort", scan, Sort_Key=["a", "b DESC"], Shared_Hit_Blocks=65, Temp_Read_Blocks=20))
    assert (one.depth, one.estimated_rows, one.actual_rows, one.rows_removed, one.loops) == (1, 12, 7.5, 15, 3)
    assert (one.buffers, one.buffers_self, one.temp_blocks, one.temp_self, one.heap_fetches) == (60, 60, 9, 9, 6)
    assert (one.role, one.relation, one.alias, one.index) == ("SubPlan 1", "leads", "l", "i")
    assert (one.condition, one.keys, one.executed) == ("Index Cond: (a = 1); Filter: (b = 2)", "", True)
    assert (top.depth, top.keys, top.buffers_self, top.temp_self) == (0, "a, b DESC", 5, 11)


def test_what_was_never_executed_has_its_estimate_and_nothing_else() -> None:
    (one,) = tree(node("Seq Scan", Plan_Rows=40, Actual_Loops=0, **{"Actual Rows": 9}))
    assert (one.estimated_rows, one.actual_rows, one.loops, one.executed) == (40, 0, 0, False)


def test_group_keys_stand_in_where_nothing_is_sorted() -> None:
    assert tree(node("Aggregate", Group_Key=["a"]))[0].keys == "a"
    assert tree(node("Aggregate", Group_Key=["a"], Sort_Key="b"))[0].keys == "b"


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("Nested Loop", {"Join Type": "Inner"}, "Nested Loop"),
        ("Nested Loop", {"Join Type": "Left"}, "Nested Loop Left Join"),
        ("Nested Loop", {"Join Type": "Anti"}, "Nested Loop Anti Join"),
        ("Hash Join", {"Join Type": "Anti"}, "Hash Anti Join"),
        ("Hash Join", {}, "Hash Join"),
        ("Hash Join", {"Join Type": "Semi"}, "Hash Semi Join"),
        ("Merge Join", {"Join Type": "Full"}, "Merge Full Join"),
        ("Merge Join", {"Join Type": "Inner"}, "Merge Join"),
        ("Aggregate", {}, "Aggregate"),
        ("Aggregate", {"Strategy": "Sorted"}, "GroupAggregate"),
        ("Aggregate", {"Strategy": "Hashed", "Partial Mode": "Partial"}, "Partial HashAggregate"),
        ("Aggregate", {"Strategy": "Plain", "Partial Mode": "Simple"}, "Aggregate"),
        ("ModifyTable", {"Operation": "Insert", "Relation Name": "leads", "Alias": "leads"}, "Insert on leads"),
        ("ModifyTable", {}, "ModifyTable"),
        ("SetOp", {"Strategy": "Hashed", "Command": "Except"}, "HashSetOp Except"),
        ("SetOp", {"Strategy": "Sorted", "Command": "Intersect All"}, "SetOp Intersect All"),
        ("Seq Scan", {"Parallel Aware": True, "Relation Name": "leads", "Alias": "l"}, "Parallel Seq Scan on leads l"),
        ("Bitmap Index Scan", {"Index Name": "i"}, "Bitmap Index Scan on i"),
        (
            "Index Only Scan",
            {"Index Name": "i", "Scan Direction": "Backward", "Relation Name": "a"},
            "Index Only Scan Backward using i on a",
        ),
        ("CTE Scan", {"CTE Name": "recent", "Alias": "r"}, "CTE Scan on recent r"),
        ("Function Scan", {"Function Name": "unnest", "Alias": "unnest"}, "Function Scan on unnest"),
        ("Values Scan", {"Alias": "*VALUES*"}, "Values Scan on *VALUES*"),
    ],
)
def test_a_node_is_named_as_the_server_names_it(kind: str, more: dict[str, Any], said: str) -> None:
    assert label(json.loads(json.dumps({"Node Type": kind, **more}))) == said


def test_rows_come_from_a_table_before_a_cte_before_a_function() -> None:
    both = node("CTE Scan", CTE_Name="recent", Function_Name="unnest", Alias="x")
    assert tree(both)[0].source == "recent"
    assert label(both | {"Relation Name": "leads"}) == "CTE Scan on leads x"


DISK = {"Sort Space Type": "Disk", "Sort Space Used": 8}


@pytest.mark.parametrize(
    ("more", "kb"),
    [
        ({}, 0),
        (DISK, 8),
        (DISK | {"Sort Space Type": "Memory"}, 0),
        (DISK | {"Workers": [DISK, DISK]}, 24),
        ({"Disk Usage": 5, "Workers": [{"Disk Usage": 7}]}, 12),
        ({"Storage": "Memory", "Maximum Storage": 90}, 0),
        ({"Storage": "Disk", "Maximum Storage": 90}, 90),
        ({"Full-sort Groups": {"Sort Space Disk": {"Peak Sort Space Used": 3}}, "Pre-sorted Groups": {}}, 3),
        ({"Pre-sorted Groups": {"Sort Space Disk": {"Peak Sort Space Used": 4}}} | DISK, 8),
    ],
)
def test_the_most_that_a_node_kept_on_disk_is_told(more: dict[str, Any], kb: int) -> None:
    assert tree(node("Sort") | more)[0].disk_kb == kb


def test_parts_of_a_hash_table_are_told_of_joins_and_of_aggregates() -> None:
    kinds = ({"Hash Batches": 4}, {"HashAgg Batches": 5}, {})
    assert [tree(node("Hash") | more)[0].batches for more in kinds] == [4, 5, 0]


def test_the_ways_of_sorting_are_named_once_each() -> None:
    groups = {"Full-sort Groups": {"Sort Methods Used": ["quicksort"]},
              "Pre-sorted Groups": {"Sort Methods Used": ["quicksort", "external merge"]}}  # fmt: skip
    assert tree(node("Incremental Sort") | groups)[0].sort_method == "quicksort, external merge"
    assert tree(node("Sort", Sort_Method="top-N heapsort"))[0].sort_method == "top-N heapsort"


def test_finding_rows_is_counted_without_writing_them() -> None:
    scan = node("Seq Scan", Relation_Name="a", Shared_Hit_Blocks=30, **{"Actual Rows": 5})
    update = node("ModifyTable", scan, Operation="Update", Shared_Hit_Blocks=100, WAL_Bytes=9_000,
                  Shared_Dirtied_Blocks=20, WAL_FPI=2, Temp_Read_Blocks=3)  # fmt: skip
    found = work_of_finding(update)
    assert (found.buffers, found.wal_bytes, found.buffers_dirtied, found.wal_full_pages) == (30, 0, 0, 0)
    assert (found.rows, found.temp_blocks) == (6, 3)


def test_what_a_cte_did_is_taken_from_the_scans_that_read_it_until_nothing_is_left() -> None:
    cte = node("Seq Scan", Shared_Hit_Blocks=50) | {"Subplan Name": "CTE c"}
    scans = (node("CTE Scan", CTE_Name="c", Shared_Hit_Blocks=blocks) for blocks in (0, 40, 20))
    found = tree(node("Append", cte, *scans, Shared_Hit_Blocks=63))
    assert [one.buffers_self for one in found] == [3, 50, 0, 0, 10]


def test_what_ran_elsewhere_is_no_work_less_than_none() -> None:
    late = node("Result", Shared_Hit_Blocks=9) | {"Subplan Name": "InitPlan 1"}
    assert [one.buffers_self for one in tree(node("Append", late, Shared_Hit_Blocks=4))] == [0, 9]


def test_times_have_three_decimals() -> None:
    scan = node("Seq Scan", Actual_Total_Time=1.23456, Actual_Loops=3)
    assert own_ms(node("Sort", scan, Actual_Total_Time=5.0)) == (1.296, 3.704)


def test_a_plan_in_a_file_keeps_its_work_and_nothing_that_changes_from_run_to_run() -> None:
    scan = node("Seq Scan", Relation_Name="a", Total_Cost=9.5, Filter="(x = 1)", Heap_Fetches=0, Shared_Hit_Blocks=3,
                Parallel_Aware=False)  # fmt: skip
    kept = {"Node Type": "Seq Scan", "Actual Rows": 1, "Actual Loops": 1, "Relation Name": "a", "Shared Hit Blocks": 3}
    assert trimmed(scan) == kept
    assert trimmed(node("Limit", scan))["Plans"] == [kept]
    assert "Plans" not in trimmed({"Node Type": "Result", "Plans": []})


def test_the_number_of_grouping_sets_and_the_keys_of_each_kind_are_of_the_path() -> None:
    def sets(*found: str) -> Any:
        return {"Node Type": "Aggregate", "Grouping Sets": list(found)}

    assert fingerprint(sets("a")) == fingerprint(sets("b"))
    assert fingerprint(sets("a")) != fingerprint(sets("a", "b"))
    for key in ("Sort Key", "Presorted Key", "Group Key", "Hash Key", "Cache Key"):
        assert fingerprint(node("Sort") | {key: "a"}) == fingerprint(node("Sort") | {key: ["a"]})
        assert fingerprint(node("Sort") | {key: "a"}) != fingerprint(node("Sort") | {key: "b"})


def test_two_tables_that_change_places_in_a_key_are_another_path() -> None:
    def sort(key: str, one: str = "l", other: str = "u") -> Any:
        scans = (
            node("Seq Scan", Relation_Name=name, Alias=alias) for name, alias in (("leads", one), ("users", other))
        )
        return node("Sort", *scans, Sort_Key=[key])

    assert fingerprint(sort("l.id")) == fingerprint(sort("a.id", "a", "b"))
    assert fingerprint(sort("l.id")) != fingerprint(sort("u.id"))

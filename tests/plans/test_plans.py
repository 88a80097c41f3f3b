"""Plans are read alike from every server version; the documents in tests/plans/ come from PostgreSQL 15 and 18."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from bench.plans import describe_change, fingerprint, from_explain, index_names, tree

FOLDER = Path(__file__).parent
CAPTURED = sorted(path.stem for path in FOLDER.glob("*.json"))


def explain(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def plan(name: str) -> Any:
    return explain(name)[0]["Plan"]


def node(kind: str, *children: Any, **properties: Any) -> Any:
    """A made-up node, read from JSON as a server's are; ``Relation_Name=`` stands for "Relation Name"."""
    named = {key.replace("_", " "): value for key, value in properties.items()}
    below = {"Plans": [*children]} if children else {}
    return json.loads(json.dumps({"Node Type": kind, "Actual Rows": 1, "Actual Loops": 1} | named | below))


@pytest.mark.parametrize("version", ["15", "18"])
def test_buffers_are_the_top_nodes_without_planning(version):
    document = explain(f"queue_after_pg{version}")
    top = document[0]["Plan"]
    seen = from_explain(document)
    assert seen.counters.buffers == top["Shared Hit Blocks"] + top["Shared Read Blocks"] == 6
    assert document[0]["Planning"]["Shared Hit Blocks"] > 0


def test_rows_count_what_filters_threw_away():
    """68 rows came out of the index scan and 2,135 were filtered: emitted rows alone hide that work."""
    assert from_explain(explain("queue_before_pg18")).counters.rows == 20 + 20 + 68 + 2135


def test_rows_are_multiplied_by_loops():
    looped = node("Seq Scan", Actual_Loops=30, Rows_Removed_by_Filter=3, **{"Actual Rows": 2})
    assert from_explain([{"Plan": looped}]).counters.rows == 30 * (2 + 3)


def test_fractional_rows_of_postgresql_18_are_summed_before_rounding():
    """44.43 rows in each of 30 loops are 1,333 rows, not 1,320."""
    fractional = node("Seq Scan", Actual_Loops=30, **{"Actual Rows": 44.43})
    assert from_explain([{"Plan": fractional}]).counters.rows == 1333


def test_temp_blocks_of_a_spilling_sort_are_counted():
    assert from_explain(explain("spill_pg18")).counters.temp_blocks > 1000
    assert from_explain(explain("queue_before_pg18")).counters.temp_blocks == 0


def test_a_write_reports_wal_and_dirtied_blocks():
    counters = from_explain(explain("write_pg15")).counters
    assert counters.wal_bytes > 100_000
    assert counters.buffers_dirtied > 0


def test_heap_fetches_are_summed_over_nodes_but_not_over_loops():
    """The server gives the total of all loops."""
    scan = node("Index Only Scan", Heap_Fetches=5, Actual_Loops=3)
    assert from_explain([{"Plan": node("Nested Loop", scan, scan)}]).counters.heap_fetches == 10


def test_missing_and_unknown_properties_are_tolerated():
    seen = from_explain([{"Plan": {"Node Type": "Result", "Actual Rows": 1, "Actual Loops": 1, "Novelty": {"a": []}}}])
    assert (seen.counters.buffers, seen.counters.wal_bytes, seen.planning_ms) == (0, 0, 0.0)
    assert tree(seen.plan)[0].label == "Result"


@pytest.mark.parametrize("name", CAPTURED)
def test_every_captured_plan_is_readable(name):
    nodes = tree(plan(name))
    assert nodes[0].depth == 0
    assert all(node.label and node.buffers >= node.buffers_self >= 0 for node in nodes)
    assert describe_change(plan(name), plan(name)) == ()


@pytest.mark.parametrize("name", [name for name in CAPTURED if name.startswith(("queue", "tag", "spill", "parallel"))])
def test_own_buffers_add_up_to_the_total(name):
    nodes = tree(plan(name))
    assert sum(node.buffers_self for node in nodes) == nodes[0].buffers


def test_a_cte_is_not_counted_twice():
    """The CTE hangs under the top node and runs inside the scan that reads it first."""
    nodes = tree(plan("activity_pg18"))
    assert sum(node.buffers_self for node in nodes) == nodes[0].buffers == 7508
    assert [node.role for node in nodes if node.role] == ["CTE recent", "InitPlan 3", "SubPlan 2"]


def test_labels_read_like_explain():
    labels = [node.label for node in tree(plan("queue_before_pg18"))]
    assert labels == ["Limit", "Incremental Sort", "Index Scan Backward using leads_lead_score_idx on leads l"]
    labels = [node.label for node in tree(plan("parallel_pg18"))]
    assert labels[0] == "Finalize GroupAggregate"
    assert labels[-1] == "Parallel Seq Scan on leads"
    assert "Merge Left Join" in [node.label for node in tree(plan("activity_pg15"))]
    assert tree(plan("write_pg18"))[0].label == "Update on leads"


def test_index_names_are_given_once_in_order():
    assert index_names(plan("queue_after_pg18")) == ("leads_queue_idx",)
    assert index_names(plan("activity_pg18")) == ("leads_pkey", "users_pkey")
    assert index_names(plan("spill_pg18")) == ()


def test_what_a_sort_kept_on_disk_is_read_in_every_form():
    spilled = {"Sort Methods Used": ["external merge"], "Sort Space Disk": {"Peak Sort Space Used": 24}}
    (groups,) = tree(node("Incremental Sort") | {"Full-sort Groups": spilled})
    assert (groups.sort_method, groups.disk_kb) == ("external merge", 24)
    worker = {"Sort Space Type": "Disk", "Sort Space Used": 8}
    assert tree(node("Sort", Workers=[worker, worker], Sort_Space_Type="Memory", Sort_Space_Used=9))[0].disk_kb == 16
    assert tree(node("CTE Scan", Storage="Disk", Maximum_Storage=32))[0].disk_kb == 32


def test_temp_blocks_belong_to_the_node_that_wrote_them():
    spill = tree(node("Limit", node("Sort", Temp_Written_Blocks=40), Temp_Written_Blocks=40))
    assert [(found.temp_blocks, found.temp_self) for found in spill] == [(40, 0), (40, 40)]


def test_fingerprint_ignores_what_changes_from_run_to_run():
    first = plan("queue_before_pg18")
    second = copy.deepcopy(first)
    second["Plans"][0]["Plans"][0] |= {"Actual Rows": 1, "Total Cost": 7.0, "Shared Hit Blocks": 1, "Filter": "other"}
    second["Plans"][0] |= {"Full-sort Groups": {}, "Sort Method": "quicksort"}
    assert fingerprint(first) == fingerprint(second)


@pytest.mark.parametrize(
    ("key", "value"),
    [("Index Name", "other_idx"), ("Relation Name", "other"), ("Node Type", "Seq Scan"), ("Scan Direction", "Forward")],
)
def test_fingerprint_sees_another_access_path(key, value):
    first = plan("queue_before_pg18")
    second = copy.deepcopy(first)
    second["Plans"][0]["Plans"][0][key] = value
    assert fingerprint(first) != fingerprint(second)


def test_fingerprint_sees_join_order():
    a, b = node("Seq Scan", Relation_Name="a", Alias="a"), node("Seq Scan", Relation_Name="b", Alias="b")
    assert fingerprint(node("Hash Join", a, b)) != fingerprint(node("Hash Join", b, a))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("similarity(l.name, 'o''hara'::text) DESC", "similarity(x.name, $1) DESC"),
        ("(l.score * 10)", "(x.score * 2.5)"),
        ('"odd name".id', "x.id"),
    ],
)
def test_fingerprint_masks_literals_parameters_and_aliases(one, other):
    def sort(key: str, alias: str) -> Any:
        return node("Sort", node("Seq Scan", Relation_Name="leads", Alias=alias), Sort_Key=[key])

    assert fingerprint(sort(one, "odd name" if one.startswith('"') else "l")) == fingerprint(sort(other, "x"))


def test_fingerprint_keeps_digits_of_names():
    one, other = (node("Sort", node("Result"), Sort_Key=[f"address{n}"]) for n in (1, 2))
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize("name", ["queue_after", "spill", "parallel", "write", "tag_before", "index_only"])
def test_fingerprints_of_these_plans_agree_between_15_and_18(name):
    assert fingerprint(plan(f"{name}_pg15")) == fingerprint(plan(f"{name}_pg18"))


def test_a_sort_that_went_away_does_not_hide_the_scan_that_changed():
    assert describe_change(plan("queue_before_pg18"), plan("queue_after_pg18")) == (
        "Incremental Sort is gone",
        "Index Scan Backward using leads_lead_score_idx on leads l became "
        "Index Only Scan using leads_queue_idx on leads l, 2,205 → 6 buffers",
    )


def test_a_bitmap_scan_names_the_index_below_it():
    assert describe_change(plan("tag_before_pg15"), plan("tag_after_pg15")) == (
        "Bitmap Heap Scan on leads using leads_pkey became "
        "Bitmap Heap Scan on leads using leads_tags_gin_idx, 245 → 228 buffers",
    )


def test_scans_are_paired_by_relation_where_the_alias_changed():
    before = node("Seq Scan", Relation_Name="leads", Alias="l", Shared_Hit_Blocks=3960)
    after = node("Index Scan", Relation_Name="leads", Alias="x", Index_Name="q_idx", Shared_Hit_Blocks=96)
    assert describe_change(before, node("Limit", after)) == (
        "Seq Scan on leads l became Index Scan using q_idx on leads x, 3,960 → 96 buffers",
        "new: Limit",
    )


def test_a_rewrite_that_reads_another_table_says_so():
    before = node("Seq Scan", Relation_Name="logs", Alias="logs", Shared_Hit_Blocks=900)
    after = node("Seq Scan", Relation_Name="daily", Alias="daily", Shared_Hit_Blocks=1)
    assert describe_change(before, after) == (
        "Seq Scan on logs is gone, it read 900 buffers",
        "new: Seq Scan on daily, 1 buffer",
    )


def test_same_scan_with_less_to_read_is_said():
    before = node("Seq Scan", Relation_Name="leads", Shared_Hit_Blocks=900)
    after = node("Seq Scan", Relation_Name="leads", Shared_Hit_Blocks=90)
    assert describe_change(before, after) == ("Seq Scan on leads reads less, 900 → 90 buffers",)
    assert describe_change(before, before | {"Shared Hit Blocks": 899}) == ()

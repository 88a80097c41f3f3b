"""Two plans on common lines: what is the same work stands side by side, in the order of both trees."""

from __future__ import annotations

from typing import Any

import pytest

from bench.plans import align, describe_change, tree
from bench.plans.align import indexes, own_reads, reads_change
from tests.plans.test_plans import CAPTURED, node, plan


def scan(table: str, alias: str = "", *, index: str = "", buffers: int = 4, **more: Any) -> Any:
    named = {"Index_Name": index} if index else {}
    kind = "Index Scan" if index else "Seq Scan"
    return node(kind, Relation_Name=table, Alias=alias or table, Shared_Hit_Blocks=buffers, **named, **more)


def lines(before: Any, after: Any) -> list[tuple[str, str, str]]:
    """Give each line as its two labels and what is marked there; a gap is empty."""
    left, right = tree(before), tree(after)
    return [
        (
            "" if row.before is None else left[row.before].label,
            "" if row.after is None else right[row.after].label,
            ", ".join(row.marks),
        )
        for row in align(left, right)
    ]


def test_an_inserted_sort_leaves_a_gap_and_shifts_nothing():
    before = node("Limit", scan("a"))
    assert lines(before, node("Limit", node("Sort", scan("a")))) == [
        ("Limit", "Limit", "same"),
        ("", "Sort", "new"),
        ("Seq Scan on a", "Seq Scan on a", "same"),
    ]


def test_equal_plans_have_equal_lines():
    for name in CAPTURED:
        assert {marks for _, _, marks in lines(plan(name), plan(name))} == {"same"}


def test_another_index_is_no_other_node():
    before, after = scan("a", index="one", buffers=900), scan("a", index="two", buffers=9)
    assert lines(before, after)[0][2] == "other index, reads less"
    assert lines(scan("a", buffers=9), scan("a", index="two", buffers=900))[0][2] == "other node, reads more"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (100, 124, ""),
        (100, 125, "reads more"),
        (125, 100, "reads less"),
        (4, 11, ""),
        (4, 12, "reads more"),
        (0, 7, ""),
        (0, 8, "reads more"),
        (32, 40, "reads more"),
        (33, 41, ""),
        (9, 9, ""),
    ],
)
def test_blocks_moved_by_a_quarter_and_by_eight_are_worth_a_word(before, after, said):
    assert reads_change(before, after) == said


def test_a_join_in_swapped_order_keeps_one_table_and_says_where_the_other_went():
    a, b = scan("a"), scan("b")
    before, after = tree(node("Hash Join", a, node("Hash", b))), tree(node("Hash Join", b, node("Hash", a)))
    rows = align(before, after)
    assert [row.marks for row in rows].count(("moved",)) == 2
    moved = [row for row in rows if row.marks == ("moved",)]
    for row in moved:
        here = before[row.before] if row.before is not None else after[row.after or 0]
        there = after if row.before is not None else before
        assert here.relation == there[row.elsewhere or 0].relation


def test_a_moved_scan_says_on_both_sides_where_it_is_and_what_changed():
    kept = [scan("a", alias) for alias in "xy"]
    before = tree(node("Append", scan("b", buffers=900), *kept))
    after = tree(node("Append", *kept, scan("b", index="i", buffers=9)))
    assert [(row.before, row.after, row.marks, row.elsewhere) for row in align(before, after)] == [
        (0, 0, ("same",), None),
        (1, None, ("moved", "other node", "reads less"), 3),
        (2, 1, ("same",), None),
        (3, 2, ("same",), None),
        (None, 3, ("moved", "other node", "reads less"), 1),
    ]


def test_an_index_read_backward_is_another_node_and_another_index_read_backward_another_index():
    forward, backward = scan("a", index="i"), scan("a", index="i", Scan_Direction="Backward")
    assert lines(forward, backward)[0][2] == "other node"
    assert lines(forward, scan("a", index="j", Scan_Direction="Backward"))[0][2] == "other index"


def test_all_indexes_of_a_bitmap_are_named_and_what_they_read_is_counted_once():
    def parts(*indexes: str) -> Any:
        scans = (node("Bitmap Index Scan", Index_Name=name, Shared_Hit_Blocks=40) for name in indexes)
        return node("BitmapAnd", *scans, Shared_Hit_Blocks=80)

    below = scan("b", buffers=500) | {"Subplan Name": "SubPlan 1"}
    heap = node("Bitmap Heap Scan", parts("i", "j"), below, Relation_Name="a", Alias="a", Shared_Hit_Blocks=590)
    beside = tree(node("Append", heap, node("Bitmap Index Scan", Index_Name="k", Shared_Hit_Blocks=7)))
    assert [own_reads(beside, at) for at in (1, 3, 5)] == [90, 40, 500]
    assert [indexes(beside, at) for at in (0, 1, 2, 3, 5, 6)] == [(), ("i", "j"), (), ("i",), (), ("k",)]
    assert describe_change(heap, scan("a", buffers=700))[0] == (
        "Bitmap Heap Scan on a using i and j became Seq Scan on a, 90 → 700 buffers"
    )


def test_what_is_gone_comes_in_its_place_and_what_is_new_last_and_plumbing_is_not_said():
    before = node("Hash Join", scan("a", buffers=1), node("Hash", scan("b", buffers=1_000)))
    after = node("Sort", node("Merge Join", scan("a", buffers=1), scan("c", buffers=2_000)))
    assert describe_change(before, after) == (
        "Hash Join became Merge Join, 0 → 0 buffers",
        "Seq Scan on b is gone, it read 1,000 buffers",
        "new: Sort",
        "new: Seq Scan on c, 2,000 buffers",
    )


def test_a_step_that_reads_no_table_of_its_own_is_never_said_to_read_more():
    before, after = (node("Sort", scan("a", buffers=n), Shared_Hit_Blocks=n) for n in (10, 10_000))
    assert describe_change(before, after) == ("Seq Scan on a reads more, 10 → 10,000 buffers",)


def test_a_cte_stands_beside_the_cte_and_its_scan_beside_its_scan():
    def reading(child: Any) -> Any:
        top = node("Nested Loop", child | {"Subplan Name": "CTE page"}, node("CTE Scan", CTE_Name="page", Alias="page"))
        return node("Sort", top)

    found = lines(reading(node("Limit", scan("a"))), reading(scan("a", index="i")))
    assert ("CTE Scan on page", "CTE Scan on page", "same") in found
    assert ("Limit", "", "gone") in found
    assert ("Seq Scan on a", "Index Scan using i on a", "other node") in found


def test_a_scan_says_which_cte_or_function_its_rows_come_from():
    seen = tree(node("Append", node("CTE Scan", CTE_Name="recent"), node("Function Scan", Function_Name="unnest")))
    assert [one.source for one in seen] == ["", "recent", "unnest"]


def test_a_subplan_that_became_a_join_is_paired_by_its_table():
    before = node("Seq Scan", scan("b") | {"Subplan Name": "SubPlan 1"}, Relation_Name="a", Alias="a")
    after = node("Hash Join", scan("a"), node("Hash", scan("b")))
    assert lines(before, after) == [
        ("", "Hash Join", "new"),
        ("Seq Scan on a", "Seq Scan on a", "same"),
        ("", "Hash", "new"),
        ("Seq Scan on b", "Seq Scan on b", "same"),
    ]


def test_steps_above_other_tables_are_not_the_same_step():
    assert lines(node("Sort", scan("a")), node("Sort", scan("b")))[0] == ("Sort", "", "gone")


def test_of_two_scans_of_a_table_the_alias_decides():
    before = node("Append", scan("a", "a"), scan("a", "a_1"))
    assert lines(before, node("Append", scan("a", "a_1", index="i")))[1:] == [
        ("Seq Scan on a", "", "gone"),
        ("Seq Scan on a a_1", "Index Scan using i on a a_1", "other node"),
    ]


def test_of_two_joins_the_one_over_more_of_the_same_tables_decides():
    def join(*tables):
        return node("Hash Join", *(scan(table) for table in tables))

    for after, kept in (((("a", "d", "e"), ("a", "b", "d")), 1), ((("a", "b", "d"), ("a", "d", "e")), 0)):
        rows = align(tree(node("Append", join("a", "b", "c"))), tree(node("Append", *(join(*one) for one in after))))
        (paired,) = [row.after for row in rows if row.before == 1 and row.after is not None]
        assert paired == (1, 5)[kept]


def test_one_side_missing_leaves_gaps():
    nodes = tree(node("Limit", scan("a")))
    assert [(row.before, row.after) for row in align(nodes, ())] == [(0, None), (1, None)]
    assert [row.marks for row in align((), nodes)] == [("new",), ("new",)]


@pytest.mark.parametrize("name", ["queue", "tag"])
def test_both_sides_keep_all_nodes_in_order(name):
    left, right = tree(plan(f"{name}_before_pg18")), tree(plan(f"{name}_after_pg18"))
    rows = align(left, right)
    assert [row.before for row in rows if row.before is not None] == list(range(len(left)))
    assert [row.after for row in rows if row.after is not None] == list(range(len(right)))


def test_blocks_of_a_bitmap_belong_to_its_table_and_those_of_a_subquery_do_not():
    def heap(table: str, index: str, *more: Any, buffers: int) -> Any:
        found = node("Bitmap Index Scan", Index_Name=index, Shared_Hit_Blocks=buffers - 1)
        return node("Bitmap Heap Scan", found, *more, Relation_Name=table, Alias=table, Shared_Hit_Blocks=buffers)

    inner = heap("b", "b_idx", buffers=900) | {"Subplan Name": "SubPlan 1"}
    outer = heap("a", "a_idx", inner, buffers=10) | {"Shared Hit Blocks": 910}
    (sentence, *_) = describe_change(outer, scan("a", buffers=40))
    assert sentence == "Bitmap Heap Scan on a using a_idx became Seq Scan on a, 10 → 40 buffers"


def test_what_initplans_read_is_not_held_against_the_scan_they_hang_under():
    def top(buffers: int) -> Any:
        below = node("Result", Shared_Hit_Blocks=buffers) | {"Subplan Name": "InitPlan 1"}
        return node("Seq Scan", below, Relation_Name="a", Alias="a", Shared_Hit_Blocks=buffers + 2)

    assert describe_change(top(9_000), top(5)) == ()


def test_large_plans_are_aligned_in_a_moment():
    """Partitions: equal beginnings and ends cost nothing, and unlike tables are not weighed against each other."""
    parts = [scan(f"part_{n}") for n in range(400)]
    after = [scan(f"part_{n}", index="i") for n in range(400)]
    rows = align(tree(node("Append", *parts)), tree(node("Sort", node("Append", *after))))
    assert len(rows) == 402
    assert sum("other node" in row.marks for row in rows) == 400

"""Estimates beside what came: loops counted right, and no error where something above stopped early."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench.plans import access_path, fingerprint, misestimates


def node(kind: str, estimated: int, actual: float, *children: Any, loops: int = 1, **more: Any) -> dict[str, Any]:
    made = {"Node Type": kind, "Plan Rows": estimated, "Actual Rows": actual, "Actual Loops": loops, **more}
    return json.loads(json.dumps(made | ({"Plans": list(children)} if children else {})))


def scan(estimated: int, actual: float, **more: Any) -> dict[str, Any]:
    return node("Seq Scan", estimated, actual, **({"Relation Name": "t", "Alias": "t"} | more))


def test_the_error_is_the_larger_quotient_and_never_of_less_than_a_row() -> None:
    assert [one.q for one in misestimates(scan(10, 1000))] == [100]
    assert [one.q for one in misestimates(scan(1000, 10))] == [100]
    assert [one.q for one in (*misestimates(scan(4, 10)), *misestimates(scan(10, 4)))] == [2.5, 2.5]
    assert misestimates(scan(1, 0)) == ()


def test_rows_are_told_over_all_loops_and_the_error_is_of_one() -> None:
    inner = scan(1, 50, loops=200, **{"Parent Relationship": "Inner"})
    (worst, *_) = misestimates(node("Nested Loop", 200, 200, scan(200, 200), inner))
    assert (worst.q, worst.node.estimated_rows, worst.node.actual_rows, worst.above) == (50, 200, 10_000, "Nested Loop")


def test_less_than_a_row_in_a_loop_is_what_the_planner_cannot_say() -> None:
    inner = scan(1, 0.01, loops=1000, **{"Parent Relationship": "Inner"})
    assert misestimates(node("Nested Loop", 10, 10, scan(1000, 1000), inner)) == ()


def test_what_a_limit_stopped_was_not_misjudged_but_what_a_sort_took_whole_was() -> None:
    assert misestimates(node("Limit", 10, 10, scan(10_000, 10))) == ()
    (found, *_) = misestimates(node("Limit", 10, 10, node("Sort", 10, 10, scan(10_000, 10))))
    assert (found.node.kind, found.above) == ("Seq Scan", "Sort")


def test_more_rows_than_estimated_below_a_limit_are_an_error() -> None:
    assert [one.q for one in misestimates(node("Limit", 10, 10, scan(1, 10)))] == [10]


def test_a_branch_that_never_ran_has_no_error() -> None:
    assert misestimates(scan(1000, 0, loops=0)) == ()


def test_an_error_that_nothing_hangs_on_says_so() -> None:
    (found,) = misestimates(node("Aggregate", 1, 1, scan(10, 1000)))
    assert found.above == ""


def test_a_search_that_ends_at_the_first_row_is_no_error() -> None:
    inner = scan(100, 1, **{"Parent Relationship": "Inner"})
    assert misestimates(node("Nested Loop", 5, 5, scan(5, 5), inner, **{"Join Type": "Semi"})) == ()


@pytest.mark.parametrize(
    ("kind", "above"),
    [
        ("Nested Loop", "Nested Loop"), ("Hash Join", "Hash Join"), ("Sort", "Sort"), ("Memoize", "Memoize"),
        ("Incremental Sort", "Incremental Sort"), ("Aggregate", ""), ("Append", ""), ("Gather", ""),
    ],
)  # fmt: skip
def test_the_nearest_step_that_decides_by_the_number_is_named(kind: str, above: str) -> None:
    wrong = node(kind, 5, 5, node("Append", 5, 5, scan(10, 1000)))
    assert [one.above for one in misestimates(wrong)] == [above]
    assert [one.above for one in misestimates(node("Sort", 5, 5, wrong))] == [above or "Sort"]


@pytest.mark.parametrize("kind", ["Sort", "Hash", "Aggregate", "Materialize", "SetOp", "WindowAgg"])
def test_what_is_read_whole_below_a_limit_was_misjudged(kind: str) -> None:
    assert [one.q for one in misestimates(node("Limit", 5, 5, node(kind, 5, 5, scan(900, 9))))] == [100]
    assert misestimates(node("Limit", 5, 5, node("Append", 5, 5, scan(900, 9)))) == ()


@pytest.mark.parametrize(
    ("kind", "more", "relationship", "early"),
    [
        ("Nested Loop", {"Join Type": "Semi"}, "Inner", True),
        ("Nested Loop", {"Join Type": "Anti"}, "Inner", True),
        ("Nested Loop", {"Join Type": "Semi"}, "Outer", False),
        ("Nested Loop", {"Join Type": "Left"}, "Inner", False),
        ("Nested Loop", {"Inner Unique": True}, "Inner", True),
        ("Nested Loop", {"Inner Unique": True}, "Outer", False),
        ("Nested Loop", {"Inner Unique": False}, "Inner", False),
        ("Hash Join", {}, "Inner", False),
        ("Merge Join", {}, "Inner", True),
        ("Merge Join", {}, "Outer", True),
        ("Limit", {}, "Outer", True),
        ("Seq Scan", {}, "SubPlan", True),
        ("Seq Scan", {}, "InitPlan", False),
    ],
)
def test_fewer_rows_than_estimated_are_no_error_where_something_stops_early(
    kind: str, more: dict[str, Any], relationship: str, early: bool
) -> None:
    child = scan(100, 1, **{"Parent Relationship": relationship})
    assert (misestimates(node(kind, 5, 5, child, **more)) == ()) is early
    more_came = scan(1, 100, **{"Parent Relationship": relationship})
    repeated = kind == "Merge Join" and relationship == "Inner"
    assert (misestimates(node(kind, 5, 5, more_came, **more)) == ()) is repeated


def test_rows_that_a_merge_join_reads_again_are_no_error_unless_a_sort_has_them_once() -> None:
    inner = {"Parent Relationship": "Inner"}
    for kind, wrong in (("Materialize", 0), ("Sort", 1)):
        below = node(kind, 1, 100, scan(1, 100), **inner)
        assert len(misestimates(node("Merge Join", 5, 5, below))) == wrong


@pytest.mark.parametrize("kind", ["BitmapAnd", "BitmapOr", "ModifyTable", "LockRows"])
def test_what_counts_no_rows_has_no_error(kind: str) -> None:
    assert misestimates(node(kind, 100, 0)) == ()
    assert [one.q for one in misestimates(node("Result", 100, 0))] == [100]


def test_the_worst_comes_first_and_a_right_one_not_at_all() -> None:
    made = node("Append", 7, 7, scan(10, 20), scan(10, 90), scan(30, 10), scan(4, 4))
    assert [one.q for one in misestimates(made)] == [9, 3, 2]


def test_names_of_paths_and_of_fingerprints_are_as_long() -> None:
    assert len(access_path(scan(1, 1))) == len(fingerprint(scan(1, 1))) == 16


def test_another_index_or_table_below_is_another_path_and_other_keys_are_not() -> None:
    paths = {access_path(node("Limit", 1, 1, one)) for one in (by_index("(a = 1)"), scan(1, 1))}
    assert len(paths) == 2
    assert access_path(scan(1, 1)) == access_path(scan(9, 9, Filter="(x = 1)"))


def test_a_key_that_holds_a_value_in_one_plan_and_a_parameter_in_the_other_is_one_access_path() -> None:
    plans = [node("Sort", 1, 1, scan(1, 1), **{"Sort Key": [key]}) for key in ("(x = lower($1))", "(x = 'a'::text)")]
    assert access_path(plans[0]) == access_path(plans[1])
    assert fingerprint(plans[0]) != fingerprint(plans[1])


def by_index(condition: str, alias: str = "t") -> dict[str, Any]:
    return scan(1, 1, **{"Node Type": "Index Scan", "Index Name": "i", "Index Cond": condition, "Alias": alias})


def test_an_index_read_by_one_column_or_by_two_is_another_access_path() -> None:
    by_one, by_two = by_index("(org = '22'::bigint)"), by_index("((org = '22'::bigint) AND (lead = o.lead))")
    assert access_path(by_one) != access_path(by_two)


def test_what_a_column_is_held_against_is_no_part_of_the_path() -> None:
    made = "((org = '22'::bigint) AND (at >= '2025-12-02 00:00:00+00'::timestamp with time zone) AND (lower(m) = 'x'))"
    generic = "((org = $1) AND (at >= ($2 - '30 days'::interval)) AND (lower(m) = lower(($3)::text)))"
    assert access_path(by_index(made)) == access_path(by_index(generic))


def test_two_aliases_of_one_table_that_change_places_are_another_path() -> None:
    assert access_path(by_index("(a = 1)", "one")) != access_path(by_index("(a = 1)", "other"))

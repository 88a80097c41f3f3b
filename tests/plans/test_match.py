"""Which node of one plan is the same work as which of another."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bench.plans import match as matching
from bench.plans import tree
from bench.plans.match import match
from tests.plans.test_align import scan
from tests.plans.test_plans import node


def pairs(before: Any, after: Any) -> list[tuple[int, int]]:
    return match(tree(before), tree(after))[0]


def role(name: str, child: Any) -> Any:
    return child | {"Subplan Name": name}


def only(table: str, **more: Any) -> Any:
    return scan(table, index="i", **more) | {"Node Type": "Index Only Scan"}


@pytest.mark.parametrize(
    ("looked_for", "other", "same"),
    [
        (scan("a", "x"), scan("a", "y"), scan("a", "x", index="i")),
        (role("SubPlan 1", scan("a", "x", index="i")), role("SubPlan 1", scan("a", "y", index="i")), scan("a", "x")),
        (scan("a", "x", index="i"), scan("a", "y"), scan("a", "z", index="j")),
        (scan("a", "x", index="i"), only("a", alias="y"), scan("a", "z", index="j")),
        (scan("a", "x", index="i"), scan("a", "y", index="j"), scan("a", "z", index="i")),
        (
            role("SubPlan 1", scan("a", "x", index="i")),
            scan("a", "y", index="j"),
            role("SubPlan 1", scan("a", "z", index="j")),
        ),
        (
            role("SubPlan 1", scan("a", "x", index="i")),
            role("SubPlan 1", scan("a", "y", index="j")),
            scan("a", "z", index="i"),
        ),
    ],
    ids=["alias", "alias-before-all", "kind", "kind-before-index", "index", "role", "index-before-role"],
)
def test_of_two_scans_of_a_table_the_more_alike_is_the_same(looked_for: Any, other: Any, same: Any) -> None:
    for after, place in (([other, same], 2), ([same, other], 1)):
        assert pairs(node("Sort", looked_for), node("Append", *after)) == [(1, place)]
        assert pairs(node("Append", *after), node("Sort", looked_for)) == [(place, 1)]


def join(kind: str, *tables: str) -> Any:
    return node(kind, *(scan(table) for table in tables))


@pytest.mark.parametrize(
    ("looked_for", "other", "same"),
    [
        (join("Hash Join", "a", "b"), join("Merge Join", "c", "b"), join("Nested Loop", "a", "b")),
        (join("Hash Join", "a", "b"), join("Merge Join", "a", "b"), join("Hash Join", "a", "b")),
        (
            role("SubPlan 1", join("Hash Join", "a", "b")),
            join("Hash Join", "a", "b"),
            role("SubPlan 1", join("Hash Join", "a", "b")),
        ),
        (join("Hash Join", "a", "b"), join("Hash Join", "a", "b", "c"), join("Merge Join", "a", "b")),
        (node("Result"), role("InitPlan 1", node("Result")), node("Result")),
    ],
    ids=["tables", "kind", "role", "tables-before-kind", "nothing-below"],
)
def test_of_two_steps_the_more_alike_is_the_same(looked_for: Any, other: Any, same: Any) -> None:
    step = 1
    for after, place in (([other, same], 1 + len(tree(other))), ([same, other], 1)):
        found = dict(pairs(node("Sort", looked_for), node("Append", *after)))
        assert found[step] == place


def test_steps_that_read_other_tables_are_never_the_same() -> None:
    assert pairs(node("Append", join("Hash Join", "a", "b")), node("Sort", join("Hash Join", "c", "d"))) == []
    assert pairs(node("Append", node("Result")), node("Sort", node("Result"))) == [(1, 1)]


def test_of_two_that_are_as_much_alike_the_order_of_the_plans_decides() -> None:
    one, two = node("Sort", scan("a", "x")), node("Append", scan("a", "y"), scan("a", "z"))
    assert (pairs(one, two), pairs(two, one)) == ([(1, 1)], [(2, 1)])


def test_equal_ends_are_the_same_before_anything_is_weighed() -> None:
    assert pairs(node("Sort", scan("a")), node("Append", scan("a"), scan("a"))) == [(1, 2)]
    assert pairs(node("Sort", scan("a"), scan("b")), node("Append", scan("a"), scan("a"), scan("b"))) == [
        (1, 2),
        (2, 3),
    ]


def test_a_copy_that_came_or_went_leaves_the_others_in_place() -> None:
    two, three = node("Append", scan("a"), scan("a")), node("Append", scan("a"), scan("a"), scan("a"))
    assert pairs(two, three) == pairs(three, two) == [(0, 0), (1, 1), (2, 2)]
    one = node("Append", scan("a"))
    assert (pairs(one, node("Append", one)), pairs(node("Append", one), one)) == ([(0, 0), (1, 2)], [(0, 0), (2, 1)])


def test_what_writes_a_table_is_not_what_reads_it() -> None:
    update = node("ModifyTable", scan("a"), Relation_Name="a", Alias="a", Operation="Update")
    assert pairs(update, scan("a", index="i")) == [(1, 0)]
    assert pairs(update, node("ModifyTable", scan("a", index="i"), Relation_Name="a", Alias="a")) == [(0, 0), (1, 1)]


def heap(table: str, *indexes: str) -> Any:
    found = [node("Bitmap Index Scan", Index_Name=index) for index in indexes]
    below = node("BitmapAnd", *found) if len(found) > 1 else found[0]
    return node("Bitmap Heap Scan", below, Relation_Name=table, Alias=table)


def test_the_scans_of_a_bitmap_belong_to_its_table_and_go_by_their_index() -> None:
    assert pairs(node("Append", heap("a", "i", "j", "k")), node("Sort", heap("a", "j"))) == [(1, 1), (4, 2)]
    assert pairs(node("Append", heap("a", "j")), node("Sort", heap("a", "i", "j", "k"))) == [(1, 1), (2, 4)]
    assert pairs(node("Append", heap("a", "i")), node("Sort", heap("b", "i"))) == []
    assert pairs(node("Append", heap("a", "i")), node("Sort", heap("a", "j"))) == [(1, 1), (2, 2)]
    two = node("Sort", heap("b", "i"), heap("a", "i"))
    assert pairs(node("Append", heap("a", "i")), two) == [(1, 3), (2, 4)]


@pytest.mark.parametrize(
    ("aliases", "others", "moved"),
    [
        (("b",), ("c", "b"), [(1, 5)]),
        (("b",), ("c", "d"), [(1, 4)]),
        (("b", "c"), ("d", "e"), [(1, 4), (2, 5)]),
        (("b", "c"), ("c", "d"), [(1, 4), (2, 5)]),
        (("b", "c"), ("d",), [(1, 4)]),
        (("b",), (), []),
    ],
)
def test_scans_that_changed_places_are_paired_by_alias_or_in_order_and_once_each(
    aliases: tuple[str, ...], others: tuple[str, ...], moved: list[tuple[int, int]]
) -> None:
    kept = [scan("a", alias) for alias in "xyz"]
    before = node("Sort", *(scan("b", alias) for alias in aliases), *kept)
    after = node("Append", *kept, *(scan("b", alias) for alias in others))
    found = match(tree(before), tree(after))
    assert found == ([(at + len(aliases), at) for at in (1, 2, 3)], moved)


def test_steps_that_changed_places_are_gone_and_new() -> None:
    kept = [scan("a", alias) for alias in "xyz"]
    before, after = node("Append", node("Result"), *kept), node("Sort", *kept, node("Result"))
    assert match(tree(before), tree(after)) == ([(2, 1), (3, 2), (4, 3)], [])


def random_plan(rng: random.Random, depth: int = 0) -> Any:
    if depth == 3 or rng.random() < 0.3:
        return scan(rng.choice("ab"), rng.choice(("", "x")), index=rng.choice(("", "i")))
    kind = rng.choice(("Sort", "Hash Join", "Merge Join", "Append"))
    return node(kind, *(random_plan(rng, depth + 1) for _ in range(1 if kind == "Sort" else 2)))


def best(left: Any, right: Any, i: int = 0, j: int = 0) -> int:
    """The highest sum of points of pairs that do not cross, by trying all."""
    if i == len(left) or j == len(right):
        return 0
    points = matching._alike(left[i], right[j]) if left[i].key == right[j].key else 0
    both = points + best(left, right, i + 1, j + 1) if points else 0
    return max(both, best(left, right, i + 1, j), best(left, right, i, j + 1))


@pytest.mark.parametrize("seed", range(40))
def test_no_other_pairs_that_do_not_cross_are_more_alike(seed: int) -> None:
    rng = random.Random(seed)
    before, after = (tree(random_plan(rng))[:6] for _ in range(2))
    found, moved = match(before, after)
    left, right = matching._traits(before), matching._traits(after)
    assert sum(matching._alike(left[i], right[j]) for i, j in found) == best(left, right)
    assert all(left[i].key == right[j].key for i, j in [*found, *moved])
    for side in zip(*found, strict=True):
        assert list(side) == sorted(set(side))
    for side in zip(*found, *moved, strict=True):
        assert len(set(side)) == len(side)

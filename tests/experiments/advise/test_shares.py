"""What a set saves is split among its members, and nothing of it is lost."""

from __future__ import annotations

import pytest

from bench.experiments.advise.shares import saved_by, share_of_all
from tests.advice.test_choosing import cell, chooser

ALL = frozenset({"a", "b", "c"})


def split(**plans: float) -> dict[str, float]:
    """What each member saves of a query that takes 100 ms without any of them, whose blocks count for 0.02 ms."""
    (saved,) = saved_by(chooser(cell("q", 100, **plans)), frozenset("_".join(plans).split("_")))
    assert sum(saved.by_name.values()) == pytest.approx(saved.saved_ms)
    return {name: round(part, 6) for name, part in saved.by_name.items()}


def test_what_one_saves_alone_is_all_its_own():
    assert split(a=10) == {"a": 90}


def test_two_that_can_stand_for_each_other_share_alike():
    assert split(a=10, b=10) == {"a": 45, "b": 45}


def test_two_that_help_only_together_share_alike():
    assert split(a_b=10) == {"a": 45, "b": 45}


def test_the_better_one_of_two_gets_what_it_adds():
    """By either order: the first comes for half of what both save, the second adds 20."""
    assert split(a=30, b=10) == {"b": 55, "a": 35}


def test_of_many_members_orders_are_drawn_and_the_parts_still_add_up():
    """Each brings its own table's part of a join, and the server has a plan for every first so many of them."""
    names = [f"n{number}" for number in range(9)]
    found = split(**{"_".join(names[:many]): 100 - 10 * many for many in range(1, 10)})
    assert sum(found.values()) == pytest.approx(90)
    assert found["n0"] > found["n8"] > 0


def test_the_workload_weighs_its_queries():
    two = chooser(cell("q", 100, a=10), cell("r", 100, b=70))
    saved = saved_by(two, ALL)
    assert [one.query for one in saved] == ["q", "r"]
    assert share_of_all(saved, "a") == pytest.approx(0.75)
    assert sum(share_of_all(saved, name) for name in ALL) == pytest.approx(1.0)


def test_what_costs_work_beside_another_has_a_negative_part():
    """The planner takes ``b`` for the better one, and it undoes most of what ``a`` saves."""
    (saved,) = saved_by(chooser(cell("q", 100, a=(10, 5.0), b=(90, 4.0))), ALL)
    assert dict(saved.by_name) == pytest.approx({"a": 45, "b": -35})

"""How a gain is shared, and which optimizations are enough: sampled orders, thresholds, ties."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.attribution import smallest_set
from bench.attribution.shapley import buffers, fastest_ms, nothing, shapley_values
from bench.attribution.smallest_set import smallest
from bench.model import Attribution, GainCell
from tests.attribution.test_shapley import _with_orders, cell, tried


# ------------------------------------------------------------------------------------------------------- shares
def test_shares_of_sampled_orders_are_the_mean_of_what_each_adds() -> None:
    whole = cell("abc", {"": 100, "a": 70, "b": 90, "c": 95, "ab": 40, "ac": 60, "bc": 80, "abc": 30})
    found = shapley_values(replace(whole, orders=(("a", "b", "c"), ("c", "b", "a"))), buffers)
    assert found.by_name == {"a": (30 + 50) / 2, "b": (30 + 15) / 2, "c": (10 + 5) / 2}
    assert (found.whole, found.unexplained, found.exact) == (70, 0, False)


def test_four_players_get_the_mean_over_all_orders() -> None:
    """What the first of three substitutes brings, the fourth brings by itself."""
    names = ["".join(one for at, one in enumerate("abcd") if bits >> at & 1) for bits in range(16)]
    whole = cell("abcd", {name: 1_000 - 60 * bool(set(name) & set("abc")) - 7 * ("d" in name) for name in names})
    found = shapley_values(whole, buffers)
    assert found.by_name == pytest.approx({"a": 20, "b": 20, "c": 20, "d": 7})
    assert (found.whole, found.exact) == (67, True)


def test_what_could_not_be_taken_away_is_unexplained() -> None:
    made = cell("a", {"": 60, "a": 10})
    found = shapley_values(replace(made, tried=(*made.tried, tried(100)), before=2), buffers)
    assert (found.whole, found.by_name, found.unexplained) == (90, {"a": 50}, 40)
    assert shapley_values(made, nothing).by_name == {"a": 0}


def test_a_plan_is_as_fast_as_its_fastest_execution() -> None:
    assert fastest_ms(replace(tried(1), samples_ms=(5.0, 3.0, 9.0))) == 3


# -------------------------------------------------------------------------------------------------- the smallest set
def chosen(
    *made: GainCell, names: str = "abc", target_ms: float = 50.0, size=None, refuted=(), **more: object
) -> list[str]:
    return smallest(Attribution(cells=made, **more), list(names), target_ms, size or {}, refuted)


def test_a_plan_is_enough_up_to_six_tenths_of_the_target() -> None:
    assert chosen(cell("a", {"": 31, "a": 30})) == ["a"]
    assert chosen(cell("a", {"": 30, "a": 1})) == []
    assert chosen(cell("a", {"": 90, "a": 31})) == [], "it is not under the target with all of them"


def test_a_refuted_cell_wants_what_is_as_fast_as_all_of_them() -> None:
    made = cell("ab", {"": 90, "a": 45, "b": 41, "ab": 40})
    assert chosen(made) == []
    assert chosen(made, refuted=[("q[hot]", frozenset())]) == ["a", "b"]
    assert chosen(made, refuted=[("r[hot]", frozenset())]) == []


def test_a_refuted_set_is_not_enough_for_its_own_cell_alone() -> None:
    costs = {"": 90, "a": 9, "b": 9, "ab": 9}
    refuted = [("q[hot]", frozenset("ac"))]
    assert chosen(cell("ab", costs), size={"b": 9}, refuted=refuted) == ["b"]
    assert chosen(cell("ab", costs, "r"), size={"b": 9}, refuted=refuted) == ["a"]


def test_a_stopped_plan_is_never_enough() -> None:
    made = cell("a", {"": 1, "a": 1})
    stopped = replace(made, tried=(tried(0, 1.0, censored=True), tried(1)))
    assert chosen(stopped) == ["a"]


@pytest.mark.parametrize(
    ("size", "found"),
    [({}, ["a"]), ({"a": 1}, ["b"]), ({"a": 1, "b": 1}, ["a"]), ({"a": 2, "b": 1}, ["b"])],
)
def test_of_sets_as_small_the_one_of_fewer_bytes_then_the_first_by_name(size: dict, found: list[str]) -> None:
    either = cell("ab", {"": 90, "a": 9, "b": 9, "ab": 9})
    assert chosen(either, size=size) == found
    assert chosen(either, names="ba", size=size) == found


def test_fewer_are_taken_however_many_bytes_they_have_and_named_in_the_order_of_the_file() -> None:
    made = cell("abc", {"": 90, "a": 90, "b": 90, "c": 9, "ab": 9, "ac": 9, "bc": 9, "abc": 9})
    assert chosen(made, size={"c": 1_000}) == ["c"]
    two = cell("ab", {"": 90, "a": 90, "b": 90, "ab": 9})
    assert chosen(two, names="cba", not_tried={"c": "why"}) == ["c", "b", "a"]


def test_one_set_for_all_cells_is_found_where_each_has_several() -> None:
    def any_of(one: str, other: str, query: str) -> GainCell:
        return cell(one + other, {"": 90, one: 9, other: 9, one + other: 9}, query)

    assert chosen(any_of("a", "b", "q"), any_of("b", "c", "r"), any_of("c", "a", "s")) == ["a", "b"]
    assert chosen(any_of("a", "b", "q"), any_of("c", "b", "r"), names="abc") == ["b"]


def test_a_set_that_was_not_tried_is_no_worse_than_a_part_of_it_and_one_that_was_tried_is_as_it_was() -> None:
    costs = {"": 90, "a": 9, "b": 90, "c": 90, "ab": 90, "ac": 9, "bc": 90, "abc": 9}
    other = cell("b", {"": 90, "b": 9}, "r")
    assert chosen(_with_orders("abc", costs), other) == ["a", "b"]
    assert chosen(_with_orders("abc", costs, "ab"), other) == ["a", "b", "c"]


def test_a_search_that_gets_too_long_keeps_all(monkeypatch: pytest.MonkeyPatch) -> None:
    made = cell("ab", {"": 90, "a": 90, "b": 90, "ab": 9})
    assert chosen(made) == ["a", "b"]
    monkeypatch.setattr(smallest_set, "LOOKS_MOST", 1)
    assert chosen(made) == ["a", "b", "c"]


def test_what_no_set_that_was_tried_is_enough_for_keeps_all() -> None:
    made = cell("a", {"": 90, "a": 9})
    assert chosen(made, refuted=[("q[hot]", frozenset("a"))]) == ["a", "b", "c"]

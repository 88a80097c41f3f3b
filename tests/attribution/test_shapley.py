"""Shares, words and the smallest set, from made-up plans."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from bench.attribution.evidence import better
from bench.attribution.gains import gains
from bench.attribution.shapley import buffers, shapley_values
from bench.attribution.smallest_set import smallest
from bench.model import Attribution, Counters, GainCell, Tried


def tried(blocks: int, ms: float = 1.0, *, rows: int = 0, cost: float = 100.0, censored: bool = False) -> Tried:
    return Tried((), f"{blocks}", cost, Counters(blocks, rows, 0, 0), (ms,) * 15, {}, censored)


def cell(matter: str, cost_of: dict[str, int], name: str = "q") -> GainCell:
    """A cell whose optimizations are single letters; ``cost_of`` gives buffers (and ms) by the letters present."""
    sets = ["".join(bits) for bits in product("01", repeat=len(matter))]

    def present(bits: str) -> str:
        return "".join(letter for letter, bit in zip(matter, bits, strict=True) if bit == "1")

    numbers = {bits: number for number, bits in enumerate(sets)}
    plans = tuple(tried(cost_of[present(bits)], float(cost_of[present(bits)])) for bits in sets)
    full = "1" * len(matter)
    return GainCell(
        query=name,
        parameter_class="hot",
        tried=plans,
        after=numbers[full],
        before=numbers["0" * len(matter)],
        without={letter: numbers[full[:i] + "0" + full[i + 1 :]] for i, letter in enumerate(matter)},
        alone={letter: numbers["0" * i + "1" + "0" * (len(matter) - i - 1)] for i, letter in enumerate(matter)},
        matter=tuple(matter),
        subsets=numbers,
    )


def test_substitutes_share_what_either_could_have_brought():
    either = cell("ab", {"": 100, "a": 10, "b": 10, "ab": 10})
    assert shapley_values(either, buffers).by_name == {"a": 45, "b": 45}


def test_what_only_works_together_is_shared():
    both = cell("ab", {"": 100, "a": 100, "b": 100, "ab": 10})
    assert shapley_values(both, buffers).by_name == {"a": 45, "b": 45}


def test_what_changes_nothing_gets_nothing_and_harm_is_negative():
    found = shapley_values(cell("abc", _harmful()), buffers)
    assert found.by_name == {"a": 90, "b": 0, "c": -20}
    assert found.whole == sum(found.by_name.values()) == 70


def _harmful() -> dict[str, int]:
    return {
        "".join(names): 100 - 90 * ("a" in names) + 20 * ("c" in names)
        for names in (["", ""], ["a"], ["b"], ["c"], ["a", "b"], ["a", "c"], ["b", "c"], ["a", "b", "c"])
    }


def test_three_players_get_their_shapley_value():
    # the glove game: one left glove (a), two right ones; known value 4/6, 1/6, 1/6
    worth = {"": 0, "a": 0, "b": 0, "c": 0, "ab": 6, "ac": 6, "bc": 0, "abc": 6}
    gloves = cell("abc", {names: 100 - value for names, value in worth.items()})
    assert shapley_values(gloves, buffers).by_name == pytest.approx({"a": 4, "b": 1, "c": 1})


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (tried(10), tried(100), 1),
        (tried(100), tried(10), -1),
        (tried(100), tried(105), 0),
        (tried(2), tried(9), 0),
        (tried(10, rows=5), tried(10, rows=5_000), 1),
        (tried(10, 9.0), tried(100, 3.0), -1),
        (tried(10, 0.9), tried(100, 0.3), 1),
        (tried(0, 30_000, censored=True), tried(100), -1),
    ],
    ids=["fewer", "more", "a-little", "few-anyway", "rows", "time-decides", "time-too-short", "timeout"],
)
def test_the_better_plan_is_found(one, other, said):
    assert better(one, other) == said


def test_one_that_is_missed_and_one_that_is_not():
    found = Attribution(cells=(cell("ab", {"": 100, "a": 10, "b": 50, "ab": 10}),))
    by_name = gains(found, ["a", "b"])
    assert [effect.cell for effect in by_name["a"].missed] == ["q[hot]"]
    assert not by_name["b"].missed
    assert by_name["b"].substitutes == ("a",)


def test_the_smallest_set_serves_every_cell():
    one = cell("ab", {"": 100, "a": 10, "b": 10, "ab": 5}, "one")
    two = cell("bc", {"": 100, "b": 10, "c": 90, "bc": 5}, "two")
    assert smallest(Attribution(cells=(one, two)), ["a", "b", "c"], 50.0, {}) == ["b"]


def test_of_sets_as_small_the_one_of_fewer_bytes_is_taken():
    either = cell("ab", {"": 100, "a": 10, "b": 10, "ab": 10})
    assert smallest(Attribution(cells=(either,)), ["a", "b"], 50.0, {"a": 2, "b": 1}) == ["b"]


def test_a_cell_that_misses_anyway_asks_for_nothing():
    slow = cell("a", {"": 100, "a": 90})
    assert smallest(Attribution(cells=(slow,)), ["a"], 50.0, {}) == []


def test_nothing_is_needed_where_all_is_fast():
    fast = cell("a", {"": 20, "a": 1})
    assert smallest(Attribution(cells=(fast,)), ["a"], 50.0, {}) == []


def test_what_cannot_be_taken_away_stays():
    fast = cell("a", {"": 20, "a": 1})
    assert smallest(Attribution(cells=(fast,), not_tried={"z": "why"}), ["a", "z"], 50.0, {}) == ["z"]


def _with_orders(matter: str, cost_of: dict[str, int], *sets: str) -> GainCell:
    """A cell of which these sets alone were tried, beside each optimization alone."""
    whole = cell(matter, cost_of)
    bits = {"".join("1" if letter in names else "0" for letter in matter) for names in ("", matter, *sets)}
    return replace(whole, subsets={one: plan for one, plan in whole.subsets.items() if one in bits})


def test_one_that_is_enough_alone_is_a_candidate_where_orders_were_sampled():
    """Both sets that were tried on the way have two, and either of the first two would do."""
    costs = {"": 100, "a": 10, "b": 100, "c": 100, "ab": 10, "ac": 10, "bc": 10, "abc": 10}
    found = smallest(Attribution(cells=(_with_orders("abc", costs, "ab", "bc"),)), ["a", "b", "c"], 50.0, {})
    assert found == ["a"]


def test_alone_means_with_what_it_needs():
    costs = {"": 100, "a": 10, "b": 100, "c": 100, "ab": 10, "ac": 10, "bc": 100, "abc": 10}
    attribution = Attribution(cells=(_with_orders("abc", costs),), needs={"a": ("b",)})
    assert smallest(attribution, ["a", "b", "c"], 50.0, {}) == ["a", "b"]


def test_a_set_that_its_execution_refuted_is_not_chosen_again():
    either = cell("ab", {"": 100, "a": 10, "b": 10, "ab": 10})
    chosen = smallest(Attribution(cells=(either,)), ["a", "b"], 50.0, {"b": 5}, [("q[hot]", frozenset("a"))])
    assert chosen == ["b"]


def test_a_cell_that_is_close_to_the_target_asks_for_nothing_until_it_misses():
    close = cell("a", {"": 100, "a": 45})
    assert smallest(Attribution(cells=(close,)), ["a"], 50.0, {}) == []
    assert smallest(Attribution(cells=(close,)), ["a"], 50.0, {}, [("q[hot]", frozenset())]) == ["a"]

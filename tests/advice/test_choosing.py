"""Sets of candidates are chosen by what their plans took when they were executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bench.advice.choosing import Chooser
from bench.advice.curves import curves
from bench.advice.menus import menus_of
from bench.model import Counters
from bench.model.advised import CellTried, Limits, PlanMeasured, Price, SetAsked

TARGET_MS = 100.0
MB = 10**6


def cell(query: str, before_ms: float, **plans: float | tuple[float, float]) -> CellTried:
    """A cell and its plans: what each needs (``a_b``: a and b) to how long it takes, and costs where that is not it."""
    found = [PlanMeasured((), query, 1000 * before_ms, Counters(1, 1, 0, 0), (before_ms,))]
    for needs, figures in plans.items():
        ms, cost = figures if isinstance(figures, tuple) else (figures, figures)
        found.append(PlanMeasured(tuple(needs.split("_")), query + needs, cost, Counters(1, 1, 0, 0), (ms,)))
    concerns = tuple(sorted({name for plan in found for name in plan.needs}))
    return CellTried(query, "hot", tuple(found), concerns)


def chooser(*cells: CellTried, sizes: Mapping[str, int] | None = None, writes: float = 0.01) -> Chooser:
    names = {name for one in cells for name in one.concerns}
    prices = {name: Price((sizes or {}).get(name, MB), writes) for name in sorted(names)}
    return Chooser.of(menus_of(cells, TARGET_MS, names), prices, {})


def best(of: Chooser, **limits: float) -> set[str]:
    steps = of.best(Limits(**limits))  # type: ignore[arg-type]
    return set(steps[-1]) if steps else set()


def test_one_index_that_serves_two_queries_goes_before_one_for_each():
    both = chooser(cell("q", 500, own1=5, shared=6), cell("r", 500, own2=5, shared=6))
    assert best(both) == {"shared"}


def test_indexes_that_help_only_together_are_added_together():
    assert best(chooser(cell("q", 500, a_b=5))) == {"a", "b"}


def test_an_index_that_the_planner_prefers_and_that_is_slower_is_left_out():
    """The cheapest plan by cost is taken, whatever it takes: so the set must not have what leads there."""
    assert best(chooser(cell("q", 17, created=(103, 1.0), status=(3, 2.0)))) == {"status"}


def test_what_a_trigger_uses_counts_though_the_planner_sees_no_difference():
    """The planner does not cost what a foreign key's trigger reads."""
    assert best(chooser(cell("q", 50, key=(5, 50_000.0), other=(40, 50_001.0)))) == {"key"}


def test_what_halves_nothing_that_anybody_waits_for_is_left_out():
    assert best(chooser(cell("q", 4, a=1))) == set()
    assert best(chooser(cell("q", 40, a=25))) == set()


def test_what_is_well_within_the_target_is_left_unless_it_weighs_on_the_whole():
    """40 ms saved are a fifth of what two queries may take, and a fiftieth of what twenty may."""
    others = [cell(f"q{number}", 1) for number in range(19)]
    assert best(chooser(cell("q", 50, a=10), others[0])) == {"a"}
    many = chooser(cell("q", 50, a=10), *others)
    assert best(many) == set()
    assert best(many, beyond_target=True) == {"a"}
    assert curves(many, Limits())[0][-1].names == ("a",)


def test_what_is_within_the_target_while_all_is_cached_only_is_halved():
    """30 ms, and 10,000 blocks: where one in ten has to be read, that is 130 ms."""
    others = [cell(f"q{number}", 1) for number in range(99)]
    large = cell("q", 30, a=10)
    large = replace(large, plans=(replace(large.plans[0], counters=Counters(10_000, 1, 0, 0)), large.plans[1]))
    assert best(chooser(large, *others)) == {"a"}


def test_a_budget_of_disk_takes_the_smaller_one():
    two = chooser(cell("q", 500, wide=1, narrow=30), sizes={"wide": 9 * MB, "narrow": MB})
    assert best(two, disk_bytes=2 * MB) == {"narrow"}
    assert best(two, disk_bytes=MB // 2) == set()


def test_a_budget_of_writes_holds():
    two = chooser(cell("q", 500, a=1), cell("r", 500, b=1), writes=0.03)
    assert len(best(two, write_share=0.05)) == 1
    assert best(two, write_share=0.06) == {"a", "b"}


def test_of_two_ways_to_serve_a_query_the_one_that_leaves_it_least_to_do_is_taken():
    """The smaller one came first, for its bytes."""
    found = chooser(cell("q", 500, plain=15, covering=9), sizes={"plain": 4 * MB, "covering": 5 * MB, "other": MB})
    assert best(found) == {"covering"}
    large = chooser(cell("q", 500, plain=15, covering=9), sizes={"plain": 4 * MB, "covering": 9 * MB})
    assert best(large) == {"plain"}


def test_nobody_pays_for_a_better_way_to_what_is_well_within_the_target():
    """3 of 100 ms are no reason to write more; where it takes no more room they are."""
    dearer = chooser(cell("q", 500, plain=12, covering=9), sizes={"plain": 4 * MB, "covering": 5 * MB, "other": MB})
    assert best(dearer) == {"plain"}
    as_large = chooser(cell("q", 500, plain=12, covering=9, wide=40), sizes={"plain": 4 * MB, "covering": 4 * MB})
    assert best(as_large) == {"covering"}


def test_of_two_that_serve_as_well_the_smaller_one_is_taken():
    """The larger one served another query first, for which something better was found."""
    found = chooser(cell("q", 500, both=10, own=10.5), cell("r", 900, both=50, best=1),
                    sizes={"both": 3 * MB, "own": MB, "best": MB})  # fmt: skip
    assert best(found) == {"own", "best"}


def test_the_better_one_takes_the_place_of_one_that_the_planner_would_go_on_to_prefer():
    found = chooser(cell("q", 500, plain=(90, 1.0), covering=(1, 2.0)), sizes={"plain": MB, "covering": 9 * MB})
    assert best(found) == {"covering"}


def test_the_least_set_has_only_what_the_target_needs():
    two = chooser(cell("q", 500, a=1), cell("r", 50, b=1))
    assert best(two) == {"a", "b"}
    assert two.smallest(frozenset({"a", "b"})) == {"a"}


def test_a_later_index_that_makes_an_earlier_one_superfluous_takes_its_place():
    found = chooser(cell("q", 500, a=20, b=1), cell("r", 900, b=1), sizes={"a": MB, "b": 2 * MB})
    assert best(found) == {"b"}


def test_what_the_server_said_goes_before_what_the_plans_suggest():
    """Two indexes in one set may give a plan that neither gives."""
    plain = cell("q", 500, a=5, b=6)
    asked = replace(plain, asked=(SetAsked(("a", "b"), 0),))
    assert chooser(plain).menus[0].ms(frozenset({"a", "b"})) == 5
    assert chooser(asked).menus[0].ms(frozenset({"a", "b"})) == 500


def test_a_curve_has_no_set_that_costs_more_and_is_no_better():
    found = chooser(cell("q", 500, a=10), cell("r", 300, b=10), cell("s", 200, c=10), sizes={"b": 3 * MB})
    points, _ = curves(found, Limits())
    assert [one.size_bytes for one in points] == sorted(one.size_bytes for one in points)
    assert [one.total_ms for one in points] == sorted((one.total_ms for one in points), reverse=True)
    assert points[0].names == ()
    assert points[-1].names == ("a", "b", "c")


def test_the_curve_by_write_cost_begins_with_what_is_cheap_to_write():
    two = chooser(cell("q", 900, dear=5), cell("r", 500, cheap=5))
    two = replace(two, prices={"dear": Price(MB, 0.5), "cheap": Price(9 * MB, 0.01)})
    by_disk, by_writes = curves(two, Limits())
    assert (by_disk[1].names, by_writes[1].names) == (("dear",), ("cheap",))

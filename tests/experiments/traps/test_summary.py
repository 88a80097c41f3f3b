"""What plans that can turn are said to mean: when one hurts, which verdict comes first, when nothing can be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.traps.borrowed_plans import lenders
from bench.experiments.traps.copied_database import ROUNDS, timed_in_turn
from bench.experiments.traps.hazards import QueryTraps
from bench.experiments.traps.plan_costs import price
from bench.experiments.traps.record import ServerChoice, Stability, TrapCell
from bench.experiments.traps.sentences import bound
from bench.experiments.traps.summary import summarize
from bench.measurement import Timeout
from tests.builders.trap_runs import borrowed, cell, cut_off, fresh, plan_run, switching, traps_run


def verdict(*cells, **more) -> QueryTraps:
    return summarize(traps_run(*cells, **more)).queries[0]


# --------------------------------------------------------------------------------------------------- when it hurts
@pytest.mark.parametrize(
    ("blocks", "hurts"), [(18, False), (19, True), (10, False), (9, False)], ids=["8 more", "9 more", "same", "fewer"]
)
def test_few_blocks_more_are_no_harm(blocks: int, hurts: bool) -> None:
    assert price(plan_run(blocks, 1.0, index="j"), plan_run(10, 1.0), in_turn=True).hurts == hurts


def test_a_quarter_more_is_no_harm_where_there_are_many() -> None:
    assert not price(plan_run(1250, 1.0, index="j"), plan_run(1000, 1.0), in_turn=True).hurts
    assert price(plan_run(1251, 1.0, index="j"), plan_run(1000, 1.0), in_turn=True).hurts


def test_more_blocks_in_clearly_less_time_are_no_harm() -> None:
    assert not price(plan_run(40, 0.5, index="j"), plan_run(10, 1.0), in_turn=True).hurts


def test_time_alone_hurts_only_beyond_its_interval_and_half_a_millisecond() -> None:
    assert price(plan_run(10, 2.0, index="j"), plan_run(10, 1.0), in_turn=True).hurts
    assert not price(plan_run(10, 0.4, index="j"), plan_run(10, 0.2), in_turn=True).hurts
    assert not price(plan_run(10, 2.0, index="j", times=3), plan_run(10, 1.0, times=3), in_turn=True).hurts


def test_time_taken_at_another_moment_counts_only_with_more_rows_worked_through() -> None:
    assert not price(plan_run(10, 9.0, index="j"), plan_run(10, 1.0), in_turn=False).hurts
    assert price(plan_run(10, 9.0, index="j", removed=1_001), plan_run(10, 1.0), in_turn=False).hurts
    assert not price(plan_run(10, 9.0, index="j", removed=1_000), plan_run(10, 1.0), in_turn=False).hurts


def test_one_and_the_same_plan_is_never_slower_than_itself() -> None:
    assert not price(plan_run(10, 5.0), plan_run(10, 1.0), in_turn=True).hurts


def test_a_plan_that_was_cut_off_hurts_where_the_other_was_not() -> None:
    assert price(cut_off(), plan_run(10, 1.0), in_turn=True).cut_off
    assert not price(cut_off(), cut_off(), in_turn=True).hurts
    assert "> 30.0 s instead of" in price(cut_off(), plan_run(10, 1.0), in_turn=True).sentence


# ------------------------------------------------------------------------------------------------------- verdicts
def test_a_generic_plan_that_the_server_takes_is_a_trap() -> None:
    found = verdict(cell(generic=plan_run(900, 9.0, index="j"), choices=switching()))
    assert (found.verdict, found.trap) == ("generic plan hurts", True)
    assert found.sentence.startswith("the generic plan costs class hot 900 buffers instead of 10 (90.0×)")
    assert "for hot" in found.sentence


def test_a_generic_plan_that_the_server_avoids_is_a_risk() -> None:
    found = verdict(cell(generic=plan_run(900, 9.0, index="j")))
    assert (found.verdict, found.trap) == ("generic plan hurts", False)
    assert "the server keeps to custom plans by itself" in found.sentence


def test_another_class_that_comes_first_makes_it_a_trap_for_this_one() -> None:
    harmless = cell(parameter_class="tiny", choices=switching("tiny"))
    assert verdict(cell(generic=plan_run(900, 9.0, index="j")), harmless).trap


def test_a_coin_toss_says_how_often_each_side_came_up() -> None:
    good, bad = plan_run(10, 1.0), plan_run(900, 9.0, index="j")
    found = verdict(cell(stability=Stability((good.path,) * 7 + (bad.path,) * 3, (good, bad))))
    assert found.sentence.startswith("a coin toss for class hot: 3 of 10 samples of the same rows gave the plan that")


def test_two_plans_at_one_price_are_no_trap() -> None:
    good, other = plan_run(10, 1.0), plan_run(12, 1.0, index="j")
    found = verdict(cell(stability=Stability((good.path,) * 7 + (other.path,) * 3, (good, other))))
    assert (found.verdict, found.sentence) == (
        "no trap found", "in 1 class the generic plan costs no more; 10 samples, no plan dearer",
    )  # fmt: skip


def test_a_new_tenant_is_a_trap_only_where_analyze_changes_the_plan() -> None:
    bad = plan_run(900, 9.0, index="j")
    assert verdict(cell(), fresh=fresh(stale=bad, analyzed=plan_run(10, 1.0))).verdict == "fresh tenant hurts"
    same = plan_run(900, 9.0)
    assert verdict(cell(), fresh=fresh(stale=same, analyzed=plan_run(10, 1.0))).verdict == "no trap found"


def test_a_borrowed_plan_is_a_risk() -> None:
    lent = borrowed(plan_run(10, 1.0), plan_run(900, 9.0, index="j"))
    found = verdict(cell(borrowed=lent))
    assert (found.verdict, found.trap) == ("borrowed plan hurts", False)
    assert found.sentence.startswith("the plan of class tiny costs class hot 900 buffers")


def test_traps_come_before_risks_and_the_one_that_costs_most_time_first() -> None:
    cheap = cell("cheap", generic=plan_run(900, 9.0, index="j"), choices=switching())
    dear = cell("dear", generic=plan_run(100, 90.0, index="j"), choices=switching())
    risk = cell("risk", borrowed=borrowed(plan_run(10, 1.0), plan_run(9_000, 900.0, index="j")))
    summary = summarize(traps_run(cell("calm"), risk, cheap, dear))
    assert [one.query.name for one in summary.queries] == ["dear", "cheap", "risk", "calm"]
    assert summary.headline == "2 of 4 queries have a plan trap, 1 more has a risk"


# ---------------------------------------------------------------------------------------------------- cannot tell
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"custom": cut_off(), "generic": None}, "its own plan ran into the timeout of 30 s"),
        ({"error": "division by zero"}, "division by zero"),
        ({"stability": None}, "its statistics were not gathered as often as asked"),
        ({"stability": Stability(("a",) * 9, ())}, "its statistics were not gathered as often as asked"),
    ],
)
def test_what_was_not_seen_is_not_called_safe(changed: dict, says: str) -> None:
    found = verdict(replace(cell(), **changed))
    assert (found.verdict, found.sentence) == ("cannot tell", f"class hot: {says}")


def test_a_trap_in_one_class_is_told_though_another_failed() -> None:
    found = verdict(
        cell(generic=plan_run(900, 9.0, index="j"), choices=switching()), cell(parameter_class="tiny", error="x")
    )
    assert found.verdict == "generic plan hurts"


def test_the_bound_of_ten_draws_is_a_quarter() -> None:
    assert bound(10) == pytest.approx(0.259, abs=0.001)
    assert any("26 times in 100" in note for note in summarize(traps_run(cell(), sampled={"t": 40_000})).notes)


def test_tables_that_are_read_whole_leave_no_chance_and_it_says_so() -> None:
    (first, *_) = summarize(traps_run(cell())).notes
    assert first.startswith("At a statistics target of 100 ANALYZE reads every table of this size whole")


def test_without_a_query_or_unfinished_nothing_is_claimed() -> None:
    assert summarize(traps_run()).headline == "No query took part."
    part = summarize(traps_run(cell(stability=None), status="interrupted"))
    assert part.headline == "No plan trap found so far in 1 query, of 1 it cannot be told"
    assert "not finished (interrupted)" in part.alarms[0]


def test_a_choice_that_was_cut_off_is_no_switch() -> None:
    choices = (ServerChoice("hot", 0, 3, None, (1.0, 1.0, 30_000.0)),)
    assert not verdict(cell(generic=plan_run(900, 9.0, index="j"), choices=choices)).trap


# ----------------------------------------------------------------------------------- whose plans, and in what order
def with_plan(parameter_class: str, buffers: int, index: str) -> TrapCell:
    return cell(parameter_class=parameter_class, custom=plan_run(buffers, 1.0, index=index))


def test_plans_are_borrowed_between_hot_and_tiny_both_ways() -> None:
    cells = [with_plan("hot", 90, "a"), with_plan("p90", 9, "b"), with_plan("tiny", 10, "b")]
    assert lenders(cells) == [("hot", "tiny"), ("tiny", "hot")]


def test_where_hot_and_tiny_have_one_plan_the_smallest_class_with_another_lends() -> None:
    cells = [
        with_plan("hot", 90, "a"),
        with_plan("tiny", 2, "a"),
        with_plan("p90", 9, "b"),
        with_plan("median", 5, "b"),
    ]
    assert lenders(cells)[0] == ("hot", "median")


def test_without_these_names_the_class_that_reads_most_stands_for_hot() -> None:
    assert lenders([with_plan("north", 3, "a"), with_plan("south", 90, "b")])[0] == ("south", "north")


def test_nothing_is_borrowed_where_all_plans_are_one() -> None:
    assert lenders([with_plan("hot", 90, "a"), with_plan("tiny", 2, "a")]) == []
    assert lenders([with_plan("hot", 90, "a"), cell(parameter_class="tiny", custom=cut_off())]) == []


def test_two_plans_are_timed_in_turn_and_the_first_round_does_not_count() -> None:
    order: list[str] = []
    calls = [lambda name=name: order.append(name) or 1.0 for name in "ab"]
    found = timed_in_turn([plan_run(1, 1.0, times=0), plan_run(1, 1.0, times=0)], calls)
    assert "".join(order[:6]) == "abbaab"
    assert [len(one.samples) for one in found] == [ROUNDS, ROUNDS]


def test_a_plan_that_is_cut_off_is_not_waited_for_again() -> None:
    def late() -> float:
        raise Timeout(30_000.0)

    found = timed_in_turn([plan_run(1, 1.0, times=0), plan_run(1, 1.0, times=0)], [lambda: 1.0, late])
    assert [sample.censored for sample in found[1].samples] == [True]
    assert len(found[0].samples) == ROUNDS

"""One pair of cells: what is said of it, and which of several reasons comes first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.cells.cell import another_plan, beyond_noise, rank, said_of, summarize_pair, summarize_side
from bench.model import CellSide, CopiesDiffer, Pair
from bench.statistics.quantiles import Figure, Ratio
from tests.builders import runs

QUEUE = runs.pair()


def summed(pair: Pair, **more: object):
    return summarize_pair(pair, 100.0, **more)


def sides(before_ms: float, after_ms: float) -> tuple:
    return tuple(summarize_side(runs.side(ms), 100.0) for ms in (before_ms, after_ms))


@pytest.mark.parametrize(
    ("compared", "found"),
    [
        (Ratio(1.2, 1.05, 1.3, "exactly", True), (False, False)),
        (Ratio(1.2, 1.0501, 1.3, "exactly", True), (True, False)),
        (Ratio(0.9, 0.8, 1 / 1.05, "exactly", True), (False, False)),
        (Ratio(0.9, 0.8, 0.952, "exactly", True), (False, True)),
        (Ratio(9.0, None, None, "exactly", True), (False, False)),
        (Ratio(0.1, None, None, "exactly", True), (False, False)),
        (Ratio(1.05, None, None, "at least", True), (False, False)),
        (Ratio(1.06, None, None, "at least", True), (True, False)),
        (Ratio(0.5, None, None, "at least", True), (False, False)),
        (Ratio(0.953, None, None, "at most", True), (False, False)),
        (Ratio(0.95, None, None, "at most", True), (False, True)),
        (Ratio(9.0, None, None, "at most", True), (False, False)),
    ],
)
def test_a_change_counts_beyond_what_two_copies_differ_by(compared: Ratio, found: tuple[bool, bool]) -> None:
    assert beyond_noise(compared, *sides(9, 9.5)) == found


@pytest.mark.parametrize(("before_ms", "after_ms", "counts"), [(0.5, 0.485, False), (0.5, 0.475, True)])
def test_less_than_twenty_microseconds_are_no_change(before_ms: float, after_ms: float, counts: bool) -> None:
    one, other = (replace(side, p50=Figure(ms)) for side, ms in zip(sides(1, 1), (before_ms, after_ms), strict=True))
    assert beyond_noise(Ratio(2.0, 1.9, 2.1, "exactly", True), one, other) == (counts, False)
    assert beyond_noise(Ratio(0.5, 0.4, 0.6, "exactly", True), other, one) == (False, counts)
    assert beyond_noise(Ratio(2.0, 1.9, 2.1, "exactly", True), replace(one, p50=None), other) == (True, False)


@pytest.mark.parametrize(
    ("pair", "effect"),
    [
        (QUEUE, "faster"),
        (runs.pair(before_ms=3, after_ms=300), "slower"),
        (runs.pair(index="", before_ms=3, after_ms=300), "slower"),
        (runs.pair(index="", before_ms=300, after_ms=3), "plan unchanged"),
        (runs.pair(before_ms=100, after_ms=100.5), "same"),
        (runs.pair(n=3), "cannot tell"),
        (replace(QUEUE, equality=None), "not compared"),
        (replace(QUEUE, equality=runs.DIFFERENT), "other rows"),
        (replace(QUEUE, equality=replace(runs.DIFFERENT, difference="other order")), "other order"),
        (replace(QUEUE, after=CellSide(error="no table"), equality=runs.DIFFERENT), "failed"),
        (replace(QUEUE, before=CellSide(error="no table"), equality=runs.DIFFERENT), "failed"),
        (replace(QUEUE, after=CellSide()), "cannot tell"),
        (replace(runs.pair(before_ms=3, after_ms=300), equality=None), "slower"),
        (replace(QUEUE, before=replace(QUEUE.before, plan=None)), "faster"),
    ],
)
def test_the_gravest_is_said_first(pair: Pair, effect: str) -> None:
    assert summed(pair).effect == effect


def test_an_interval_that_copies_could_explain_is_no_gain() -> None:
    pair = runs.pair(before_ms=120, after_ms=100)
    assert summed(pair).effect == "faster"
    assert summed(pair, copies=CopiesDiffer(20, 40.0)).effect == "same"


def test_alone_leaves_out_what_takes_most_of_the_time() -> None:
    whole, alone = summed(QUEUE), summed(QUEUE, alone=True)
    assert (whole.ratio is None, whole.changes == ()) == (False, False)
    assert (alone.ratio, alone.changes, alone.effect) == (None, (), "cannot tell")
    assert alone.after.outcome == whole.after.outcome == "meets"
    assert whole.plan_changed is alone.plan_changed is True


@pytest.mark.parametrize("state", ["before", "after"])
def test_without_both_plans_nothing_is_said_of_them(state: str) -> None:
    found = summed(replace(QUEUE, **{state: replace(QUEUE.side(state), plan=None)}))
    assert (found.plan_changed, found.changes) == (None, ())
    assert found.after.planning_ms == (None if state == "after" else 0.2)
    assert (found.before.counters is None) == (state == "before")


def test_a_plan_of_another_shape_is_another_plan_where_both_are_known() -> None:
    one, other = QUEUE.before.plan, QUEUE.after.plan
    assert [another_plan(*pair) for pair in ((one, other), (one, one), (one, None), (None, one))] == [True] + [
        False
    ] * 3


@pytest.mark.parametrize(
    ("equality", "words"),
    [
        (None, ""),
        (runs.EQUAL, ""),
        (runs.DIFFERENT, f"the rows differ from those before ({runs.DIFFERENT.detail})"),
        (
            replace(runs.DIFFERENT, difference="other content", detail=""),
            "the tables hold other rows afterwards than before",
        ),
    ],
)
def test_a_difference_is_said_with_the_binding_that_shows_it(equality: object, words: str) -> None:
    assert said_of(replace(QUEUE, equality=equality)) == summed(replace(QUEUE, equality=equality)).differs == words


def test_a_cell_that_was_skipped_is_absent_only_where_nothing_of_it_is_known() -> None:
    skipped = Pair("q", "hot", skipped="no tenant has any")
    assert [summed(one).absent for one in (skipped, replace(skipped, bindings=QUEUE.bindings), QUEUE)] == [True] + [
        False
    ] * 2
    assert summed(skipped).equality == "not compared"


def test_the_rows_of_a_cell_are_those_of_the_first_binding_that_knows_them() -> None:
    (binding,) = QUEUE.bindings
    many = tuple(replace(binding, result_rows=rows) for rows in (None, 0, 7))
    assert [summed(replace(QUEUE, bindings=many[at:])).result_rows for at in range(4)] == [0, 0, 7, None]


def test_an_answer_that_differs_fails_the_side_that_gives_it_and_an_error_more_so() -> None:
    quick = runs.side(3)
    assert summarize_side(quick, 100.0).outcome == "meets"
    assert summarize_side(quick, 100.0, differs="other rows").outcome == "other rows"
    assert summarize_side(replace(quick, error="no table"), 100.0, differs="other rows").outcome == "failed"
    found = summed(replace(QUEUE, equality=runs.DIFFERENT))
    assert (found.before.outcome, found.after.outcome) == ("misses", "other rows")


def test_the_percentiles_of_a_side_are_those_of_its_samples() -> None:
    samples = tuple(replace(one, ms=float(at)) for at, one in enumerate(runs.samples(1, 100), 1))
    found = summarize_side(CellSide(samples=samples[:-1] + runs.samples(99, 1, censored=True)), 500.0)
    assert (found.n, found.censored, found.p50.ms, found.p95.ms, found.p99.ms) == (100, 1, 50, 95, 99)
    assert found.longest == Figure(99, censored=True)


def test_figures_are_ordered_nothing_first_and_timeouts_last() -> None:
    figures = [Figure(5, censored=True), Figure(9), None, Figure(0)]
    assert sorted(figures, key=rank) == [None, Figure(0), Figure(9), Figure(5, censored=True)]

"""A series with a known law gets its word and its exponent."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.experiments.scale.record import Measurement
from bench.experiments.scale.shapes import buffers, changed, describe, growth, median_ms, p95_ms, same_plan, tenant_axis
from tests.builders.growths import SCALES, TENANTS, censored, series

LAWS = {
    "flat": lambda n: 7.0,
    "logarithmic": lambda n: 40 * math.log(n / 2_000),
    "less than linear": lambda n: math.sqrt(n),
    "linear in everything": lambda n: n / 50,
    "worse than linear": lambda n: n * n / 1e6,
    "falls": lambda n: 1e6 / math.sqrt(n),
}


@pytest.mark.parametrize("word", LAWS)
def test_a_law_without_noise_gets_its_word(word):
    assert growth(series(LAWS[word]), buffers).shape == word


@pytest.mark.parametrize("word", LAWS)
@pytest.mark.parametrize("seed", range(5))
def test_a_tenth_of_noise_changes_no_word_into_its_opposite(word, seed):
    found = growth(series(LAWS[word], noise=0.1, seed=seed), median_ms).shape
    neighbours = {"logarithmic": {"less than linear", "cannot tell"}, "less than linear": {"logarithmic"}}
    assert found in {word, *neighbours.get(word, set())}


@pytest.mark.parametrize("law", [lambda n: 20 + n / 500, lambda n: n * math.log(n) / 1e4])
def test_a_constant_part_and_a_sort_leave_growth_linear(law):
    assert growth(series(law), buffers).shape == "linear in everything"


def test_a_small_linear_part_under_a_large_constant_is_less_than_linear():
    assert growth(series(lambda n: 2_000 + n / 500), buffers).shape == "less than linear"


def test_the_exponent_of_a_power_is_found_with_an_interval_around_it():
    found = growth(series(lambda n: n**0.7), median_ms)
    assert found.exponent == pytest.approx(0.7)
    assert found.low < 0.7 < found.high < 0.73


def test_the_interval_of_an_exponent_holds_the_truth_in_nineteen_of_twenty_series():
    found = [growth(series(lambda n: n**0.7, noise=0.1, seed=seed), median_ms) for seed in range(400)]
    assert 0.92 <= sum(one.low <= 0.7 <= one.high for one in found) / 400 <= 0.98


def test_work_that_follows_the_tenant_is_told_from_work_that_follows_everything():
    of_tenant = growth(series(lambda rows: rows / 10, tenants=TENANTS), buffers)
    assert (of_tenant.shape, of_tenant.axis) == ("linear in the tenant", "tenant")
    assert of_tenant.tenant_exponent == pytest.approx(1, abs=0.01)
    everything = series(lambda n: n / 50)
    known = [replace(one, tenant_rows=rows) for one, rows in zip(everything, TENANTS, strict=True)]
    assert growth(known, buffers).shape == "linear in everything"


def test_a_tenant_that_grows_like_everything_leaves_it_open_which_is_meant():
    found = growth(series(lambda rows: rows / 2, tenants=[scale // 50 for scale in SCALES]), buffers)
    assert found.shape == "linear"


def test_a_tenant_that_hardly_grows_is_no_axis():
    found = growth(series(lambda rows: rows / 10, tenants=(700, 635, 760, 762, 835)), buffers)
    assert found.tenant_exponent is None
    assert found.axis == "everything"


def test_two_steps_have_an_exponent_and_no_interval_and_no_word():
    found = growth(series(lambda n: n / 50, scales=SCALES[:2]), buffers)
    assert (found.shape, found.low, found.exponent) == ("cannot tell", None, pytest.approx(1, abs=0.01))
    assert "two steps" in found.reason


def test_one_step_says_nothing():
    found = growth(series(lambda n: n / 50, scales=SCALES[:1]), buffers)
    assert (found.shape, found.exponent) == ("cannot tell", None)


def test_scatter_without_end_is_not_called_flat():
    assert growth(series(lambda n: 50.0, noise=1.5, seed=3), median_ms).shape == "cannot tell"


def test_a_change_of_plan_splits_the_series():
    law = series(lambda n: n if n < 50_000 else 5.0, plans="aabbb")
    found = growth(law, buffers)
    assert (found.shape, found.steps) == ("flat", 3)
    assert "the plan changed at 100,000" in found.reason


def test_steps_that_ran_into_the_timeout_are_left_out_of_times_and_said_so():
    found = growth(censored(series(lambda n: n / 1e4), 3, 4), median_ms)
    assert found.steps == 3
    assert "2 steps ran into the timeout" in found.reason


@pytest.mark.parametrize(
    ("exponent", "word"),
    [
        (0.09, "flat"), (-0.09, "flat"), (-0.11, "falls"), (0.11, "less than linear"), (0.84, "less than linear"),
        (0.86, "linear in everything"), (1.14, "linear in everything"), (1.16, "worse than linear"),
    ],
)  # fmt: skip
def test_each_word_has_its_exponents(exponent, word):
    assert growth(series(lambda n: n**exponent), median_ms).shape == word


@pytest.mark.parametrize(("part", "word"), [(0.49, "less than linear"), (0.51, "linear in everything")])
def test_growth_is_linear_where_half_of_the_largest_figure_grows_with_everything(part, word):
    found = growth(series(lambda n: 100 * (1 - part) + 100 * part * n / SCALES[-1]), median_ms)
    assert (found.shape, found.model) == (word, "linear")


@pytest.mark.parametrize(("part", "word"), [(0.45, "less than linear"), (0.55, "linear")])
def test_and_half_of_it_with_the_tenant(part, word):
    found = growth(series(lambda n: 100 * (1 - part) + 100 * part * n / TENANTS[-1], tenants=TENANTS), median_ms)
    assert (found.shape, found.axis) == (word, "tenant")


@pytest.mark.parametrize(("tenants", "word"), [((), "worse than linear"), (TENANTS, "worse than linear")])
def test_a_square_is_worse_than_linear_over_whatever_it_is(tenants, word):
    assert growth(series(lambda n: n * n / 1e6, tenants=tenants), median_ms).shape == word


def points(*ys: float | None, **more: object) -> tuple[Measurement, ...]:
    return tuple(Measurement(scale=10 * 10**at, p50_ms=y, plan="a", **more) for at, y in enumerate(ys))


@pytest.mark.parametrize(
    ("ys", "word"),
    [
        ((100, 115, 98, 104), "flat"),  # ends at 0.09: twice as much for ten times the rows is ruled out
        ((100, 160, 70, 104), "cannot tell"),  # as flat, but its interval ends above 0.3
        ((10, 400, 700, 60_000), "cannot tell"),  # grows, but whether as a root or as a square
        ((10, 80, 700, 9_000), "linear in everything"),
    ],
)  # fmt: skip
def test_an_interval_that_holds_too_much_says_nothing(ys, word):
    found = growth(points(*ys), median_ms)
    assert (found.shape, found.reason) == (
        word,
        "too much scatter for these few steps" if word == "cannot tell" else "",
    )


@pytest.mark.parametrize(
    ("found", "reason", "steps"),
    [
        (points(), "fewer than two steps", 0),
        (points(5), "fewer than two steps", 1),
        (points(5, None), "1 steps have no figure", 1),
        (points(5, None, 9), "two steps give no interval; 1 steps have no figure", 2),
        (points(5, 9), "two steps give no interval", 2),
        (points(5, 6, 7, p50_censored=True), "3 steps ran into the timeout", 0),
        (points(None, None, p95_censored=True), "2 steps ran into the timeout", 0),
    ],
)
def test_why_nothing_can_be_told_is_said(found, reason, steps):
    made = growth(found, median_ms)
    assert (made.shape, made.reason, made.steps) == ("cannot tell", reason, steps)


def test_a_plan_that_changed_is_the_reason_unless_figures_lack_too():
    law = series(lambda n: n, plans="aabbb")
    assert growth(law, median_ms).reason == "the plan changed at 100,000: the steps since then"
    assert growth(law[:3], median_ms).reason == "the plan changed at 100,000: the steps since then"
    assert growth(censored(law, 4), median_ms).reason == "two steps give no interval; 1 steps ran into the timeout"


@pytest.mark.parametrize(
    ("plans", "kept"),
    [("aaa", 3), ("aab", 1), ("abb", 2), ("aba", 1), ("a b", 3), ("ab ", 2), (" ab", 1), ("", 0), ("a", 1)],
)
def test_a_plan_changes_where_two_that_follow_each_other_are_known_and_differ(plans, kept):
    found = tuple(Measurement(scale=at, plan=plan.strip()) for at, plan in enumerate(plans))
    assert same_plan(found) == found[len(found) - kept :]
    assert not changed(Measurement(scale=1), Measurement(scale=2, plan="a"))


@pytest.mark.parametrize(
    ("rows", "axis"),
    [
        ((100, 150), [100, 150]), ((100, 149), None), ((150, 100), [150, 100]), ((100, None, 900), None),
        ((100, 0, 900), None), ((), None), ((None,), None),
    ],
)  # fmt: skip
def test_a_tenant_is_an_axis_where_it_is_known_everywhere_and_grew_by_half(rows, axis):
    assert tenant_axis([Measurement(scale=1, tenant_rows=value) for value in rows]) == axis


def test_figures_that_the_timeout_cut_off_are_none():
    one = Measurement(scale=1, p50_ms=5.0, p95_ms=9.0, buffers=3)
    assert (buffers(one), median_ms(one), p95_ms(one)) == (3, 5, 9)
    assert median_ms(replace(one, p50_censored=True)) is p95_ms(replace(one, p95_censored=True)) is None
    assert p95_ms(replace(one, p50_censored=True)) == 9


def test_two_steps_are_described_over_everything():
    found = series(lambda n: n, tenants=TENANTS[:2], scales=SCALES[:2])
    assert describe(found, median_ms)[1:] == ("everything", True)
    assert growth(found, median_ms).tenant_exponent == pytest.approx(1)


def test_the_axis_that_leaves_less_is_ahead_and_the_other_is_told_apart_where_it_leaves_much_more():
    of_tenant = series(lambda n: n / 10, tenants=TENANTS)
    made, axis, apart = describe(of_tenant, median_ms)
    assert (axis, apart, made.at(1_000)) == ("tenant", True, pytest.approx(100))
    alike = series(lambda n: n / 10, tenants=[scale // 50 for scale in SCALES])
    assert describe(alike, median_ms)[1:] == ("everything", False)
    assert describe(series(lambda n: 7.0, tenants=TENANTS), median_ms)[1:] == ("everything", True)

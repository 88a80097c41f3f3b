"""A series with a known law gets its word and its exponent."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.experiments.scale.shapes import buffers, growth, median_ms
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

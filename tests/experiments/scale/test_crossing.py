"""The scale at which p95 crosses 100 ms: enclosed by steps, or read off a curve with its interval."""

from __future__ import annotations

import math

import pytest

from bench.experiments.scale.crossing import crossing, curve, without_estimate
from bench.experiments.scale.sentences import crossing as says
from tests.builders.growths import SCALES, TARGET_MS, censored, series

LAST = SCALES[-1]


def held(law, truth, *, noise, seeds=200):
    """The share of noisy series whose crossing's interval holds ``truth``."""
    found = [crossing(series(law, noise=noise, seed=seed), TARGET_MS) for seed in range(seeds)]
    return sum(
        one.at <= truth if one.kind == "not before" else (one.low or 0) <= truth <= (one.high or math.inf)
        for one in found
    ) / len(found)


def test_a_crossing_between_two_steps_is_enclosed_by_them():
    found = crossing(series(lambda n: n / 2_000), TARGET_MS)
    assert (found.kind, found.extrapolated) == ("crosses", False)
    assert found.at == pytest.approx(200_000, rel=0.01)
    assert 100_000 <= found.low < found.at < found.high <= 320_000


def test_a_crossing_beyond_the_last_step_is_read_off_the_curve():
    found = crossing(series(lambda n: 5 + n / 40_000), TARGET_MS)
    assert (found.kind, found.extrapolated) == ("crosses", True)
    assert found.at == pytest.approx(3_800_000, rel=0.02)
    assert found.low < 3_800_000 < found.high


@pytest.mark.parametrize(
    ("law", "truth"),
    [
        (lambda n: 40 * (n / 1e6) ** 0.7, 1e6 * 2.5 ** (1 / 0.7)),
        (lambda n: 5 + n / 40_000, 3_800_000),
        (lambda n: n / 3_000, 300_000),
    ],
)
def test_the_interval_holds_the_truth_in_about_nineteen_of_twenty_noisy_series(law, truth):
    assert held(law, truth, noise=0.1) >= 0.92


def test_a_flat_cell_does_not_cross_within_ten_times_the_largest_step():
    found = crossing(series(lambda n: 2.0), TARGET_MS)
    assert (found.kind, found.at) == ("not before", 10 * LAST)


def test_a_cell_that_is_over_at_the_smallest_step_is_already_over():
    found = crossing(series(lambda n: 200.0), TARGET_MS)
    assert (found.kind, found.at) == ("already over", SCALES[0])


def test_timeouts_above_the_target_enclose_the_crossing_and_are_not_fitted():
    found = crossing(censored(series(lambda n: n / 2_000), 3, 4), TARGET_MS)
    assert found.at == pytest.approx(200_000, rel=0.01)
    assert 100_000 <= found.low < found.high <= 320_000


def test_timeouts_below_the_target_claim_no_crossing():
    found = crossing(censored(series(lambda n: 2.0), 3, 4, ms=50.0), TARGET_MS)
    assert found.kind == "cannot tell"
    assert "timeout" in found.reason


def test_a_plan_that_changed_at_the_last_step_says_nothing_beyond_it():
    found = crossing(series(lambda n: n / 100_000, plans="aaaab"), TARGET_MS)
    assert (found.kind, found.at) == ("still within", LAST)
    assert "plan changed at 1,000,000" in found.reason


def test_a_curve_begins_after_the_plan_changed():
    law = series(lambda n: 50.0 if n < 50_000 else n / 40_000, plans="aabbb")
    assert crossing(law, TARGET_MS).at == pytest.approx(4_000_000, rel=0.05)


def test_the_curve_of_a_figure_begins_where_the_last_plan_does():
    made, begins = curve(series(lambda n: n / 2_000, plans="aabbb"))
    assert begins == SCALES[2]
    assert made.at(LAST) == pytest.approx(LAST / 2_000, rel=0.01)
    assert curve(series(lambda n: n / 2_000, plans="aaaab")) is None


def test_two_steps_claim_nothing_beyond_them_but_say_where_their_line_goes():
    found = crossing(series(lambda n: n / 1_000, scales=(10_000, 50_000)), TARGET_MS)
    assert (found.kind, found.at) == ("still within", 50_000)
    assert "two steps give no interval (a line through them would cross at 100," in found.reason


def test_scatter_is_no_growth_that_crosses():
    kinds = [crossing(series(lambda n: 10.0, noise=0.4, seed=seed), TARGET_MS).kind for seed in range(100)]
    assert kinds.count("crosses") <= 5
    assert kinds.count("not before") >= 90


def test_a_verdict_that_comes_back_is_not_called_a_crossing():
    found = crossing(series(lambda n: 300.0 if 50_000 < n < 500_000 else 5.0), TARGET_MS)
    assert found.kind == "cannot tell"


@pytest.mark.parametrize(
    ("law", "words"),
    [
        (lambda n: n / 2_000, "between 100,000 and 320,000"),
        (lambda n: 5 + n / 40_000, "still within at 1,000,000"),
        (lambda n: 2.0, "still within at 1,000,000"),
        (lambda n: 200.0, "already over at 10,000"),
        (lambda n: 100.0 if n < 50_000 else 200.0, "already over at 100,000"),
    ],
)
def test_without_an_estimate_a_crossing_is_what_the_steps_say(law, words):
    measured = series(law)
    assert says(without_estimate(crossing(measured, TARGET_MS), measured)) == words


def test_without_one_timed_step_nothing_is_said():
    assert crossing((), TARGET_MS).kind == "cannot tell"

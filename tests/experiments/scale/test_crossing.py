"""The scale at which p95 crosses 100 ms: enclosed by steps, or read off a curve with its interval."""

from __future__ import annotations

import itertools
import math

import pytest

from bench.experiments.scale.crossing import crossing, curve, without_estimate
from bench.experiments.scale.record import Crossing, Measurement
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


def steps(
    *seen: tuple[int, float | None, str], plans: str = "aaaaaa", cut: tuple[int, ...] = ()
) -> tuple[Measurement, ...]:
    """Steps of (scale, p95, verdict); those of the numbers ``cut`` were stopped by the timeout."""
    return tuple(
        Measurement(scale=scale, p95_ms=ms, verdict=verdict, plan=plans[at], p95_censored=at in cut)
        for at, (scale, ms, verdict) in enumerate(seen)
    )


MEETS, OPEN, MISSES = "meets", "cannot tell", "misses"


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (steps((10, None, OPEN)), Crossing(OPEN, reason="not one execution was timed")),
        (
            steps((10, 200, MISSES), (20, 150, OPEN), (40, 9, MEETS)),
            Crossing(OPEN, reason="over the target at the smallest step, within it at the largest"),
        ),
        (steps((10, 200, MISSES), (20, 9, MEETS), (40, 99, OPEN)), Crossing("already over", 10, high=10)),
        (
            steps((10, None, OPEN), (20, 200, MISSES), (40, 300, MISSES)),
            Crossing("already over", 20, high=20),
        ),
        (
            steps((10, 9, MEETS), (2_000, 200, MISSES), (4_000, 9, MEETS), (9_000, 300, MISSES)),
            Crossing(OPEN, reason="over the target at 2,000, within it at a larger step"),
        ),
        (
            steps((10, 99, OPEN), (40, 200, MISSES), (90, 99, OPEN), cut=(1,)),
            Crossing("crosses", 20, high=40, reason="no smaller step is clearly within the target"),
        ),
        (steps((10, 25, MEETS), (160, 400, MISSES), plans="ab"), Crossing("crosses", 40, 10, 160)),
        (
            steps((5, 9, MEETS), (10, 25, MEETS), (160, 400, MISSES), (900, 500, MISSES), plans="aabb"),
            Crossing("crosses", 40, 10, 160),
        ),
        (
            steps((5, 9, MEETS), (10, 50, OPEN), (160, 800, MISSES), plans="aab"),
            Crossing("crosses", 20, 5, 160),
        ),
        (steps((10, 100, MEETS), (40, 400, MISSES), plans="ab"), Crossing("crosses", 20, 10, 40)),
        (steps((10, 0, MEETS), (40, 400, MISSES), plans="ab"), Crossing("crosses", 20, 10, 40)),
        (steps((10, 25, MEETS), (40, 90, MISSES), plans="ab"), Crossing("crosses", 20, 10, 40)),  # one binding misses
        (steps((10, 25, MEETS), (40, 100, MISSES), plans="ab"), Crossing("crosses", 20, 10, 40)),
        (steps((10, 25, MEETS), (40, 400, MISSES), plans="ab", cut=(1,)), Crossing("crosses", 20, 10, 40)),
        (
            steps((10, 9, MEETS), (20, 50, OPEN), cut=(1,)),
            Crossing(OPEN, reason="cut off by a timeout below the target"),
        ),
        (
            steps((10, 99, OPEN), (20, 101, OPEN)),
            Crossing(OPEN, reason="too few executions, or too close to the target, at every step"),
        ),
        (steps((10, 9, MEETS)), Crossing("still within", 10, 10, reason="only one step: nothing can be said beyond")),
        (
            steps((10, 9, MEETS), (2_000, 99, OPEN), plans="ab"),
            Crossing("still within", 10, 10, reason="the plan changed at 2,000: nothing can be said beyond"),
        ),
        (
            steps((10, 9, MEETS), (20, 9, MEETS)),
            Crossing("still within", 20, 20, reason="two steps give no interval"),
        ),
        (
            steps((100, 25, MEETS), (400, 50, MEETS)),
            Crossing(
                "still within", 400, 400, reason="two steps give no interval (a line through them would cross at 1,600)"
            ),
        ),
        (
            steps((5, 9, MEETS), (100, 25, MEETS), (200, 50, OPEN), plans="abb"),
            Crossing(
                "still within", 100, 100, reason="two steps give no interval (a line through them would cross at 400)"
            ),
        ),
    ],
)  # fmt: skip
def test_what_the_steps_say_by_themselves_comes_first(seen: tuple[Measurement, ...], found: Crossing) -> None:
    made = crossing(seen, TARGET_MS)
    assert (made.kind, made.reason, made.extrapolated) == (found.kind, found.reason, False)
    assert [made.at, made.low, made.high] == [
        None if wanted is None else pytest.approx(wanted, rel=1e-3) for wanted in (found.at, found.low, found.high)
    ]


@pytest.mark.parametrize("law", [lambda n: n / 200, lambda n: n / 2_000])
def test_a_curve_narrows_what_two_steps_enclose_wherever_they_are(law):
    found = crossing(series(law), TARGET_MS)
    enclosed = next(pair for pair in itertools.pairwise(SCALES) if law(pair[1]) > TARGET_MS)
    truth = TARGET_MS / law(1)
    assert enclosed[0] < 0.99 * truth < found.low + 0.01 * truth < found.at == pytest.approx(truth, rel=1e-5)
    assert found.at < found.high < 1.03 * truth < enclosed[1]
    assert found.high / found.at == pytest.approx(found.at / found.low, rel=0.01)


def test_a_curve_that_contradicts_the_steps_narrows_nothing():
    """By the curve it crosses at 160, before the last step that is clearly within the target."""
    seen = steps((10, 5, MEETS), (100, 70, MEETS), (200, 90, MEETS), (210, 300, MISSES))
    found = crossing(seen, TARGET_MS)
    assert (found.low, found.high) == (200, 210)
    assert found.at == pytest.approx(200 * 1.05 ** (math.log(100 / 90) / math.log(300 / 90)))


def test_a_straight_line_beyond_the_last_step_is_met_exactly_and_enclosed():
    found = crossing(series(lambda n: 5 + n / 40_000), TARGET_MS)
    assert found.at == pytest.approx(3_800_000, rel=1e-6)
    assert 3_600_000 < found.low < 3_750_000 < 3_850_000 < found.high < 4_000_000


def test_nothing_is_believed_beyond_ten_times_the_largest_step():
    for times, kind in ((9.5, "crosses"), (10.5, "not before")):
        found = crossing(series(lambda n, most=times * LAST: TARGET_MS * n / most), TARGET_MS)
        assert (found.kind, found.extrapolated) == (kind, True)
    assert (found.at, found.low, found.high) == (pytest.approx(10 * LAST, rel=0.05), found.at, None)


def test_the_farthest_scale_is_ten_times_the_largest_step_whatever_the_first_one_is():
    found = crossing(steps(*((scale, TARGET_MS * scale / 490, MEETS) for scale in (30, 40, 50))), TARGET_MS)
    assert (found.kind, found.at) == ("crosses", pytest.approx(490))


def test_a_crossing_whose_band_never_comes_back_is_open_above():
    found = crossing(
        steps(*((scale, ms, MEETS) for scale, ms in zip(SCALES, (10, 20, 18, 40, 50), strict=True))), TARGET_MS
    )
    assert (found.kind, found.low, found.high, found.extrapolated) == ("crosses", LAST, None, True)
    assert found.at == pytest.approx(7_080_000, rel=1e-3)


def test_without_proof_of_growth_it_is_said_up_to_where_there_is_none():
    found = crossing(
        steps(*((scale, ms, MEETS) for scale, ms in zip(SCALES, (10, 14, 24, 25, 45), strict=True))), TARGET_MS
    )
    assert (found.kind, found.at, found.high, found.extrapolated) == ("not before", found.low, None, True)
    assert found.low == pytest.approx(1_275_518, rel=1e-5)
    shaken = steps(*((scale, ms, MEETS) for scale, ms in zip(SCALES, (70, 50, 95, 60, 80), strict=True)))
    found = crossing(shaken, TARGET_MS)
    assert (found.kind, found.at, found.extrapolated) == ("not before", LAST, False)


def test_the_lowest_bound_is_the_last_step_that_is_clearly_within():
    """The band meets the target before that step, and the step says otherwise."""
    seen = steps((10, 20, MEETS), (20, 55, MEETS), (40, 40, MEETS), (80, 95, MEETS), (85, 99, OPEN))
    found = crossing(seen, TARGET_MS)
    assert (found.kind, found.low) == ("crosses", 80)
    assert found.at >= found.low
    assert found.extrapolated == (found.at > 85)


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (Crossing("already over", 10, high=10), Crossing("already over", 10, high=10)),
        (Crossing(OPEN, reason="why"), Crossing(OPEN, reason="why")),
    ],
)
def test_without_an_estimate_what_had_none_stays(found: Crossing, left: Crossing) -> None:
    assert without_estimate(found, steps((10, 9, MEETS), (20, 300, MISSES))) == left


def test_without_an_estimate_the_steps_before_the_first_miss_count():
    seen = steps((10, 9, MEETS), (20, 9, MEETS), (40, 99, OPEN), (80, 300, MISSES), (160, 400, MISSES))
    assert without_estimate(Crossing("crosses", 50), seen) == Crossing("crosses", None, 20, 80)
    assert without_estimate(Crossing("not before", 50, reason="why"), seen[:3]) == Crossing(
        "still within", 20, 20, reason="why"
    )
    assert without_estimate(Crossing("crosses", 50, reason="why"), seen[2:]) == Crossing(
        "already over", 80, high=80, reason="why"
    )


def test_a_curve_needs_two_steps_with_a_time():
    seen = steps((10, 5, MEETS), (20, None, OPEN), (40, 20, MEETS))
    made, begins = curve(seen)
    assert (begins, made.at(80)) == (10, pytest.approx(40))
    assert curve(seen[:2]) is None
    assert curve(steps((10, 5, MEETS), (20, 9, MEETS), (40, 99, OPEN), cut=(2,)))[0].at(40) == pytest.approx(16.2)

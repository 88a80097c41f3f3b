"""Verdicts: what may be said of a p95 and a target, when, and what it assumes."""

from __future__ import annotations

import math
import random

import pytest

from bench.model import Sample
from bench.statistics.dependence import swing
from bench.statistics.verdicts import INDEPENDENT, LOG_NORMAL, judge, lower_bound_ms, over, upper_bound_ms, verdict
from tests.statistics.test_quantiles import around, cut, timed


def in_turn(bindings: int, n: int, ms: float = 3) -> list[Sample]:
    """Quick executions of a class of several bindings, in turn."""
    return [Sample(ms, 0.0, number % bindings) for number in range(n)]


def slow_in(samples: list[Sample], binding: int, every: int = 1) -> list[Sample]:
    """The same with each ``every``-th execution of one binding over a target of 100 ms."""
    own = [number for number, sample in enumerate(samples) if sample.binding == binding][::every]
    return [Sample(300, 0.0, one.binding) if number in own else one for number, one in enumerate(samples)]


# ------------------------------------------------------------------------------------------------------- answers
@pytest.mark.parametrize("n", [80, 160, 200, 500])
def test_far_below_the_target_meets_at_the_first_look_that_can_say_so(n: int) -> None:
    found = judge(around(3, n), 100)
    assert (found.verdict, found.look.n, found.assumes) == ("meets", 80, "")


@pytest.mark.parametrize("n", [2, 15, 60, 200])
def test_far_above_the_target_misses_after_two(n: int) -> None:
    found = judge(around(3000, n), 100)
    assert (found.verdict, found.look.n, found.assumes) == ("misses", 2, "")


def test_a_verdict_is_taken_at_looks_only() -> None:
    """On three of four executions one would stop, were it judged after each of them; the looks are at 2 and 5."""
    late = timed(1, 300, 300, 300)
    assert verdict(late, 100) == "cannot tell"
    assert judge([*late, *timed(1)], 100).look.n == 5


def test_the_first_look_that_decides_decides() -> None:
    """What came later changes nothing: else the error would be that of yet another look."""
    assert verdict(timed(300, 300, *[1] * 400), 100) == "misses"
    assert verdict(timed(*[1] * 80, *[300] * 400), 100) == "meets"
    assert verdict(timed(*[300] * 40, *[1] * 80), 100) == "misses"


def test_the_order_of_execution_counts() -> None:
    quick, slow = timed(*[1] * 16), timed(*[300] * 4)
    assert verdict([*slow, *quick], 100) == "misses"
    assert verdict([*quick[:8], *slow[:2], *quick[8:], *slow[2:]], 100) == "cannot tell"


def test_two_timeouts_of_two_beyond_the_target_miss() -> None:
    assert verdict(cut(30_000), 100) == "cannot tell"
    assert verdict(cut(30_000, 2), 100) == "misses"


def test_a_timeout_below_the_target_tells_nothing() -> None:
    assert verdict(cut(50, 20), 100) == "cannot tell"


@pytest.mark.parametrize("n", [5, 20, 100, 1000])
@pytest.mark.parametrize("timeout_ms", [10, 30_000])
def test_no_censored_sample_ever_meets(n: int, timeout_ms: int) -> None:
    assert verdict(timed(*[1] * (n - 1)) + cut(timeout_ms), 100) != "meets"


def test_no_samples_cannot_tell() -> None:
    assert judge([], 100).verdict == "cannot tell"
    assert judge([], 100).p95 is None


def test_fewer_than_five_executions_never_meet() -> None:
    assert verdict(timed(1, 1, 1, 1), 100) == "cannot tell"


def test_one_hiccup_cannot_tell_until_more_executions_outweigh_it() -> None:
    hiccup = timed(400)
    assert verdict(around(3, 14) + hiccup, 100) == "cannot tell"
    assert verdict(hiccup + around(3, 158), 100) == "cannot tell"
    assert judge(hiccup + around(3, 159), 100).look.n == 160


def test_the_reason_says_how_many_executions_would_help() -> None:
    assert judge(around(3, 59) + timed(400), 100).reason == (
        "1 of 60 executions took longer than 100 ms; 160 could show that it meets"
    )


def test_an_execution_at_the_target_is_within_it_and_a_timeout_there_is_not() -> None:
    assert [over(one, 100) for one in timed(100, 100.1)] == [False, True]
    assert [over(one, 100) for one in (*cut(99), *cut(100))] == [False, True]


LATE = timed(101, *[1] * 140, *[300] * 9)
"""Ten over, more than any look lets pass, and one of them early: no look has decided."""


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([], "not one execution was timed"),
        (timed(300, 300), "2 of 2 executions took longer than 100 ms"),
        (timed(300, 300, 1), "2 of the first 2 executions took longer than 100 ms"),
        (timed(1, 1, 1, 1), "4 of at least 5 executions timed"),
        (timed(*[1] * 18) + cut(30_000) + timed(1), "1 of 20 executions hit the statement timeout"),
        (timed(*[60, 90] * 10), "none of 20 executions took longer than 100 ms; 80 could show that it meets"),
        (timed(*[1] * 17, 101, 101), "2 of 19 executions took longer than 100 ms; 160 could show that it meets"),
        (
            timed(*[1] * 40, *[101] * 4, *[1] * 16),
            "4 of 60 executions took longer than 100 ms; 320 could show that it meets",
        ),
        (LATE, "10 of 150 executions took longer than 100 ms"),
        (LATE + timed(*[1] * 169), "10 of 319 executions took longer than 100 ms"),
        (
            LATE + timed(*[1] * 170),
            "10 of 320 executions took longer than 100 ms: too close to it, and there is no later look",
        ),
        (timed(*[1] * 80), "p95 is within 100 ms with 95 % confidence: none of 80 executions took longer"),
        (
            timed(101, *[1] * 160),
            "p95 is within 100 ms with 95 % confidence: 1 of the first 160 executions took longer",
        ),
        (
            timed(*[1, 2] * 10),
            "p95 is within 100 ms with 95 % confidence if times are log-normal: 20 executions; "
            "80 would need no such assumption",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_the_reason_counts_what_was_seen(samples: list[Sample], reason: str) -> None:
    assert judge(samples, 100).reason == reason


# -------------------------------------------------------------------------------------------------------- bounds
@pytest.mark.parametrize(
    ("times", "lower", "upper"),
    [
        (range(80, 0, -1), 79, 80),
        (range(160, 0, -1), 159, 158),
        (range(320, 0, -1), 319, 312),
        (range(1, 160), 79 - 7, 80),
    ],
)
def test_the_tightest_bound_of_all_looks_counts(times: range, lower: int, upper: int) -> None:
    """The times fall: the first look has the longest. Or they rise, and the first 80 have the shortest."""
    samples = timed(*times)
    assert (lower_bound_ms(samples), upper_bound_ms(samples)) == (lower, upper)


def test_a_look_counts_from_its_own_number_of_executions_on() -> None:
    samples = timed(1, 1, 9, 8, 7)
    assert [lower_bound_ms(samples[:n]) for n in (0, 1, 2, 4, 5)] == [None, None, 1, 1, 7]


def test_a_bound_never_rests_on_a_time_that_is_not_known() -> None:
    """Of 160 executions the third longest is the bound, and the one timeout is none of the three shortest."""
    one_stopped = cut(50) + timed(*range(1, 160))
    assert upper_bound_ms(one_stopped[:80]) is None
    assert upper_bound_ms(one_stopped) == 158
    assert [upper_bound_ms(timed(*[1] * n) + cut(50)) for n in (4, 20)] == [None, None]


@pytest.mark.parametrize(("n", "factor"), [(6, 3.6670), (20, 2.3784), (50, 2.0585)])
def test_below_80_the_bound_is_the_mean_and_natrella_s_factor_of_standard_deviations(n: int, factor: float) -> None:
    deviation = 0.2 * math.sqrt(n / (n - 1))
    samples = timed(*[7 * math.exp(0.2), 7 * math.exp(-0.2)] * (n // 2))
    assert math.log(upper_bound_ms(samples) / 7) / deviation == pytest.approx(factor, abs=2e-4)


def test_five_executions_have_such_a_bound_and_four_have_none() -> None:
    assert upper_bound_ms(timed(1, 1, 1, 1)) is None
    assert upper_bound_ms(timed(1, 1, 1, 1, 1)) == 1
    assert upper_bound_ms(timed(0, 0, 0, 0, 0)) == pytest.approx(0.001)


def test_the_bound_is_never_below_a_time_that_was_seen() -> None:
    assert upper_bound_ms(timed(*[1] * 78, 50)) == 50


def test_a_bound_says_whether_it_is_for_log_normal_times_only() -> None:
    assert [judge(timed(*[3] * n), 100).upper_is_log_normal for n in (79, 80)] == [True, False]


def test_the_bounds_of_a_judgement_are_those_of_its_samples() -> None:
    samples = timed(*range(120, 40, -1))
    found = judge(samples, 100)
    assert (found.verdict, found.lower_ms, found.upper_ms) == ("misses", 119, 120)
    assert found.p95.ms == 116


def test_bounds_are_those_of_the_looks() -> None:
    """At 80 the longest is the upper bound and the ninth longest the lower one."""
    samples = timed(*range(1, 81))
    assert (lower_bound_ms(samples), upper_bound_ms(samples)) == (72, 80)


def test_a_verdict_and_its_bound_agree() -> None:
    rng = random.Random(3)
    for _ in range(200):
        samples = timed(*(100 * rng.lognormvariate(-0.4, 0.3) for _ in range(rng.choice([20, 80, 160, 320]))))
        found = judge(samples, 100)
        assert found.verdict != "misses" or found.lower_ms > 100
        assert found.verdict != "meets" or found.upper_ms <= 100


def test_below_the_first_look_that_can_meet_the_bound_lies_beyond_the_longest() -> None:
    assert upper_bound_ms(timed(90, 91, 92, 93, 94, 95)) > 95


# --------------------------------------------------------------------------------------------------- assumptions
@pytest.mark.parametrize("n", [5, 15, 79])
def test_an_answer_from_fewer_executions_says_that_it_assumes_log_normal_times(n: int) -> None:
    found = judge(around(3, n), 100)
    assert (found.verdict, found.look) == ("meets", None)
    assert LOG_NORMAL in found.assumes
    assert "80 would need no such assumption" in found.reason


def test_too_close_to_the_target_cannot_tell() -> None:
    found = judge(around(90, 15, spread=0.06), 100)
    assert found.verdict == "cannot tell"
    assert found.lower_ms < 100 < found.upper_ms


def autocorrelated(ms: float, n: int, carry: float, seed: int = 5) -> list[Sample]:
    rng, state, found = random.Random(seed), 0.0, []
    for _ in range(n):
        state = carry * state + math.sqrt(1 - carry**2) * rng.gauss(0, 1)
        found.append(ms * math.exp(0.3 * state))
    return timed(*found)


def test_executions_that_take_after_each_other_near_the_target_are_an_assumption() -> None:
    found = judge(autocorrelated(40, 80, 0.9), 100)
    assert (found.verdict, found.assumes) == ("meets", INDEPENDENT)


def test_they_are_none_far_from_it_or_where_they_do_not() -> None:
    assert judge(autocorrelated(1, 80, 0.9), 100).assumes == ""
    flagged = [swing(autocorrelated(40, 80, 0.0, seed)) > 1 for seed in range(200)]
    assert sum(flagged) <= 0.12 * len(flagged)
    seen = [swing(autocorrelated(40, 80, 0.5, seed)) > 1 for seed in range(200)]
    assert sum(seen) >= 0.9 * len(seen)


def test_two_that_may_be_over_need_no_assumption_by_themselves() -> None:
    samples = around(3, 158)
    assert judge([*samples[:20], *timed(300), *samples[20:90], *timed(300), *samples[90:]], 100).assumes == ""


def test_a_machine_that_becomes_slower_all_along_is_seen() -> None:
    rng = random.Random(2)
    samples = timed(*(60 * (1 + number / 200) * rng.lognormvariate(0, 0.05) for number in range(80)))
    assert judge(samples, 100).assumes == INDEPENDENT


def test_a_miss_of_two_executions_near_the_target_assumes_that_they_are_independent() -> None:
    """Nobody can see that of two; a timeout three hundred times the target needs no such thing."""
    assert judge(timed(120, 130), 100).assumes == INDEPENDENT
    assert judge(cut(30_000, 2), 100).assumes == ""


@pytest.mark.parametrize(
    ("ms", "n", "assumes"),
    [
        (9.9, 9, LOG_NORMAL),
        (10.1, 9, f"independent {LOG_NORMAL}"),  # fewer than ten are reckoned to swing tenfold
        (80, 10, LOG_NORMAL),  # ten that do not swing
        (80, 80, ""),
    ],
)
def test_near_the_target_it_matters_whether_executions_are_independent(ms: float, n: int, assumes: str) -> None:
    found = judge(timed(*[ms] * n), 100)
    assert (found.verdict, found.assumes) == ("meets", assumes)


@pytest.mark.parametrize(("ms", "assumes"), [(999, INDEPENDENT), (1001, "")])
def test_a_miss_by_more_than_the_machine_swings_assumes_nothing(ms: float, assumes: str) -> None:
    assert judge(timed(ms, ms), 100).assumes == assumes


def test_no_verdict_assumes_nothing() -> None:
    assert judge(timed(90, 99, 101), 100).assumes == ""


def test_times_of_zero_meet_any_target() -> None:
    assert judge(timed(*[0] * 5), 100).assumes == LOG_NORMAL


# ------------------------------------------------------------------------------------------------------ bindings
def with_slow(samples: list[Sample], slow: dict[int, float]) -> list[Sample]:
    """``samples`` with other times in these places."""
    return [Sample(slow.get(at, one.ms), 0.0, one.binding) for at, one in enumerate(samples)]


@pytest.mark.parametrize(("slow", "decided"), [(3, ""), (4, ""), (5, "misses")])
def test_a_binding_misses_by_itself_below_a_chance_that_bindings_and_looks_share(slow: int, decided: str) -> None:
    """Of its eight executions 5 over have a chance of 0.0015 %, 4 of 0.037 %; the limit is 0.5 % / (5 * 8)."""
    samples = with_slow(in_turn(5, 40), {39 - 5 * number: 300.0 for number in range(slow)})
    found = judge(samples, 100)
    assert (found.verdict, found.binding) == (("misses", 5) if decided else ("cannot tell", None))
    assert f"binding 5 took longer than 100 ms in {slow} of its 8 executions" in found.reason
    assert found.lower_ms == (300 if decided else 3)


def test_the_lower_bound_of_a_binding_is_the_shortest_of_its_executions_over_the_target() -> None:
    samples = with_slow(in_turn(5, 20), {4: 340.0, 9: 300.0, 14: 320.0, 19: 310.0})
    assert judge(samples, 100).lower_ms == 300


def test_of_two_bindings_one_can_miss_by_itself() -> None:
    found = judge(with_slow(in_turn(2, 20), dict.fromkeys((11, 13, 15, 17), 300.0)), 100)
    assert (found.verdict, found.binding) == ("cannot tell", None)
    found = judge(with_slow(in_turn(2, 160), {at: 300.0 for at in range(1, 142, 10) if at != 71}), 100)
    assert (found.verdict, found.binding, found.look.n) == ("misses", 2, 160)


def test_of_bindings_that_are_as_slow_the_first_is_named() -> None:
    found = judge(with_slow(in_turn(5, 20), dict.fromkeys((16, 11, 18, 13), 300.0)), 100)
    assert "binding 2 took longer than 100 ms in 2 of its 4 executions" in found.reason


def test_the_only_binding_of_a_class_is_not_named() -> None:
    assert "binding" not in judge(with_slow(in_turn(1, 60), dict.fromkeys((41, 43, 45, 47), 300.0)), 100).reason


def test_two_of_forty_hide_no_slow_binding_and_two_of_thirty_two_do() -> None:
    """More than one, and more than one time in twenty of its own."""
    for bindings, verdict_found in ((4, "meets"), (5, "cannot tell")):
        samples = with_slow(in_turn(bindings, 160), {2 * bindings: 300.0, 30 * bindings: 300.0})
        assert verdict(samples, 100) == verdict_found
    assert judge(samples, 100).reason == (
        "2 of 160 executions took longer than 100 ms; binding 1 took longer than 100 ms in 2 of its 32 executions; "
        "320 could show that it meets"
    )


def test_a_binding_that_is_slow_at_times_is_not_hidden_by_the_others() -> None:
    """8 of 320 in all is within the limit of the last look, but they are 8 of the 64 of one binding."""
    samples = slow_in(in_turn(5, 320), 2, every=8)
    found = judge(samples, 100)
    assert verdict([Sample(one.ms, 0.0) for one in samples], 100) == "meets"
    assert found.verdict == "cannot tell"
    assert "binding 3 took longer than 100 ms in 8 of its 64 executions" in found.reason


def test_a_binding_that_is_always_slow_misses_by_itself_and_is_named() -> None:
    found = judge(slow_in(in_turn(40, 160), 7), 100)
    assert (found.verdict, found.binding, found.look.n) == ("misses", 8, 160)
    assert found.reason.startswith("binding 8 took longer than 100 ms in 4 of its 4 executions")
    assert found.lower_ms > 100


def test_one_slow_binding_of_five_misses_within_twenty_executions() -> None:
    found = judge(slow_in(in_turn(5, 20), 4), 100)
    assert (found.verdict, found.binding) == ("misses", 5)


def test_hiccups_in_any_binding_still_meet() -> None:
    samples = in_turn(5, 160)
    samples[12] = Sample(300, 0.0, samples[12].binding)
    samples[88] = Sample(300, 0.0, samples[88].binding)
    assert verdict(samples, 100) == "meets"


def test_many_bindings_at_the_target_are_seldom_called_slow() -> None:
    """Each of twenty bindings is over one time in twenty: all looks and bindings together are wrong in 5 % at most."""
    rng, wrong, cells = random.Random(11), 0, 1_000
    for _ in range(cells):
        samples = [Sample(300 if rng.random() < 0.05 else 3, 0.0, number % 20) for number in range(320)]
        wrong += verdict(samples, 100) == "misses"
    assert wrong / cells <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / cells)

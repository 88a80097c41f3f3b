"""Percentiles and ratios: what may be said about samples, and what may not."""

from __future__ import annotations

import random
import time

import pytest

from bench.model import Sample
from bench.statistics.quantiles import Figure, longest, median, percentile, ratio


def timed(*times: float) -> list[Sample]:
    return [Sample(ms=ms, at_s=0.0) for ms in times]


def cut(ms: float = 30_000, n: int = 1) -> list[Sample]:
    return [Sample(ms=ms, at_s=0.0, censored=True) for _ in range(n)]


def around(ms: float, n: int, *, spread: float = 0.1, seed: int = 1) -> list[Sample]:
    rng = random.Random(seed)
    return timed(*(ms * rng.lognormvariate(0, spread) for _ in range(n)))


# ------------------------------------------------------------------------------------------------- percentiles
def test_a_percentile_is_a_time_that_was_seen():
    samples = timed(*range(1, 21))
    assert percentile(samples, 0.95) == Figure(19)
    assert median(samples) == Figure(10)
    assert longest(samples) == Figure(20)


def test_p95_of_fewer_than_twenty_is_the_longest_and_says_so():
    assert percentile(timed(*range(1, 20)), 0.95) == Figure(19, longest_of=19)
    assert percentile(timed(*range(1, 21)), 0.95).longest_of == 0
    assert percentile(timed(1), 0.5).longest_of == 0


def test_there_is_no_p99_of_fewer_than_a_hundred():
    assert percentile(timed(*range(1, 100)), 0.99) is None
    assert percentile(timed(*range(1, 101)), 0.99) == Figure(99)


def test_no_samples_have_no_percentile():
    assert percentile([], 0.95) is None


def test_a_timeout_counts_as_longer_than_any_finished_sample():
    """The statement that finished at 31 s took less time than the one that was stopped at 30 s."""
    assert percentile(timed(31_000) + cut(30_000), 1.0) == Figure(30_000, censored=True)
    assert percentile(timed(*range(19)) + cut(), 0.95) == Figure(18)


def test_the_percentiles_at_the_ends_are_the_shortest_and_the_longest():
    samples = timed(3, 1, 2)
    assert percentile(samples, 0.0) == Figure(1)
    assert longest(samples) == Figure(3)


def test_a_high_percentile_of_few_is_the_longest_and_one_in_the_middle_is_not():
    assert percentile(timed(1, 2, 3), 0.75) == Figure(3, longest_of=3)
    assert percentile(timed(1, 2, 3, 4), 0.75) == Figure(3)
    assert percentile(timed(*range(1, 11)), 0.9) == Figure(9), "1 - 0.9 is a hair below a tenth"


# ------------------------------------------------------------------------------------------------------- ratio
BEFORE, AFTER = timed(100, 120, 90, 150, 110, 95, 130, 105), timed(10, 13, 9, 16, 10.5, 9.2, 14, 11)


@pytest.mark.parametrize(
    ("after", "value", "low", "high"),
    [(AFTER, 10, 9.23076923076923, 10.476190476190476), ([*AFTER, *timed(12)], 105 / 11, 7.3076923076923075, 12.0)],
    ids=["rounds", "apart"],
)
def test_the_interval_of_these_times_is_the_same_on_every_machine(after, value, low, high):
    """A ratio of medians is a ratio of two of these times: any other draw, seed or rank gives another one."""
    found = ratio(BEFORE, after)
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), rel=1e-12)


def test_sides_that_are_drawn_apart_are_drawn_by_numbers_of_their_own():
    found = ratio(around(100, 30), around(10, 25, seed=2))
    assert (found.low, found.high) == pytest.approx((9.14755067595639, 10.6603500750756), rel=1e-12)


def test_samples_of_two_runs_are_no_rounds_however_many():
    apart = ratio(BEFORE, AFTER, same_run=False)
    assert not apart.paired
    assert apart.low < 9.2


def test_five_samples_of_each_side_have_an_interval_and_four_of_one_have_none():
    five, four = timed(1, 2, 3, 4, 5), timed(1, 2, 3, 4)
    assert ratio(timed(5, 6, 7, 8, 9), five).high == 5.0
    for one, other in ((five, four), (four, five)):
        assert ratio(one, other).low is None


def test_rounds_that_timed_out_on_both_sides_leave_both_ends_open():
    """A draw of nothing but those says nothing: it counts as no gain at all."""
    found = ratio(timed(9, 9, 9, 9, 9) + cut(n=4), timed(3, 3, 3, 3, 3) + cut(n=4))
    assert (found.value, found.low, found.high) == (3, 0, 3)


def test_ratio_has_an_interval_around_it():
    found = ratio(around(100, 30, seed=1), around(10, 30, seed=2))
    assert found
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(10, rel=0.1)
    assert found.paired


def test_same_samples_give_the_same_interval():
    before, after = around(100, 20), around(10, 25, seed=2)
    assert ratio(before, after) == ratio(before, after)


def test_rounds_that_slow_both_sides_cancel():
    """A machine that is three times slower in some rounds must not widen a ratio that is 10 in every round."""
    slowdowns = [1.0, 3.0] * 15
    found = ratio(timed(*(100 * s for s in slowdowns)), timed(*(10 * s for s in slowdowns)))
    apart = ratio(timed(*(100 * s for s in slowdowns)), timed(*(10 * s for s in slowdowns), 10))
    assert (found.low, found.high) == pytest.approx((10, 10))
    assert not apart.paired
    assert apart.high > 20


def test_equal_sides_do_not_exclude_one():
    found = ratio(around(5, 40, seed=3), around(5, 40, seed=4))
    assert found.low < 1 < found.high


def test_a_timed_out_median_before_makes_the_ratio_a_lower_limit():
    found = ratio(cut(30_000), timed(*[3] * 15))
    assert (found.value, found.bound, found.low, found.high) == (10_000, "at least", None, None)


def test_a_timed_out_median_after_claims_no_gain():
    assert ratio(timed(50), cut()).bound == "at most"
    assert ratio(cut(), cut()).bound == "at most"


def test_some_timeouts_leave_the_upper_end_open():
    found = ratio(around(100, 12) + cut(n=8), around(10, 20))
    assert found.bound == "exactly"
    assert found.low > 5
    assert found.high is None


def test_few_samples_have_no_interval():
    found = ratio(timed(10, 11, 12, 13), timed(1, 1, 1, 1))
    assert (found.low, found.high) == (None, None)


def test_a_side_without_samples_has_no_ratio():
    assert ratio([], timed(1)) is None
    assert ratio(timed(1), []) is None


def test_a_time_of_zero_divides_nothing():
    assert ratio(timed(*[0] * 5), timed(*[0] * 5)).value == 1
    assert ratio(timed(*[0] * 5), timed(*[2] * 5)).value == pytest.approx(0.0005)
    assert ratio(timed(*[0] * 5), timed(*[2] * 5)).low == pytest.approx(0.0005)
    assert ratio(timed(*[2] * 5), timed(*[0] * 5)).value == 2000


def test_a_hundred_pairs_take_less_than_a_second():
    pairs = [(around(100, 60, seed=i), around(3, 60, seed=-i)) for i in range(1, 105)]
    started = time.process_time()  # others on the machine do not count
    assert all(ratio(before, after) for before, after in pairs)
    assert time.process_time() - started < 2  # 0.4 s where measured; a busy neighbour on the core may double it

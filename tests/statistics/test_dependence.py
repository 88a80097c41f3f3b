"""Times that take after each other: what counts as a sign, and by how much stretches differ."""

from __future__ import annotations

import math

import pytest

from bench.model import Sample
from bench.statistics.dependence import UNSEEN_SWING, swing
from tests.statistics.test_quantiles import timed

HUMP = [*range(1, 11), *range(10, 0, -1)]


def test_fewer_than_ten_executions_are_reckoned_to_swing_tenfold() -> None:
    assert swing(timed(*[3] * 9)) == UNSEEN_SWING == 10
    assert swing(timed(*[3] * 10)) == 1


@pytest.mark.parametrize("unit_ms", [0.01, 1.0, 1e4])
@pytest.mark.parametrize("turn", [1, -1])
def test_stretches_are_eight_or_of_two_executions_and_held_by_their_medians(unit_ms: float, turn: int) -> None:
    """Ten have five stretches of two, eighty have eight of ten; the first and the last lie farthest apart."""
    few, many = ([unit_ms * number for number in range(1, n + 1)][::turn] for n in (10, 80))
    assert swing(timed(*few)) == pytest.approx(math.sqrt(9 * 10) / math.sqrt(1 * 2))
    assert swing(timed(*many)) == pytest.approx(math.sqrt(75 * 76) / math.sqrt(5 * 6))


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ([5, 2, 1, 6, 4, 3, 10, 8, 7, 9], True),  # rises: 2.1 standard errors
        ([8, 10, 9, 4, 7, 3, 1, 6, 5, 2], True),  # falls
        ([3, 2, 1, 6, 10, 4, 8, 5, 9, 7], False),  # rises: 1.9
        (HUMP, True),  # no trend, but neighbours are alike
        ([3, 1, 6, 8, 10, 9, 7, 4, 2, 5], False),  # neighbours: 1.8
        ([6, 1, 10, 2, 7, 4, 9, 3, 5, 8], False),  # neighbours are unlike: that hides nothing
    ],
)
def test_a_sign_counts_from_two_standard_errors_on(order: list[int], found: bool) -> None:
    assert (swing(timed(*order)) > 1) is found


def test_bindings_one_after_the_other_are_no_pattern() -> None:
    samples = [Sample(ms, 0.0, binding) for binding, ms in enumerate((1.0, 100.0, 9.0)) for _ in range(8)]
    assert swing(samples) == pytest.approx(1)


def test_times_below_the_clock_s_resolution_are_alike() -> None:
    assert swing(timed(*[0.0] * 6, *[0.0005] * 6)) == 1


def test_a_longer_stretch_counts_by_its_binding_s_own_times() -> None:
    """Both bindings were four times as slow in the second half, whatever each of them takes."""
    samples = [
        Sample(ms * slow, 0.0, number) for slow in (1, 4) for _ in range(16) for number, ms in enumerate((2, 50))
    ]
    assert swing(samples) == pytest.approx(4)

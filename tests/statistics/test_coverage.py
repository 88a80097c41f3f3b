"""Verdicts are wrong as seldom as they promise, whatever the times are like: benchmarks/coverage.py on fewer cells."""

from __future__ import annotations

import math

import pytest

from benchmarks.coverage import KINDS, Times, simulate

CELLS = 400
MOST = 0.05 + 3 * math.sqrt(0.05 * 0.95 / CELLS)
"""5 %, and three standard errors of a share of so many cells."""


@pytest.mark.parametrize("times", [one for one in KINDS if one.promised], ids=lambda one: one.name)
def test_wrong_verdicts_that_assume_nothing_are_at_most_five_percent(times: Times) -> None:
    for found in simulate(times, CELLS, 7):
        assert found.unassumed_meets <= MOST, found
        assert found.unassumed_misses <= MOST, found


def test_independent_times_need_no_assumption_for_it() -> None:
    for times in KINDS[:4]:
        for found in simulate(times, CELLS, 7):
            assert max(found.wrong_meets, found.wrong_misses) <= MOST, found


def test_what_is_clearly_within_or_over_the_target_is_found() -> None:
    quick, *_, slow = simulate(KINDS[0], CELLS, 7)
    assert quick.meets > 0.95
    assert slow.misses > 0.95

"""Queries counted by what became of them."""

from __future__ import annotations

import pytest

from bench.cells.tally import Tally, tally


def test_every_query_is_counted_once() -> None:
    assert Tally(meets=3, misses=5, cannot_tell=7, differ=11, failed=13, assuming=2).total == 39


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        (Tally(), "0 meet, 0 miss, 0 cannot tell"),
        (Tally(1, 1, 1, 1, 1), "1 meets, 1 misses, 1 cannot tell, 1 gives another answer, 1 failed"),
        (Tally(2, 2, 2, 2, 2), "2 meet, 2 miss, 2 cannot tell, 2 give another answer, 2 failed"),
        (
            Tally(1_100, 1_200, 1_300, 0, 1_400, 1_050, "log-normal times"),
            "1,100 meet (1,050 assuming log-normal times), 1,200 miss, 1,300 cannot tell, 1,400 failed",
        ),
    ],
)
def test_counts_are_said_in_words_and_what_is_none_of_their_kind_is_left_out(counted: Tally, words: str) -> None:
    assert counted.words == words
    assert counted.words.endswith(counted.rest)


def test_outcomes_are_counted_with_the_longest_assumption_of_those_that_meet() -> None:
    found = tally(
        [
            ("meets", ""), ("meets", "log-normal times"), ("meets", "independent log-normal times"),
            ("misses", "independent executions, whatever they are"), ("cannot tell", ""), (None, ""),
            ("other rows", ""), ("other order", ""), ("other content", ""), ("failed", ""),
        ]
    )  # fmt: skip
    assert found == Tally(3, 1, 2, 3, 1, 2, "independent log-normal times")
    assert tally([]) == Tally()

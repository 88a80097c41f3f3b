"""At how many executions a verdict is taken: that all looks together keep what they promise."""

from __future__ import annotations

import itertools

import pytest

from bench.model import Look
from bench.statistics.looks import BINDINGS_ERROR, COUNTS, FIRST_MEETS, LAST, LOOKS, chances, next_look, rule, tail


def walked(looks: tuple[Look, ...], over: float) -> tuple[float, float, float]:
    """Add up every single sequence of executions, one by one: slow, and nothing in common with ``chances``."""
    meets = misses = executions = 0.0
    for path in itertools.product((0, 1), repeat=looks[-1].n):
        chance = 1.0
        for one in path:
            chance *= over if one else 1 - over
        for look in looks:
            count = sum(path[: look.n])
            if look.misses_at_least is not None and count >= look.misses_at_least:
                misses += chance
                break
            if look.meets_at_most is not None and count <= look.meets_at_most:
                meets += chance
                break
        executions += chance * look.n
    return meets, misses, executions


@pytest.mark.parametrize("over", [0.05, 0.3])
def test_the_chances_are_those_of_all_paths(over: float) -> None:
    looks = (Look(2, None, 2), Look(5, 0, 3), Look(12, 2, 6))
    found = chances(looks, over)
    assert (found.meets, found.misses, found.executions) == pytest.approx(walked(looks, over))


def test_an_answer_that_is_left_out_ends_nothing() -> None:
    looks = (Look(2, 0, 1), Look(4, 1, 3))
    without_misses, without_meets = (Look(2, 0, None), Look(4, 1, None)), (Look(2, None, 1), Look(4, None, 3))
    for left, more in ((without_misses, {"misses": False}), (without_meets, {"meets": False})):
        found = chances(looks, 0.4, **more)
        assert (found.meets, found.misses) == pytest.approx(walked(left, 0.4)[:2])


def test_wrong_answers_are_at_most_five_percent_with_p95_at_the_target() -> None:
    """Exact, whatever the distribution of times: an execution is over p95 one time in twenty."""
    wrong_meets = chances(LOOKS, 0.05, misses=False).meets
    wrong_misses = chances(LOOKS, 0.05, meets=False).misses
    assert wrong_meets == pytest.approx(0.0393, abs=5e-5)
    assert wrong_misses == pytest.approx(0.0393, abs=5e-5)
    assert wrong_misses + BINDINGS_ERROR <= 0.05
    assert rule().wrong_meets == round(wrong_meets, 6)
    assert rule().wrong_misses == round(wrong_misses + BINDINGS_ERROR, 6)


def test_a_query_far_from_its_target_is_decided_soon_and_rightly() -> None:
    quick, slow, hopeless = (chances(LOOKS, over) for over in (0.002, 0.2, 1.0))
    assert (quick.meets, quick.misses) == (pytest.approx(1, abs=1e-3), pytest.approx(0, abs=1e-4))
    assert quick.executions < 100
    assert slow.misses > 0.999
    assert slow.executions < 45
    assert hopeless.executions == 2


def test_looks_are_in_order_and_leave_something_open_between_the_two_answers() -> None:
    assert [look.n for look in LOOKS] == sorted({look.n for look in LOOKS})
    for look in LOOKS:
        assert look.misses_at_least is not None
        assert look.meets_at_most is None or look.meets_at_most + 1 < look.misses_at_least


def test_the_first_look_that_can_meet_and_the_last_one_are_where_the_table_has_them() -> None:
    assert (FIRST_MEETS, LAST) == (80, 320)
    assert {2, 5, 10, 20, 40, 80, 160, 320} == COUNTS


def test_the_tail_is_that_of_the_binomial() -> None:
    assert tail(1, 59) == pytest.approx(1 - 0.95**59)
    assert tail(2, 2) == pytest.approx(0.0025)
    assert tail(0, 7) == pytest.approx(1)


@pytest.mark.parametrize(
    ("n", "over", "following"),
    [(0, 0, 2), (15, 0, 20), (18, 0, 40), (75, 1, 160), (160, 5, 320), (319, 10, None), (320, 0, None)],
)
def test_the_next_look_is_the_first_that_can_still_decide(n: int, over: int, following: int | None) -> None:
    found = next_look(n, over)
    assert (found.n if found else None) == following

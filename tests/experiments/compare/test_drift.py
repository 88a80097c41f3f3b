"""What the machine did between two runs, by the cells that did the same work."""

from __future__ import annotations

import pytest

from bench.experiments.compare.drift import drift, settled
from bench.experiments.compare.record import Change, Drift
from bench.statistics.quantiles import Ratio


def timed(value: float, *, low: float | None = None, high: float | None = None, **more: object) -> Change:
    made = {
        "work": "same",
        "plan_changed": False,
        "ratio": Ratio(value, low, high, more.pop("bound", "exactly"), False),
    }
    return Change(**(made | more))


def test_three_cells_of_the_same_work_and_plan_say_something_about_the_machine() -> None:
    assert drift([timed(0.5), timed(0.8)]) is None
    assert drift([timed(0.5), timed(0.8), timed(0.4)]) == Drift(2.0, 1.25, 2.5, 3)


@pytest.mark.parametrize(
    "other",
    [
        None, Change(), timed(9.0, work="more"), timed(9.0, work="less"), timed(9.0, plan_changed=True),
        timed(9.0, plan_changed=None), timed(9.0, bound="at least"), timed(9.0, bound="at most"),
    ],
)  # fmt: skip
def test_a_cell_of_other_work_or_plan_or_an_open_time_says_nothing_of_it(other: Change | None) -> None:
    assert drift([timed(0.5), timed(0.5), other]) is None
    assert drift([timed(0.5), timed(0.5), other, timed(0.5)]).cells == 3


@pytest.mark.parametrize(("many", "left_out"), [(19, 0), (20, 1), (39, 1), (40, 2)])
def test_one_cell_in_twenty_is_left_out_on_each_side(many: int, left_out: int) -> None:
    """Those of the fewest and of the largest factors."""
    found = drift([timed(1 / factor) for factor in range(many, 0, -1)])
    assert (found.low, found.high) == pytest.approx((1 + left_out, many - left_out))
    assert (found.factor, found.cells) == (pytest.approx((many + 1) / 2), many)


FOUND = Drift(1.5, 0.8, 2.0, 9)


@pytest.mark.parametrize(
    ("change", "clock"),
    [
        (timed(0.4, low=0.3, high=0.49, clock="slower"), "slower"),  # at least 2.04 times as long
        (timed(0.4, low=0.3, high=0.5, clock="slower"), "drift"),
        (timed(0.49, clock="slower", bound="at most"), "slower"),
        (timed(0.51, clock="slower", bound="at most"), "drift"),
        (timed(2.0, low=1.26, high=3.0, clock="faster"), "faster"),
        (timed(2.0, low=1.25, high=3.0, clock="faster"), "drift"),
        (timed(1.3, clock="faster", bound="at least"), "faster"),
        (timed(1.2, clock="faster", bound="at least"), "drift"),
        (timed(1.0, low=0.9, high=1.1, clock="same"), "same"),
        (timed(1.0, clock="cannot tell"), "cannot tell"),
        (Change(clock="slower"), "slower"),
    ],
)
def test_a_change_counts_where_its_interval_lies_beyond_the_drift(change: Change, clock: str) -> None:
    assert settled(change, FOUND).clock == clock
    assert settled(change, None) == change


def test_what_was_not_compared_is_not_settled() -> None:
    assert settled(None, FOUND) is None

"""What the machine did while it measured."""

from __future__ import annotations

from dataclasses import replace

from bench.experiments.before_after.outliers import find_outliers, sentences
from bench.model import CellSide, Sample
from tests.builders import runs


def of(*samples: Sample):
    return find_outliers(runs.run(replace(runs.pair(), before=CellSide(samples=samples), after=CellSide())))


def test_a_time_beyond_the_fences_is_counted_and_a_very_long_one_twice():
    usual = [Sample(10 + number % 5, 0.0) for number in range(20)]
    found = of(*usual, Sample(18, 0.0), Sample(90, 0.0))
    assert (found.judged, found.mild, found.severe) == (22, 2, 1)


def test_a_machine_that_slows_down_is_seen():
    found = of(*(Sample(10.0, at / 10) for at in range(60)), *(Sample(15.0, 6 + at / 10) for at in range(40)))
    assert (found.fast, found.slow) == (1.0, 1.5)
    assert "between 1.00 and 1.50 times as long" in sentences(found)[1]


def test_few_samples_and_timeouts_say_nothing():
    assert sentences(of(*(Sample(10.0, 0.0) for _ in range(7)))) == ()
    assert sentences(of(*(Sample(10.0, 0.0) for _ in range(19)), Sample(30_000.0, 0.0, censored=True))) == ()

"""Which values of a class took long."""

from __future__ import annotations

from dataclasses import replace

from bench.experiments.before_after.by_binding import by_binding, slowest
from bench.model import Binding, Sample
from tests.builders import runs


def times(*by_number: float, n: int = 6) -> tuple[Sample, ...]:
    return tuple(Sample(ms, 0.0, binding) for _ in range(n) for binding, ms in enumerate(by_number))


def pair(before: tuple[Sample, ...], after: tuple[Sample, ...]):
    made = runs.pair()
    bindings = tuple(Binding({"organization_id": str(number)}) for number in range(2))
    sides = {"before": replace(made.before, samples=before), "after": replace(made.after, samples=after)}
    return replace(made, bindings=bindings, **sides)


def test_each_binding_has_its_own_median():
    first, second = by_binding(pair(times(10, 80), times(1, 2)))
    assert (first.p50["before"].ms, second.p50["before"].ms) == (10, 80)
    assert (second.number, second.samples["after"]) == (2, 6)


def test_the_slow_one_is_named_after_rather_than_before():
    assert slowest(pair(times(10, 80), times(4, 1))) == "binding 1 of 2 takes 4.00 ms after, 4.00 times the fastest"
    assert slowest(pair(times(10, 80), times(1, 1))) == "binding 2 of 2 takes 80.0 ms before, 8.00 times the fastest"


def test_bindings_that_are_alike_are_not_told_apart():
    assert slowest(pair(times(10, 11), times(1, 1.2))) == ""


def test_a_few_samples_tell_nothing():
    assert slowest(pair(times(10, 80, n=4), times(1, 9, n=4))) == ""

"""Which of the values that a class was asked with took long: a class pools them, and one can hide behind the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.model import STATES, Pair, Sample, State
from bench.report import numbers
from bench.statistics.quantiles import Figure, percentile

APART = 1.5
"""Medians of two bindings that differ by this factor are two answers, not one: it is beyond what halves of the samples
of one binding differ by."""
SAMPLES_LEAST = 5
"""Samples of each binding below which nothing is said: the median of fewer has no interval (``stats``)."""


@dataclass(frozen=True, slots=True)
class BindingTimes:
    """The executions with one binding: how many, and their median, by state."""

    number: int
    """From 1, in the order of the pair's bindings."""
    samples: dict[State, int]
    p50: dict[State, Figure | None]


def grouped(samples: Iterable[Sample]) -> dict[int, list[Sample]]:
    """The samples of each binding, by its position in the pair, in the order in which they were taken."""
    found: dict[int, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.binding, []).append(sample)
    return found


def by_binding(pair: Pair) -> tuple[BindingTimes, ...]:
    """The times of ``pair`` for each of its bindings."""
    found = []
    sides = {state: grouped(pair.side(state).samples) for state in STATES}
    for position in range(len(pair.bindings)):
        taken = {state: own.get(position, []) for state, own in sides.items()}
        p50 = {state: percentile(samples, 0.5) for state, samples in taken.items()}
        found.append(BindingTimes(position + 1, {state: len(samples) for state, samples in taken.items()}, p50))
    return tuple(found)


def slowest(pair: Pair) -> str:
    """Name the binding that takes longest where it differs clearly from the fastest; empty where none does."""
    times = by_binding(pair)
    for state in reversed(STATES):  # what is now matters more than what was
        enough = [one for one in times if one.samples[state] >= SAMPLES_LEAST]
        known = [(figure.ms, one) for one in enough if (figure := one.p50[state])]
        if len(known) < len(times) or len(known) < 2:
            continue
        (low, _), (high, one) = (pick(known, key=lambda each: each[0]) for pick in (min, max))
        if low > 0 and high / low >= APART:
            figure = one.p50[state]
            return (
                f"binding {one.number} of {len(times)} takes {numbers.figure(figure)} {state}, "
                f"{numbers.digits(high / low)} times the fastest"
            )
    return ""

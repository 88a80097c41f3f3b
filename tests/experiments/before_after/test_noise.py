"""Noise is what two halves of the same samples differ by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.before_after.noise import halves, noise, percent, sentences
from bench.model import CellSide, Sample
from tests.builders import runs


def timed(*ms: float, bindings: int = 1) -> CellSide:
    return CellSide(tuple(Sample(one, i * 0.1, i % bindings) for i, one in enumerate(ms)))


def cell_of(side: CellSide):
    """The noise of one cell whose samples are these."""
    (cell,) = noise(runs.run(replace(runs.pair(), before=side, after=CellSide()))).cells
    return cell


def test_executions_of_a_binding_go_to_the_halves_in_turn() -> None:
    first, second = halves(timed(1, 2, 3, 4, 5).samples)
    assert ([s.ms for s in first], [s.ms for s in second]) == ([1, 4], [2, 3])


def test_a_slow_binding_is_no_noise() -> None:
    cell = cell_of(timed(*[1, 100] * 10, bindings=2))
    assert (cell.ratio.value, cell.spread_percent) == (1, 0)


def test_a_steady_drift_is_no_noise() -> None:
    assert cell_of(timed(*range(100, 140))).differ_percent < 1


def test_the_difference_is_that_of_the_medians_whichever_half_is_slower() -> None:
    slow_second = cell_of(timed(*[100, 150, 150, 100] * 5))
    slow_first = cell_of(timed(*[150, 100, 100, 150] * 5))
    assert slow_second.differ_percent == pytest.approx(50)
    assert slow_first.differ_percent == pytest.approx(50)
    assert slow_first.beside_one


def test_the_spread_is_what_half_of_the_executions_stay_within() -> None:
    assert cell_of(timed(*[90, 95, 100, 105, 110] * 4, 900)).spread_percent == pytest.approx(5)


def test_a_timeout_or_too_few_samples_tell_nothing() -> None:
    stopped = CellSide(runs.samples(30_000, 20, censored=True))
    found = noise(runs.run(replace(runs.pair(), before=stopped, after=timed(*range(1, 10)))))
    assert (found.cells, found.not_halved) == ((), 2)
    assert sentences(found, {}) == ("Noise cannot be told: no cell has 10 executions without a timeout.",)


def test_the_sentences_name_the_worst_cell_and_what_chance_makes() -> None:
    steady = [runs.pair(f"q{i}", before=timed(*[1.0] * 20), after=timed(*[1.0] * 20)) for i in range(5)]
    worst = runs.pair("odd", "tiny", before=timed(*[1.0] * 20), after=timed(*[1.0, 3.0, 3.0, 1.0] * 5))
    first, second, third = sentences(noise(runs.run(*steady, worst)), {"odd": "The Odd One"})
    assert "In 12 cells their medians differ by 0.0 % in the middle, by 200 % at most in nineteen of twenty" in first
    assert "200 % in the worst one (The Odd One, tiny, after)" in first
    assert "about 0.0 % in the middle and 141 % in one of twenty" in second
    assert third == "The 95 % interval of that ratio misses 1 in 1 of 12 cells; by chance it would in about 1."


def test_cells_that_could_not_be_halved_are_counted() -> None:
    stopped = replace(runs.pair(), before=CellSide(runs.samples(30_000, 1, censored=True)))
    assert sentences(noise(runs.run(stopped)), {})[-1] == "1 cell had a timeout or too few executions to be halved."


def test_the_interval_of_cells_without_any_effect_rarely_misses_one() -> None:
    pairs = [runs.pair(f"q{i}", n=40, before_ms=10 + i, after_ms=9 + i) for i in range(100)]
    missed = sum(cell.beside_one for cell in noise(runs.run(*pairs)).cells)
    assert missed <= 20


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0 %"), (0.04, "below 0.1 %"), (0.44, "0.4 %"), (9.94, "9.9 %"), (9.96, "10 %"), (1234, "1,234 %")],
)
def test_percentages_have_the_digits_that_matter(value: float, text: str) -> None:
    assert percent(value) == text

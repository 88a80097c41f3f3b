"""How far two halves of the same samples differ: the noise of a run, measured without one execution more. Pure.

Before and after are compared by the ratio of their medians. The same ratio of two halves of one cell should be 1; how
far it is from that is what the clock, the machine and chance do by themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.experiments.before_after import outliers
from bench.experiments.before_after.by_binding import grouped
from bench.model import STATES, Run, Sample, State
from bench.report.numbers import plural
from bench.statistics.copies import CELLS_FOR_RANK, KNOWN
from bench.statistics.quantiles import CLOCK_MS, MIN_FOR_INTERVAL, Ratio, ratio

USUAL = 0.95
"""Share of cells that the noise of a run is said for: nineteen of twenty. The worst one may be a single hiccup."""


OF_WHOLE = 0.5**0.5
"""What remains of a difference by chance with twice the executions: the standard error of a median falls with the root
of their number."""


@dataclass(frozen=True, slots=True)
class CellNoise:
    """One cell. ``ratio`` is that of its two halves, with its 95 % interval."""

    query: str
    parameter_class: str
    state: State
    n: int
    ratio: Ratio
    spread_percent: float
    """Half of the executions lie within this of the median of their binding, in percent of it."""

    @property
    def differ_percent(self) -> float:
        """By how much the slower half is slower than the other."""
        return 100 * (max(self.ratio.value, 1 / self.ratio.value) - 1)

    @property
    def beside_one(self) -> bool:
        """True when the interval misses 1, which it should do in one of twenty cells."""
        low, high = self.ratio.low, self.ratio.high
        return low is not None and high is not None and not low <= 1 <= high


@dataclass(frozen=True, slots=True)
class Noise:
    """The cells that could be halved, in the order of the run, and how many could not."""

    cells: tuple[CellNoise, ...]
    not_halved: int
    """Cells with samples, but with a timeout among them or too few to halve."""

    @property
    def usual_percent(self) -> float:
        """The halves of nineteen of twenty cells differ by this at most (nearest rank)."""
        ordered = sorted(cell.differ_percent for cell in self.cells)
        return ordered[math.ceil(USUAL * len(ordered) - 1e-9) - 1] if ordered else 0.0

    @property
    def worst(self) -> CellNoise | None:
        """The cell whose halves differ most."""
        return max(self.cells, key=lambda cell: cell.differ_percent, default=None)


@dataclass(frozen=True, slots=True)
class NoiseSummary:
    """The noise of a run, and the words for it and for what the machine did meanwhile."""

    noise: Noise
    sentences: tuple[str, ...]


def summarize_noise(run: Run) -> NoiseSummary:
    """Say how far to trust the figures of ``run``."""
    found, titles = noise(run), {query.name: query.title for query in run.queries}
    machine = outliers.sentences(outliers.find_outliers(run), in_turn=not run.options.one_copy)
    said = (*sentences(found, titles), *copies_sentences(run), *machine)
    return NoiseSummary(found, said)


def copies_sentences(run: Run) -> tuple[str, ...]:
    """Say what two copies of the database after differ by, and what that does to intervals; nothing where not known."""
    if run.copies is None:
        return ()
    where = (
        f"A second copy of the database after was timed in turn with the others, in {plural(run.copies.cells, 'cell')}"
    )
    if not run.copies.percent:
        return (f"{where}: the two differ by no more than chance, so no interval of a ratio had to be widened.",)
    if run.copies.cells < CELLS_FOR_RANK:
        return (
            f"{where}: the 95 % intervals of all ratios of before to after are widened by "
            f"{percent(run.copies.percent)} (square-and-add), the largest difference of the two beyond chance, and "
            f"{percent(100 * (KNOWN - 1))} at least where there are so few.",
        )
    return (
        f"{where}: beyond chance the two differ by {percent(run.copies.percent)} at most in nineteen of twenty. The "
        "95 % intervals of all ratios of before to after are widened by it (square-and-add).",
    )


def noise(run: Run) -> Noise:
    """Halve every cell of ``run`` that has samples enough, and compare the halves."""
    found, not_halved = [], 0
    for pair in run.pairs:
        for state in STATES:
            samples = pair.side(state).samples
            first, second = halves(samples)
            if len(first) < MIN_FOR_INTERVAL or any(sample.censored for sample in samples):
                not_halved += bool(samples)
                continue
            compared = ratio(first, second)
            assert compared is not None
            n = len(samples)
            found.append(CellNoise(pair.query, pair.parameter_class, state, n, compared, _spread_percent(samples)))
    return Noise(tuple(found), not_halved)


def halves(samples: Sequence[Sample]) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """Split ``samples`` into two halves of equal number that saw the same bindings in the same minutes.

    Executions of one binding go to the halves in turn, each time the other one first, so that neither a binding that
    is slower nor a machine that drifts tells the halves apart. What is left over without a partner is left out.
    """
    first: list[Sample] = []
    second: list[Sample] = []
    for own in grouped(samples).values():
        for number, (one, other) in enumerate(zip(own[::2], own[1::2], strict=False)):
            first.append(other if number % 2 else one)
            second.append(one if number % 2 else other)
    return tuple(first), tuple(second)


def _spread_percent(samples: Sequence[Sample]) -> float:
    away = []
    for own in grouped(samples).values():
        middle = max(median(sample.ms for sample in own), CLOCK_MS)
        away += [abs(sample.ms / middle - 1) for sample in own]
    return 100 * median(away)


def percent(value: float) -> str:
    """Write a percentage with the digits that matter: 0.4 %, 12 %."""
    return "below 0.1 %" if 0 < value < 0.05 else f"{value:.1f} %" if value < 9.95 else f"{value:,.0f} %"


def sentences(found: Noise, titles: dict[str, str]) -> tuple[str, ...]:
    """Say what the noise means for a reader of the figures; ``titles`` are those of the queries, by name."""
    worst = found.worst
    if worst is None:
        return (f"Noise cannot be told: no cell has {2 * MIN_FOR_INTERVAL} executions without a timeout.",)
    many, middle = len(found.cells), median(cell.differ_percent for cell in found.cells)
    where = f"{titles.get(worst.query, worst.query)}, {worst.parameter_class}, {worst.state}"
    told = [
        f"Two halves of the same samples should agree. In {plural(many, 'cell')} their medians differ by "
        f"{percent(middle)} in the middle, by {percent(found.usual_percent)} at most in nineteen of twenty, and by "
        f"{percent(worst.differ_percent)} in the worst one ({where}).",
        f"A cell has twice the executions of a half: between before and after, chance alone makes about "
        f"{percent(middle * OF_WHOLE)} in the middle and {percent(found.usual_percent * OF_WHOLE)} in one of twenty. A "
        "smaller difference means nothing; for one cell, the interval beside its ratio says it exactly.",
        f"The 95 % interval of that ratio misses 1 in {sum(cell.beside_one for cell in found.cells)} of "
        f"{plural(many, 'cell')}; by chance it would in about {round(many * 0.05)}.",
    ]
    if found.not_halved:
        told.append(f"{plural(found.not_halved, 'cell')} had a timeout or too few executions to be halved.")
    return tuple(told)

"""What the machine did while it measured: times far from the others, and how its speed went. Pure; drops nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles

from bench.experiments.before_after.by_binding import grouped
from bench.model import STATES, Run, Sample
from bench.report.numbers import digits, plural

MILD, SEVERE = 1.5, 3.0
"""Interquartile ranges beyond the quartiles from which on a time is far from the others, and very far (Tukey,
Exploratory Data Analysis, 1977)."""
LEAST = 8
"""Samples of one binding of a cell below which quartiles say nothing."""
WINDOW_S = 5.0
IN_WINDOW = 20
"""Samples of a window below which its median is chance."""


@dataclass(frozen=True, slots=True)
class Outliers:
    """Finished samples that could be judged, those beyond each fence, and the speed of the machine.

    ``slow`` and ``fast`` are medians over windows of ``WINDOW_S`` of each time over the median of its own cell: 1.2
    means that everything took 20 % longer then. None with fewer than two windows.
    """

    judged: int
    mild: int
    severe: int
    fast: float | None
    slow: float | None


def find_outliers(run: Run) -> Outliers:
    """Look at all finished samples of ``run``."""
    judged = mild = severe = 0
    windows: dict[int, list[float]] = {}
    for group in _groups(run):
        times = [sample.ms for sample in group]
        low, _, high = quantiles(times, n=4, method="inclusive")
        away = [max(low - ms, ms - high) / (high - low) if high > low else 0.0 for ms in times]
        judged += len(times)
        mild += sum(one > MILD for one in away)
        severe += sum(one > SEVERE for one in away)
        if usual := median(times):
            for sample in group:
                windows.setdefault(int(sample.at_s // WINDOW_S), []).append(sample.ms / usual)
    speeds = [median(found) for found in windows.values() if len(found) >= IN_WINDOW]
    known = len(speeds) > 1
    return Outliers(judged, mild, severe, min(speeds) if known else None, max(speeds) if known else None)


def sentences(found: Outliers, *, in_turn: bool = True) -> tuple[str, ...]:
    """Say it; nothing where nothing could be judged."""
    if not found.judged:
        return ()
    said = [
        f"{found.mild:,} of {plural(found.judged, 'time')} lie more than {MILD:g} interquartile ranges outside the "
        f"middle half of their cell, {found.severe:,} of them more than {SEVERE:g}. None was left out."
    ]
    if found.fast is not None and found.slow is not None:
        seen = "Before and after ran in turn, so that their ratios do not see it."
        if not in_turn:
            seen = "Usual is that of one state: what changed from before to after is not in it, but in their ratios."
        said.append(
            f"In windows of {WINDOW_S:g} s the same work took between {digits(found.fast)} and {digits(found.slow)} "
            f"times as long as usual. {seen}"
        )
    return tuple(said)


def _groups(run: Run) -> Iterator[list[Sample]]:
    """The finished samples of each cell and binding, where there are enough and no timeout hides the longest."""
    for pair in run.pairs:
        for state in STATES:
            for group in grouped(pair.side(state).samples).values():
                if len(group) >= LEAST and not any(sample.censored for sample in group):
                    yield group

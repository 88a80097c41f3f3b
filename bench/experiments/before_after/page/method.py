"""Environment and method as the page shows them: settings with reasons, noise by query, and what a run cannot tell."""

from __future__ import annotations

from dataclasses import dataclass

from bench.experiments.before_after import outliers
from bench.experiments.before_after.limitations import untold
from bench.experiments.before_after.noise import CellNoise, noise, percent, sentences
from bench.experiments.before_after.settings_seen import SettingSeen, settings_seen
from bench.model import Run, State
from bench.report.numbers import digits, interval


@dataclass(frozen=True, slots=True)
class NoiseFigures:
    """One cell as text, and in percent for sorting: executions, ratio of the halves, spread of one execution."""

    n: int
    halves: str
    differ_percent: float
    spread: str
    spread_percent: float


@dataclass(frozen=True, slots=True)
class NoiseRow:
    """A class of a query; a state that could not be halved is missing from ``cells``."""

    title: str
    parameter_class: str
    cells: dict[State, NoiseFigures]


@dataclass(frozen=True, slots=True)
class MethodView:
    """What the method section shows beside the run itself."""

    settings: tuple[SettingSeen, ...]
    noise_sentences: tuple[str, ...]
    noise: tuple[NoiseRow, ...]
    untold: tuple[str, ...]


def method_view(run: Run) -> MethodView:
    """Lay out settings, noise and limits of ``run``."""
    found = noise(run)
    titles = {query.name: query.title for query in run.queries}
    rows: dict[tuple[str, str], dict[State, NoiseFigures]] = {}
    for cell in found.cells:
        rows.setdefault((cell.query, cell.parameter_class), {})[cell.state] = _figures(cell)
    return MethodView(
        settings=settings_seen(run.server),
        noise_sentences=(*sentences(found, titles), *outliers.sentences(outliers.unrest(run))),
        noise=tuple(NoiseRow(titles.get(name, name), label, cells) for (name, label), cells in rows.items()),
        untold=untold(run),
    )


def _figures(cell: CellNoise) -> NoiseFigures:
    between = interval(cell.ratio)
    halves = f"{digits(cell.ratio.value)} ({between})" if between else digits(cell.ratio.value)
    spread = f"± {percent(cell.spread_percent)}"
    return NoiseFigures(cell.n, halves, round(cell.differ_percent, 3), spread, round(cell.spread_percent, 3))

"""The charts of a report, as SVG for a page and as files for slides. A page says what each shows for those who do not
see it (``describe_…``).

``drawing``    the sheet, colours, and the ways to SVG and PNG
``times``      the logarithmic axis of times
``keys``       what each mark means
``overview``   p95 of every query before and after
``samples``    the executions of one query
``histogram``  a distribution of the data
``slides``     all of them as files
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.experiments.before_after.figures import histogram, overview, samples
from bench.experiments.before_after.figures.histogram import describe as describe_bars
from bench.experiments.before_after.figures.overview import describe as describe_dumbbells
from bench.experiments.before_after.figures.samples import describe as describe_spread
from bench.experiments.before_after.figures.slides import slides
from bench.experiments.before_after.summary import RunSummary
from bench.model import Distribution, Pair
from bench.report.figures.drawing import Drawing, inline

__all__ = [
    "bars", "describe_bars", "describe_dumbbells", "describe_spread", "dumbbells", "slides", "spread",
]  # fmt: skip


def dumbbells(summary: RunSummary, ident: str, *, narrow: bool = False) -> str:
    """Draw p95 before and after of each query, hot and worst class, on a log axis with the target.

    As SVG for a page, empty when there is nothing to draw; ``ident`` makes its ids unique in the page. ``narrow`` is
    legible from 300 px on, the other one from 750 px.
    """
    return _inline(overview.dumbbells(summary, narrow=narrow), ident)


def spread(pairs: Sequence[Pair], target_ms: float, ident: str, *, dense: bool = False) -> str:
    """Draw the samples of one query, a ``pair`` for each class; legible from 300 px on.

    As SVG for a page, empty when nothing was timed. ``dense`` draws a box for the samples of a class and state.
    """
    return _inline(samples.spread(pairs, target_ms, dense=dense), ident)


def bars(distribution: Distribution, ident: str) -> str:
    """Draw a histogram of the data; legible from 300 px on. As SVG for a page, empty when every bar is."""
    return _inline(histogram.bars(distribution), ident)


def _inline(drawing: Drawing | None, ident: str) -> str:
    return inline(drawing, ident) if drawing else ""

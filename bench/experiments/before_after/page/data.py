"""The distributions of the data as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from bench.experiments.before_after import figures
from bench.experiments.before_after.noise import percent
from bench.model import Dataset, Distribution
from bench.report.html.environment import drawn


@dataclass(frozen=True, slots=True)
class DistributionView:
    """A distribution with its drawing, which is empty where every bar is, and the share of each bar as text.

    ``anchor`` is its place in the page.
    """

    distribution: Distribution
    anchor: str
    total: int
    shares: tuple[str, ...]
    drawing: Markup
    in_words: str


def distribution_views(dataset: Dataset) -> tuple[DistributionView, ...]:
    """Lay out the distributions of ``dataset``, in its order."""
    views = []
    for number, one in enumerate(dataset.distributions, start=1):
        total, anchor = sum(bar.count for bar in one.bars), f"distribution-{number}"
        shares = tuple(percent(100 * bar.count / total) if total else "" for bar in one.bars)
        drawing = drawn(figures.bars(one, anchor))
        in_words = figures.describe_bars(one) if drawing else ""
        views.append(DistributionView(one, anchor, total, shares, drawing, in_words))
    return tuple(views)

"""Show what a selftest found, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType

from bench.experiments.selftest import document
from bench.experiments.selftest.record import Attempt, RunLine
from bench.experiments.selftest.summary import summarize_attempts, summarize_series
from bench.report import terminal


def show_series(lines: Sequence[RunLine]) -> RenderableType:
    """Give what an A/A series says."""
    return terminal.render(document.series(summarize_series(lines)))


def show_attempts(found: Sequence[Attempt]) -> RenderableType:
    """Give what became of the regressions that were put in."""
    return terminal.render(document.attempts(summarize_attempts(found)))

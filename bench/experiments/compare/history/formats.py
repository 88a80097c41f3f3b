"""Show a history: on a terminal, and as a page. Decides nothing."""

from __future__ import annotations

from pathlib import Path

from rich.console import RenderableType

from bench.experiments.compare.history.document import document
from bench.experiments.compare.history.record import History
from bench.experiments.compare.history.summary import summarize
from bench.report import terminal
from bench.report.files import put
from bench.report.html import render as html

__all__ = ["show", "write"]


def show(found: History) -> RenderableType:
    """Give what a terminal shows."""
    return terminal.render(document(found, summarize(found)))


def write(found: History, folder: Path) -> tuple[Path, ...]:
    """Write history.html into ``folder``, which is made where it is missing. Raises ``OSError``."""
    return put({"history.html": html.render(document(found, summarize(found)))}, folder)

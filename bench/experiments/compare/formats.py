"""Show stored runs side by side: on a terminal, as Markdown, and as a page. Decides nothing."""

from __future__ import annotations

from pathlib import Path

from rich.console import RenderableType

from bench.experiments.compare.document import document
from bench.experiments.compare.record import Comparison
from bench.experiments.compare.summary import summarize
from bench.model import State
from bench.report import markdown, terminal
from bench.report.files import put
from bench.report.html import render as html

__all__ = ["show", "write"]


def show(found: Comparison, state: State | None = None, *, everything: bool = False) -> RenderableType:
    """Give what a terminal shows: of cells in ``state`` those that moved, or all where ``everything`` is asked for."""
    return terminal.render(document(found, summarize(found, state, everything=everything)))


def write(found: Comparison, folder: Path) -> tuple[Path, ...]:
    """Write compare.html and compare.md into ``folder``, which is made where it is missing. Raises ``OSError``."""
    made = document(found, summarize(found))
    return put({"compare.html": html.render(made), "compare.md": markdown.render(made)}, folder)

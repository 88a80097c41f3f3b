"""Show a scale experiment: as a page, as Markdown, on a terminal. Decides nothing."""

from __future__ import annotations

from pathlib import Path

from rich.console import RenderableType

from bench.experiments.scale.document import document
from bench.experiments.scale.record import Scaling
from bench.experiments.scale.summary import summarize
from bench.report import markdown, terminal
from bench.report.files import put
from bench.report.html import render as html

__all__ = ["FILE", "show", "write"]

FILE = "scale.json"
"""What a scale experiment is kept as, in its folder."""


def show(found: Scaling) -> RenderableType:
    """Give what a terminal shows."""
    return terminal.render(document(found, summarize(found)))


def write(found: Scaling, folder: Path) -> tuple[Path, ...]:
    """Write scale.html and scale.md into ``folder``, which is made where it is missing. Raises ``OSError``."""
    made = document(found, summarize(found))
    return put({"scale.html": html.render(made), "scale.md": markdown.render(made)}, folder)

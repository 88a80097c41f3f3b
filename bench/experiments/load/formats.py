"""Show what a load saw: on a terminal, as Markdown, and as a page. Decides nothing."""

from __future__ import annotations

from pathlib import Path

from rich.console import RenderableType

from bench.experiments.load.document import document
from bench.experiments.load.record import LoadRun
from bench.experiments.load.summary import summarize
from bench.report import markdown, terminal
from bench.report.files import put
from bench.report.html import render as html

__all__ = ["JSON", "show", "write"]

JSON = "load.json"
"""What was seen; the other files are made from it."""


def show(run: LoadRun) -> RenderableType:
    """Give what a terminal shows."""
    return terminal.render(document(run, summarize(run)))


def write(run: LoadRun, folder: Path) -> tuple[Path, ...]:
    """Write load.html and load.md into ``folder``, which is made where it is missing. Raises ``OSError``."""
    made = document(run, summarize(run))
    return put({"load.html": html.render(made), "load.md": markdown.render(made)}, folder)

"""Show what a look for plan traps saw: on a terminal, as Markdown, and as a page. Decides nothing."""

from __future__ import annotations

from pathlib import Path

from rich.console import RenderableType

from bench.experiments.traps.document import document
from bench.experiments.traps.record import TrapsRun
from bench.experiments.traps.summary import summarize
from bench.report import markdown, terminal
from bench.report.files import put
from bench.report.html import render as html

__all__ = ["JSON", "show", "write"]

JSON = "traps.json"
"""What was seen; the other files are made from it."""


def show(run: TrapsRun) -> RenderableType:
    """Give what a terminal shows."""
    return terminal.render(document(run, summarize(run)))


def write(run: TrapsRun, folder: Path) -> tuple[Path, ...]:
    """Write traps.html and traps.md into ``folder``, which is made where it is missing. Raises ``OSError``."""
    made = document(run, summarize(run))
    return put({"traps.html": html.render(made), "traps.md": markdown.render(made)}, folder)

"""Show what maintenance was worth: on a terminal, as Markdown, and as a page. Decides nothing."""

from __future__ import annotations

from pathlib import Path

from rich.console import RenderableType

from bench.experiments.maintain.document import document
from bench.experiments.maintain.record import MaintenanceRun
from bench.experiments.maintain.summary import summarize
from bench.report import markdown, terminal
from bench.report.files import put
from bench.report.html import render as html

__all__ = ["JSON", "show", "write"]

JSON = "maintenance.json"
"""What was seen; the other files are made from it."""


def show(run: MaintenanceRun) -> RenderableType:
    """Give what a terminal shows."""
    return terminal.render(document(run, summarize(run)))


def write(run: MaintenanceRun, folder: Path) -> tuple[Path, ...]:
    """Write maintenance.html and maintenance.md into ``folder``, made where it is missing. Raises ``OSError``."""
    made = document(run, summarize(run))
    return put({"maintenance.html": html.render(made), "maintenance.md": markdown.render(made)}, folder)

"""Show what maintenance was worth: on a terminal, as Markdown, and as a page. Decides nothing.

``tables``    the tables of every format, as text
``terminal``  for a person who waits
``markdown``  for a pull request
``page``      one file, no network
"""

from __future__ import annotations

from pathlib import Path

from bench.experiments.maintain import markdown, page
from bench.experiments.maintain.record import MaintenanceRun
from bench.experiments.maintain.terminal import show
from bench.report.files import put

__all__ = ["JSON", "show", "write"]

JSON = "maintenance.json"
"""What was seen; the other files are made from it."""


def write(run: MaintenanceRun, folder: Path) -> tuple[Path, ...]:
    """Write maintenance.html and maintenance.md into ``folder``, made where it is missing. Raises ``OSError``."""
    return put({"maintenance.html": page.render(run), "maintenance.md": markdown.render(run)}, folder)

"""Show what maintenance was worth: on a terminal, as Markdown, and as a page. Decides nothing.

``tables``    the tables of every format, as text
``terminal``  for a person who waits
``markdown``  for a pull request
``page``      one file, no network
"""

from __future__ import annotations

from pathlib import Path

from bench.model.maintenance import MaintenanceRun
from bench.report.files import put
from bench.report.maintenance import markdown, page
from bench.report.maintenance.terminal import show

__all__ = ["JSON", "show", "write"]

JSON = "maintenance.json"
"""What was seen; the other files are made from it."""


def write(run: MaintenanceRun, folder: Path) -> tuple[Path, ...]:
    """Write maintenance.html and maintenance.md into ``folder``, made where it is missing. Raises ``OSError``."""
    return put({"maintenance.html": page.render(run), "maintenance.md": markdown.render(run)}, folder)

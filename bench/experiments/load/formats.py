"""Show what a load saw: on a terminal, as Markdown, and as a page. Decides nothing.

``tables``    the tables of every format, as text
``terminal``  for a person who waits
``markdown``  for a pull request
``page``      one file, no network
"""

from __future__ import annotations

from pathlib import Path

from bench.experiments.load import markdown, page
from bench.experiments.load.record import LoadRun
from bench.experiments.load.terminal import show
from bench.report.files import put

__all__ = ["JSON", "show", "write"]

JSON = "load.json"
"""What was seen; the other files are made from it."""


def write(run: LoadRun, folder: Path) -> tuple[Path, ...]:
    """Write load.html and load.md into ``folder``, which is made where it is missing. Raises ``OSError``."""
    return put({"load.html": page.render(run), "load.md": markdown.render(run)}, folder)

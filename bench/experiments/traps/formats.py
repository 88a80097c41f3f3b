"""Show what a look for plan traps saw: on a terminal, as Markdown, and as a page. Decides nothing.

``tables``    the tables of every format, as text
``terminal``  for a person who waits
``markdown``  for a pull request
``page``      one file, no network
"""

from __future__ import annotations

from pathlib import Path

from bench.experiments.traps import markdown, page
from bench.experiments.traps.record import TrapsRun
from bench.experiments.traps.terminal import show
from bench.report.files import put

__all__ = ["JSON", "show", "write"]

JSON = "traps.json"
"""What was seen; the other files are made from it."""


def write(run: TrapsRun, folder: Path) -> tuple[Path, ...]:
    """Write traps.html and traps.md into ``folder``, which is made where it is missing. Raises ``OSError``."""
    return put({"traps.html": page.render(run), "traps.md": markdown.render(run)}, folder)

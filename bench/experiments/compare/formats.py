"""Show several stored runs: side by side, or in the order of time; as a page, as Markdown, on a terminal.

Decides nothing: ``bench.comparison`` does.
"""

from __future__ import annotations

from pathlib import Path

from bench import __version__
from bench.experiments.compare import history_page, history_terminal, markdown, page
from bench.experiments.compare.history import History, headline
from bench.experiments.compare.record import Comparison
from bench.experiments.compare.terminal import show
from bench.report.files import put

__all__ = ["show", "show_history", "write", "write_history"]

show_history = history_terminal.show


def write(found: Comparison, folder: Path) -> tuple[Path, ...]:
    """Write compare.html and compare.md into ``folder``, which is made where it is missing. Raises ``OSError``."""
    return put({"compare.html": page.render(found, __version__), "compare.md": markdown.render(found)}, folder)


def write_history(found: History, folder: Path) -> tuple[Path, ...]:
    """Write history.html into ``folder``, which is made where it is missing. Raises ``OSError``."""
    return put({"history.html": history_page.render(found, headline(found), __version__)}, folder)

"""Show several stored runs: side by side; as a page, as Markdown, on a terminal.

Decides nothing: ``bench.comparison`` does.
"""

from __future__ import annotations

from pathlib import Path

from bench import __version__
from bench.comparison import Comparison
from bench.report.compared import markdown, page
from bench.report.compared.terminal import show
from bench.report.files import put

__all__ = ["show", "write"]


def write(found: Comparison, folder: Path) -> tuple[Path, ...]:
    """Write compare.html and compare.md into ``folder``, which is made where it is missing. Raises ``OSError``."""
    return put({"compare.html": page.render(found, __version__), "compare.md": markdown.render(found)}, folder)

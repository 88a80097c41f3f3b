"""Show a scale experiment: as a page, as Markdown, on a terminal.

Decides nothing: ``bench.growth`` does.
"""

from __future__ import annotations

from pathlib import Path

from bench.experiments.scale import markdown, page
from bench.experiments.scale.record import Scaling
from bench.experiments.scale.terminal import show
from bench.report.files import put

__all__ = ["FILE", "show", "write"]

FILE = "scale.json"
"""What a scale experiment is kept as, in its folder."""


def write(found: Scaling, folder: Path) -> tuple[Path, ...]:
    """Write scale.html and scale.md into ``folder``, which is made where it is missing. Raises ``OSError``."""
    return put({"scale.html": page.render(found), "scale.md": markdown.render(found)}, folder)

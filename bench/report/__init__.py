"""Show a finished run: as a page, Markdown, tables, test cases, and on a terminal. Decides nothing.

``FORMATS`` maps a name to a function from run to text; ``FILES`` to the file it belongs in. A new format is one
function and one line in each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bench.model import Run
from bench.report import cells, junit, markdown, page, samples
from bench.report.files import put
from bench.report.terminal import show

__all__ = ["FILES", "FORMATS", "show", "write"]

FORMATS: Mapping[str, Callable[[Run], str]] = {
    "html": page.render,
    "md": markdown.render,
    "csv": samples.render,
    "cells": cells.render,
    "junit": junit.render,
}

FILES: Mapping[str, str] = {
    "html": "report.html",
    "md": "report.md",
    "csv": "samples.csv",
    "cells": "cells.csv",
    "junit": "junit.xml",
}


def write(run: Run, folder: Path) -> tuple[Path, ...]:
    """Write every format into ``folder``, which is made where it is missing; return the files. Raises ``OSError``."""
    return put({FILES[name]: render(run) for name, render in FORMATS.items()}, folder)

"""Show a finished run: as a page, Markdown, tables, test cases, figures, and on a terminal. Decides nothing.

``FORMATS`` maps a name to a function from run to text; ``FILES`` to the file it belongs in. A new format is one
function and one line in each. Figures as files are made only where somebody asks for them: they take some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bench.experiments.before_after import cells, figures, markdown, page, samples
from bench.experiments.before_after.findings import suites
from bench.experiments.before_after.summary import summarize
from bench.experiments.before_after.terminal import show
from bench.model import Run
from bench.report import junit
from bench.report.files import put

__all__ = ["FIGURES", "FILES", "FORMATS", "show", "write", "write_figures"]

FORMATS: Mapping[str, Callable[[Run], str]] = {
    "html": page.render,
    "md": markdown.render,
    "csv": samples.render,
    "cells": cells.render,
    "junit": lambda run: junit.render(
        "pgproof run", list(suites(run, summarize(run))), run.started_at, sum(run.phases_s.values())
    ),
}

FILES: Mapping[str, str] = {
    "html": "report.html",
    "md": "report.md",
    "csv": "samples.csv",
    "cells": "cells.csv",
    "junit": "junit.xml",
}
FIGURES = "figures"
"""The folder of the figures, beside the reports."""


def write(run: Run, folder: Path) -> tuple[Path, ...]:
    """Write every format into ``folder``, which is made where it is missing; return the files. Raises ``OSError``."""
    return put({FILES[name]: render(run) for name, render in FORMATS.items()}, folder)


def write_figures(run: Run, folder: Path) -> tuple[Path, ...]:
    """Write every figure as SVG and PNG into ``FIGURES`` in ``folder``; return the files. Raises ``OSError``."""
    return put(figures.slides(run, summarize(run), run.dataset.distributions), folder / FIGURES)

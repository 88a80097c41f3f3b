"""Show a finished run: as a page, Markdown, tables, test cases, figures, and on a terminal. Decides nothing.

``FORMATS`` maps a name to a function from run to text; ``FILES`` to the file it belongs in. Figures as files are made
only where somebody asks for them: they take some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from rich.console import RenderableType

from bench.experiments.before_after import cells, figures, samples
from bench.experiments.before_after.document import document
from bench.experiments.before_after.findings import suites
from bench.experiments.before_after.summary import RunSummary, summarize
from bench.model import Run
from bench.report import csv, junit, markdown, terminal
from bench.report.document import Document
from bench.report.files import put
from bench.report.html import render as html

__all__ = ["FIGURES", "FILES", "FORMATS", "show", "write", "write_figures"]

RENDERERS: Mapping[str, Callable[[Run, RunSummary, Document], str]] = {
    "html": lambda _run, _summary, made: html.render(made),
    "md": lambda _run, _summary, made: markdown.render(made),
    "csv": lambda run, _summary, _made: csv.render(samples.COLUMNS, samples.rows(run)),
    "cells": lambda run, summary, _made: csv.render(cells.COLUMNS, cells.rows(run, summary)),
    "junit": lambda run, summary, _made: junit.render(
        "pgproof run", list(suites(run, summary)), run.started_at, sum(run.phases_s.values())
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


def _one(name: str, run: Run) -> str:
    summary = summarize(run)
    return RENDERERS[name](run, summary, document(run, summary))


FORMATS: Mapping[str, Callable[[Run], str]] = {name: partial(_one, name) for name in RENDERERS}


def show(run: Run) -> RenderableType:
    """Give what a terminal shows."""
    return terminal.render(document(run, summarize(run)))


def write(run: Run, folder: Path) -> tuple[Path, ...]:
    """Write every format into ``folder``, which is made where it is missing; return the files. Raises ``OSError``."""
    summary = summarize(run)
    made = document(run, summary)
    return put({FILES[name]: render(run, summary, made) for name, render in RENDERERS.items()}, folder)


def write_figures(run: Run, folder: Path) -> tuple[Path, ...]:
    """Write every figure as SVG and PNG into ``FIGURES`` in ``folder``; return the files. Raises ``OSError``."""
    return put(figures.slides(run, summarize(run), run.dataset.distributions), folder / FIGURES)

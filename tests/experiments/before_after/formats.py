"""A run in each format, by a short name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.experiments.before_after.document import EXPERIMENT
from bench.model import Run
from bench.report.html import render as html

FILES = {
    "html": "report.html", "md": "report.md", "csv": "samples.csv", "typed samples": "samples.parquet",
    "cells": "cells.csv", "typed cells": "cells.parquet", "junit": "junit.xml",
}  # fmt: skip


def _page(run: Run) -> str:
    return html.render(EXPERIMENT.document(run, EXPERIMENT.summarize(run)))


def _other(name: str, run: Run) -> str:
    return EXPERIMENT.others[name](run, EXPERIMENT.summarize(run))


FORMATS: dict[str, Callable[[Run], str]] = {
    "html": _page,
    "md": EXPERIMENT.markdown,
    **{name: partial(_other, FILES[name]) for name in ("csv", "cells", "junit")},
}

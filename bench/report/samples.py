"""Every sample of a run as CSV, for a spreadsheet or a notebook: ``pandas.read_csv("samples.csv")``."""

from __future__ import annotations

import csv
import io

from bench.model import STATES, Run
from bench.report.text import one_line

COLUMNS = ("query", "parameter_class", "state", "number", "binding", "ms", "censored", "at_s")

# What a spreadsheet takes for the start of a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(run: Run) -> str:
    """Write one line per sample, in the order they were taken within a cell; ``censored`` is 0 or 1."""
    target = io.StringIO()
    out = csv.writer(target, lineterminator="\n")
    out.writerow(COLUMNS)
    for pair in run.pairs:
        for state in STATES:
            for number, sample in enumerate(pair.side(state).samples):
                names = (cell(pair.query), cell(pair.parameter_class), state)
                out.writerow((*names, number, sample.binding, sample.ms, int(sample.censored), sample.at_s))
    return target.getvalue()


def cell(text: str) -> str:
    """Make ``text`` safe for a spreadsheet: an apostrophe before what would run as a formula."""
    flat = one_line(text)
    return f"'{flat}" if flat.startswith(FORMULA) else flat

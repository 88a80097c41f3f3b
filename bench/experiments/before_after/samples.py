"""Every sample of a run as a pandas frame, and as CSV for a spreadsheet or somebody else's statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.model import STATES, Run
from bench.report.text import one_line

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("query", "parameter_class", "state", "number", "binding", "ms", "censored", "at_s", "cold")

# What a spreadsheet takes for the start of a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def frame(run: Run) -> pd.DataFrame:
    """One row per timed execution, in the order they were taken within a cell.

    ``ms`` is wall time; where ``censored`` is 1 the true time is longer. ``at_s`` is the second of the measurement.
    ``cold`` is 1 for an execution with emptied caches: those come after the warm ones, have numbers of their own, and
    count their seconds from the first of them.
    """
    import pandas as pd  # half a second to import, and only needed here

    rows = [
        (
            one_line(pair.query),
            one_line(pair.parameter_class),
            state,
            number,
            one.binding,
            one.ms,
            int(one.censored),
            one.at_s,
            cold,
        )
        for pair in run.pairs
        for state in STATES
        for cold, taken in enumerate((pair.side(state).samples, pair.side(state).cold))
        for number, one in enumerate(taken)
    ]
    return pd.DataFrame.from_records(rows, columns=list(COLUMNS))


def render(run: Run) -> str:
    """Write the frame as CSV; names are made safe for a spreadsheet."""
    made = frame(run)
    for column in ("query", "parameter_class"):
        made[column] = made[column].map({name: cell(name) for name in made[column].unique()})
    text: str = made.to_csv(index=False, lineterminator="\n")
    return text


def cell(text: str) -> str:
    """Make ``text`` safe for a spreadsheet: an apostrophe before what would run as a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text

"""Every sample of a run as a table, and as a pandas frame for one's own analysis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from bench.model import STATES, Arm, Pair, Run, Sample
from bench.report.csv import Value

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("query", "parameter_class", "state", "number", "binding", "ms", "censored", "at_s", "cold")


def rows(pairs: Iterable[Pair]) -> Iterator[tuple[Value, ...]]:
    """One row per timed execution, in the order they were taken within a cell.

    ``ms`` is wall time; where ``censored`` is 1 the true time is longer. ``at_s`` is the second of the measurement.
    ``cold`` is 1 for an execution with emptied caches: those come after the warm ones, have numbers of their own, and
    count their seconds from the first of them. State ``copy``: a second copy of the database after.
    """
    for pair in pairs:
        for state in STATES:
            for cold, taken in enumerate((pair.side(state).samples, pair.side(state).cold)):
                yield from _rows(pair, state, taken, cold)
        yield from _rows(pair, "copy", pair.copy, 0)


def _rows(pair: Pair, arm: Arm, taken: Sequence[Sample], cold: int) -> Iterator[tuple[Value, ...]]:
    for number, one in enumerate(taken):
        where = (pair.query, pair.parameter_class, arm, number, one.binding)
        yield (*where, float(one.ms), int(one.censored), float(one.at_s), cold)


def frame(run: Run) -> pd.DataFrame:
    """The rows as a frame, for a notebook."""
    import pandas as pd  # half a second to import, and only needed here

    return pd.DataFrame.from_records(list(rows(run.pairs)), columns=list(COLUMNS))

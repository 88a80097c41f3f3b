"""Cells that met another plan when optimizations were taken away than the run had timed. Pure.

What an optimization does is told by the plans of an attribution. Where these do not begin and end with the plans before
and after of the run, an effect would be given to the wrong cause: other statistics, for one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.cells.work import less_work, more_work
from bench.model import STATES, GainCell, Pair, Run, State


@dataclass(frozen=True, slots=True)
class Moved:
    """One cell that is not what the run timed, in ``state``."""

    cell: str
    state: State
    what: str
    buffers_run: int
    buffers_here: int


def moved(run: Run) -> tuple[Moved, ...]:
    """The cells of the attribution whose plan or work is another one than in the run.

    The attribution of an aged run works on a copy from before the churn, so it is held against what was timed fresh. A
    cell that the run did not explain is taken as it is: nothing is known to differ.
    """
    pairs = {(pair.query, pair.parameter_class): pair for pair in run.fresh or run.pairs}
    writes = {query.name for query in run.queries if query.writes}
    found = []
    for cell in run.attribution.cells if run.attribution else ():
        if pair := pairs.get((cell.query, cell.parameter_class)):
            seen = (_moved(cell, pair, state, writes=cell.query in writes) for state in STATES)
            found += [one for one in seen if one][:1]
    return tuple(found)


def without_moved(run: Run) -> Run:
    """``run`` with an attribution of the other cells only."""
    labels = {one.cell for one in moved(run)}
    if run.attribution is None or not labels:
        return run
    left = tuple(cell for cell in run.attribution.cells if cell.label not in labels)
    return replace(run, attribution=replace(run.attribution, cells=left))


def _moved(cell: GainCell, pair: Pair, state: State, *, writes: bool) -> Moved | None:
    here, there = cell.tried[cell.before if state == "before" else cell.after], pair.side(state).plan
    if there is None or here.censored:
        return None
    what = ""
    if here.fingerprint != there.fingerprint:
        what = "another plan than in the run"
    elif not writes and (  # of a statement that writes only the work of finding is kept
        more_work(there.counters, here.counters, writes=False) or less_work(there.counters, here.counters, writes=False)
    ):
        what = "other work than in the run"
    return Moved(cell.label, state, what, there.counters.buffers, here.counters.buffers) if what else None

"""The classes of one query together: it meets the target only if every class does."""

from __future__ import annotations

from collections.abc import Sequence

from bench.cells.cell import rank
from bench.cells.records import CellSummary, Outcome, QuerySummary
from bench.model import DIFFERENCES, STATES, Query, State

# The first of these that a class has decides for the query.
GRAVITY: tuple[Outcome, ...] = (*DIFFERENCES, "failed", "misses", "cannot tell", "meets")
HOT = "hot"


def summarize_query(query: Query, cells: tuple[CellSummary, ...], indexes: tuple[str, ...] = ()) -> QuerySummary:
    """Put the cells of ``query`` together."""
    counted = [cell for cell in cells if not cell.absent]
    measured = [cell for cell in counted if cell.before.measured or cell.after.measured]
    has_after = any(cell.after.measured for cell in counted)
    state: State = "after" if has_after else "before"
    hot = next((cell for cell in measured if cell.parameter_class == HOT), measured[0] if measured else None)
    return QuerySummary(
        name=query.name,
        title=query.title or query.name,
        cells=cells,
        hot=hot,
        worst=max(measured, key=lambda cell: rank(cell.side(state).p95), default=None),
        before=_outcome(counted, "before"),
        after=_outcome(counted, "after") if has_after else None,
        reason=_reason(counted, state),
        indexes=indexes,
        assumes={state: found for state in STATES if (found := _assumed(counted, state))},
    )


def importance(query: QuerySummary) -> tuple[int, float]:
    """Order queries by what a reader must know first: what is wrong or misses, then the most time saved.

    The time is the median saved in the hot class, in milliseconds; a query that lost some counts as much.
    """
    cell = query.hot
    moved = abs(cell.before.p50.ms - cell.after.p50.ms) if cell and cell.before.p50 and cell.after.p50 else 0.0
    return (GRAVITY.index(query.outcome), -moved)


def _outcome(cells: Sequence[CellSummary], state: State) -> Outcome:
    found = {cell.side(state).outcome for cell in cells}
    return next((outcome for outcome in GRAVITY if outcome in found), "cannot tell")


def _assumed(cells: Sequence[CellSummary], state: State) -> str:
    """Say what the outcome rests on: where it meets, all that any class assumes; else what each deciding class does."""
    decided = _outcome(cells, state)
    assumed = [cell.side(state).judgement.assumes for cell in cells if cell.side(state).outcome == decided]
    if decided not in ("meets", "misses") or (decided == "misses" and "" in assumed):
        return ""
    return max(assumed, key=len)


def _reason(cells: Sequence[CellSummary], state: State) -> str:
    """Say which class decided, and why; of several the slowest."""
    decided = _outcome(cells, state)
    deciding = [cell for cell in cells if cell.side(state).outcome == decided]
    if not deciding:
        return "no class was measured"
    cell = max(deciding, key=lambda cell: rank(cell.side(state).p95))
    side = cell.side(state)
    if decided == "failed":
        said = side.error
    elif cell.differs:
        said = cell.differs
    else:
        said = cell.skipped or side.judgement.reason
    return f"{cell.parameter_class}: {said}"

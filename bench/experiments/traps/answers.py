"""Whether the plans that one query may get for the same values answer the same. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.experiments.traps.record import FreshQuery, PlanRun, TrapCell, TrapsRun


@dataclass(frozen=True, slots=True)
class Compared:
    """A plan held against another one of the same query, for the same values on the same rows."""

    query: str
    about: str
    """Class, or the new tenant."""
    plan: str
    """Whose answer is held against that of the plan for its own values, in words."""
    same: bool


def compared(run: TrapsRun) -> tuple[Compared, ...]:
    """Every two plans whose answers are known."""
    cells = [one for cell in run.cells for one in _of_cell(cell)]
    fresh = [one for query in (run.fresh.queries if run.fresh else ()) for one in _of_fresh(query)]
    return (*cells, *fresh)


def _of_cell(cell: TrapCell) -> Iterator[Compared]:
    others: list[tuple[str, PlanRun | None]] = [("the generic plan", cell.generic)]
    others += [(f"the plan of class {one.lender}", one.lent) for one in cell.borrowed]
    others += [
        ("a plan by another sample of statistics", one) for one in (cell.stability.plans if cell.stability else ())
    ]
    for what, other in others:
        if cell.custom and other and cell.custom.answer and other.answer:
            same = cell.custom.answer == other.answer
            yield Compared(cell.query, f"class {cell.parameter_class}", what, same)


def _of_fresh(query: FreshQuery) -> Iterator[Compared]:
    if query.analyzed and query.analyzed.answer and query.stale.answer:
        same = query.analyzed.answer == query.stale.answer
        yield Compared(query.query, "the new tenant", "the plan before ANALYZE", same)

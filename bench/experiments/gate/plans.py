"""Both plans of a cell on common lines, and the line that did it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.cells.work import LIMITS
from bench.experiments.gate.record import CellResult, CellVerdict, Counted
from bench.model import PlanSeen
from bench.plans import PlanNode
from bench.report import numbers
from bench.report.plans import ComparedPlans, PlanLine, PlanStep, compare_plans

ROWS = next(one.words for one in LIMITS if one.counter == "rows")


@dataclass(frozen=True, slots=True)
class CellPlans:
    """The plans of the two arms."""

    compared: ComparedPlans
    did_it: int
    """The line whose step does most more of what made the cell worse; 0 where none does more, or it got no worse."""
    sentence: str
    """What it does, and did; empty where no line is to blame."""


WORSE: tuple[CellVerdict, ...] = ("regression", "accepted", "inconclusive", "plan changed")
"""Cells of which a line is to blame."""


def cell_plans(cell: CellResult) -> CellPlans | None:
    """Put the plans of a cell side by side; None where it has not both."""
    if cell.base is None or cell.head is None:
        return None
    found = compare_plans(_seen(cell.base), _seen(cell.head))
    assert found
    for measure, verb, what in _measures(cell) if cell.word in WORSE else ():
        growth = [_growth(line, found, measure) for line in found.lines]
        if (most := max(growth)) > 0:
            line = found.lines[growth.index(most)]
            return CellPlans(found, line.number, _sentence(line, found, measure, f"{verb} {{}} {what}"))
    return CellPlans(found, 0, "")


def _seen(counted: Counted) -> PlanSeen:
    """The plan as it was counted, which was not timed."""
    return PlanSeen(counted.plan, counted.fingerprint, counted.counters, planning_ms=0.0, execution_ms=0.0)


def _blocks(node: PlanNode) -> float:
    return node.buffers_self


def _rows(node: PlanNode) -> float:
    return node.actual_rows + node.rows_removed


Measure = Callable[[PlanNode], float]
MEASURES: tuple[tuple[Measure, str, str], ...] = ((_blocks, "reads", "blocks"), (_rows, "works on", "rows"))
"""What a step does more of: blocks that it reads itself, or rows that it passes on or throws away."""


def _measures(cell: CellResult) -> tuple[tuple[Measure, str, str], ...]:
    """What is asked first: that by which the cell got worse."""
    by_rows = bool(cell.differences) and cell.differences[0].counter == ROWS
    return MEASURES[::-1] if by_rows else MEASURES


def _growth(line: PlanLine, found: ComparedPlans, measure: Measure) -> float:
    """How much more a line of the head does than its step did on the base, on whichever line that stands."""
    now, then = _both(line, found)
    return measure(now.node) - (measure(then.node) if then else 0.0) if now else 0.0


def _both(line: PlanLine, found: ComparedPlans) -> tuple[PlanStep | None, PlanStep | None]:
    """The step of the head on a line, and the same step on the base."""
    then = found.lines[line.elsewhere - 1] if line.elsewhere else line
    return line.sides["after"], then.sides["before"]


def _sentence(line: PlanLine, found: ComparedPlans, measure: Measure, does: str) -> str:
    now, then = _both(line, found)
    assert now
    said = f"{now.node.label} {does.format(numbers.count(round(measure(now.node))))}"
    if then is None:
        return f"{said}; the base has no such step."
    by = "" if then.node.label == now.node.label else f" by {then.node.label}"
    return f"{said}; on the base {numbers.count(round(measure(then.node)))}{by}."

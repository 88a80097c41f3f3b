"""An index that a demand asks for, before it has a name."""

from __future__ import annotations

from dataclasses import dataclass

from bench.advice.candidates.demands import Demand
from bench.advice.candidates.shapes import Shape
from bench.report.numbers import count, plural


@dataclass(frozen=True, slots=True)
class Idea:
    """A shape, and why."""

    shape: Shape
    family: str
    query: str
    reason: str
    weight: float
    """Pages and rows that the demand costs now: the reason of the heaviest is shown."""
    needs: tuple[str, ...] = ()
    """Extensions without which it cannot be made."""


def reason(demand: Demand, clause: str) -> str:
    """``clause`` says what the index is for, and the figures what it costs without."""
    verb = "reads" if demand.executed else "is expected to read"
    label = f"{demand.query}[{demand.parameter_class}]"
    found = f"{label} {verb} {plural(demand.pages, 'page')} of {demand.table.name}"
    found += f" for {plural(round(demand.rows), 'row')}"
    if not demand.executed:
        found = f"{label} did not finish; it is expected to read {count(demand.rows)} rows of {demand.table.name}"
    if demand.removed:
        found += f" and throws {count(demand.removed)} away"
    if demand.loops > 1:
        found += f", in {count(demand.loops)} scans"
    return f"{found}: {clause}."


def weight(demand: Demand) -> float:
    """What a demand costs now, to compare two of them."""
    return demand.pages + (demand.rows + demand.removed) / 100

"""Pieces of text that several sections share."""

from __future__ import annotations

from bench.cells import sentences
from bench.cells.records import CellSummary, SideSummary
from bench.report import numbers
from bench.report.document import Cell, Line, Sentences, Span


def effect(cell: CellSummary) -> Line:
    """What the optimizations did to a cell; a factor only where it is a claim."""
    if cell.effect not in ("faster", "slower"):
        return Span(sentences.effect(cell), "quiet")
    times = Span(numbers.times(cell.ratio), "better" if cell.effect == "faster" else "worse", bold=True)
    between = numbers.interval(cell.ratio)
    return (times, " ", Span(between, small=True)) if between else times


def buffers(cell: CellSummary) -> str:
    """Buffers of one execution, before and after."""
    return numbers.change(*(side.counters.buffers if side.counters else None for side in (cell.before, cell.after)))


def p95(side: SideSummary) -> Cell:
    """A p95 that is marked where it misses the target."""
    return Cell(numbers.figure(side.p95), "over" if side.outcome == "misses" else "")


def none(line: Line) -> Sentences:
    """Why there is nothing to show."""
    return Sentences((line,), "none")

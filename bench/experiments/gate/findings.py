"""What a gate found, cell by cell: a regression fails, a cell that could not be judged is skipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median

from bench.experiments.gate.record import CellResult, CellVerdict, GateResult, Overall
from bench.experiments.gate.summary import CellSummary, GateSummary
from bench.report.findings import Finding, Severity

SEVERITIES: Mapping[CellVerdict, Severity] = {
    "regression": "failure",
    "inconclusive": "skipped",
    "plan changed": "warning",
    "improvement": "notice",
    "accepted": "notice",
    "not compared": "skipped",
    "new": "notice",
    "gone": "skipped",
    "pass": "passed",
}
WHOLE: Mapping[Overall, Severity] = {"incompatible": "error", "regression": "failure", "inconclusive": "skipped"}
UNNOTICED: tuple[CellVerdict, ...] = ("new", "gone", "pass")
"""They need no attention at a line."""


def findings(result: GateResult, summary: GateSummary) -> Iterator[Finding]:
    """A finding for each cell, and one for a verdict that no cell stands for."""
    yield from (_of_cell(one) for one in summary.cells)
    severity = WHOLE.get(result.overall)
    if severity and not result.count("regression"):
        yield _whole(result, summary, severity)


def _of_cell(one: CellSummary) -> Finding:
    cell = one.cell
    unnoticed = cell.word in UNNOTICED or one.told_by
    severity: Severity = "notice" if cell.word == "pass" and cell.reasons else SEVERITIES[cell.word]
    return Finding(
        severity=severity,
        verdict=cell.word,
        message=f"{cell.word}: {one.headline}" if severity == "skipped" else one.headline,
        suite=cell.query,
        case=cell.parameter_class,
        lines=tuple(str(fact) for fact in one.facts),
        annotation=() if unnoticed else tuple(str(fact) for fact in one.facts if fact.label != "at"),
        file=cell.file,
        line=cell.line,
        seconds=_seconds(cell),
    )


def _whole(result: GateResult, summary: GateSummary, severity: Severity) -> Finding:
    """The gate itself; where cells could not be judged, they have been pointed at."""
    beside = (summary.sentence, *result.incompatible, f"next: {result.hint}" if result.hint else "")
    return Finding(
        severity=severity,
        verdict=result.overall,
        message=summary.sentence,
        case="gate",
        lines=(summary.sentence, *result.incompatible, *result.notes, result.hint),
        annotation=() if summary.of("inconclusive") else beside,
    )


def _seconds(cell: CellResult) -> float:
    """Time for one execution of the head, the median of all sessions; 0 where none was taken."""
    times = [value for session in cell.timed.stages for value in session.head_ms] if cell.timed else []
    return median(times) / 1000 if times else 0.0

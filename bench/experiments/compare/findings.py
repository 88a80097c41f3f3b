"""What a comparison found: cells that return other rows, that do more, that are slower."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.compare.summary import CellRow, ComparisonSummary
from bench.report.findings import Finding, Severity


def findings(summary: ComparisonSummary) -> Iterator[Finding]:
    """A finding for each cell that moved, in each run after the reference."""
    for query in summary.queries:
        yield from (_row(one) for one in query.moved)


def _row(one: CellRow) -> Finding:
    change = one.change
    worse = change.work == "more" or change.clock == "slower" or change.goal == "met, now misses"
    severity: Severity = "failure" if change.other_rows else "warning" if worse else "notice"
    verdict = "other rows" if change.other_rows else "worse" if worse else "moved"
    message = f"run {one.label}, {one.cell.state}: {one.moves or verdict}"
    return Finding(severity, verdict, message, one.cell.query, one.cell.parameter_class, (message, *change.plan))

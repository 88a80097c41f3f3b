"""What maintenance found: rows that a procedure must not change and did, procedures that failed, cells that aged."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.maintain.record import ALL, MaintenanceRun
from bench.experiments.maintain.summary import MaintenanceSummary
from bench.report.findings import Finding, unfinished


def findings(run: MaintenanceRun, summary: MaintenanceSummary) -> Iterator[Finding]:
    """A finding for each cell with wrong rows, each procedure, and each query that aged."""
    for stage, query, parameter_class in summary.wrong_rows:
        message = f"answers with other rows after {stage}, which must not change any"
        yield Finding("failure", "other rows", message, query, parameter_class, (message,))
    for one in summary.procedures:
        if one.name == ALL:
            continue
        if one.error:
            yield Finding("error", "failed", one.error, case=one.name, lines=(one.error,))
        elif one.skipped:
            yield Finding("skipped", "", one.skipped, case=one.name, lines=(one.skipped,))
        else:
            yield Finding("passed", "", "", case=one.name, seconds=one.seconds)
    for title in summary.aged_queries:
        mended = [one.name for one in summary.procedures if title in one.mends]
        message = f"reads more after the churn; mended by {', '.join(mended) or 'nothing'}"
        yield Finding("notice" if mended else "warning", "aged", message, title, "all", (message,))
    yield from unfinished("maintenance", run.status)

"""Decide how much of a workload its classes exercise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.cells.coverage import CoverageSummary, joined, summarize_coverage
from bench.experiments import about
from bench.experiments.coverage.record import CoverageRun
from bench.report.findings import Finding, unfinished
from bench.report.numbers import plural


@dataclass(frozen=True, slots=True)
class WorkloadCoverage:
    """What a report shows."""

    headline: str
    alarms: tuple[str, ...]
    clauses: CoverageSummary | None
    """None where nothing was tried yet."""


def summarize(run: CoverageRun) -> WorkloadCoverage:
    """Compute everything that a report of ``run`` shows; complete, partial and failed runs alike."""
    seen = joined(run.reads, run.writes)
    clauses = summarize_coverage(seen, run.titles, None) if seen else None
    headline = "Nothing was tried"
    if clauses:
        headline = (
            f"{clauses.told} of {plural(clauses.total, 'changed clause')} ({clauses.percent:.0f} %) are told apart by "
            f"a class at {run.dataset.scale:,} {run.dataset.unit}"
        )
    return WorkloadCoverage(headline, about.unfinished("This", run.status, "tried"), clauses)


def findings(run: CoverageRun, summary: WorkloadCoverage) -> Iterator[Finding]:
    """A clause that nothing tests is no failure, and is told."""
    for seen, said in summary.clauses.holes if summary.clauses else ():
        message = f"{seen.clause}, {seen.change}: {said}"
        yield Finding(
            "skipped", said, message, suite=seen.query, case=f"{seen.clause}, {seen.change}, line {seen.line}"
        )
    yield from unfinished("coverage of clauses", run.status)

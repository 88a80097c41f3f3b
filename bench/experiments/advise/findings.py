"""What an advice found, one at a time: each change that is proposed, and each query that it makes slower or wrong."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.advise.record import AdviseRun
from bench.experiments.advise.summary import AdviseSummary
from bench.model import DIFFERENCES
from bench.report import numbers
from bench.report.findings import Finding, unfinished


def findings(run: AdviseRun, summary: AdviseSummary) -> Iterator[Finding]:
    """A notice for each change, a warning for each class that gets slower, a failure for another answer."""
    for one in summary.changes:
        best = one.best
        gain = f": {best.label} {numbers.ms(best.without_ms)} → {numbers.ms(best.with_ms)}" if best else ""
        yield Finding("notice", "proposed", f"{one.proposal.candidate.ddl}{gain}", suite="advice", case=one.name)
    for query in summary.queries:
        for cell in query.summary.cells:
            if cell.effect in DIFFERENCES:
                yield Finding("failure", cell.effect, cell.differs, suite=cell.query, case=cell.parameter_class)
            elif cell.effect == "slower":
                said = f"slower with the set: {numbers.figure(cell.before.p50)} → {numbers.figure(cell.after.p50)}"
                yield Finding("warning", "slower", said, suite=cell.query, case=cell.parameter_class)
    yield from unfinished("advice", run.status)

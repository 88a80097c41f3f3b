"""What growth found: which cells are over the target, now or soon, and what makes a claim void."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.experiments.scale.record import Kind, Scaling
from bench.experiments.scale.sentences import crossing
from bench.experiments.scale.summary import CellSummary, ScaleSummary
from bench.report.findings import Finding, Severity, unfinished

SEVERITIES: Mapping[Kind, Severity] = {
    "already over": "warning", "crosses": "notice", "cannot tell": "skipped", "still within": "passed",
    "not before": "passed",
}  # fmt: skip


def findings(found: Scaling, summary: ScaleSummary) -> Iterator[Finding]:
    """A finding for each cell of the state that counts, and each alarm."""
    yield from (Finding("failure", "other rows", alarm, case="alarm", lines=(alarm,)) for alarm in found.alarms)
    if summary.on_nodes:
        yield from (
            Finding("failure", "other rows", one, case="alarm", lines=(one,)) for one in summary.on_nodes.alarms
        )
    for query in summary.queries:
        yield from (_cell(one) for one in query.cells if one.curve.state == summary.state)
    yield from unfinished("scale experiment", found.status)


def _cell(one: CellSummary) -> Finding:
    curve, said = one.curve, crossing(one.curve.crossing)
    kind = curve.crossing.kind
    severity: Severity = "warning" if one.over else SEVERITIES[kind]
    return Finding(severity, kind, said, curve.query, curve.parameter_class, (said, *one.notes))

"""What a look for plan traps found, query by query."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.traps.hazards import QueryTraps
from bench.experiments.traps.record import TrapsRun
from bench.experiments.traps.summary import TrapsSummary
from bench.report.findings import Finding, Severity, unfinished


def findings(run: TrapsRun, summary: TrapsSummary) -> Iterator[Finding]:
    """A finding for each query: a trap wants a look, a risk is worth a line."""
    yield from (_query(one) for one in summary.queries)
    yield from unfinished("look for traps", run.status)


def _query(one: QueryTraps) -> Finding:
    severity: Severity = "warning" if one.trap else "skipped" if one.unknown else "notice" if one.risk else "passed"
    lines = tuple(hazard.sentence for hazard in one.hazards) or (one.sentence,)
    parameter_class = one.first.parameter_class if one.first and not one.unknown else "all"
    return Finding(severity, one.said, one.sentence, one.query.name, parameter_class, lines)

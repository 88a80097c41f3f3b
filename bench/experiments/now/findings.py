"""What a run of one state found, class by class: a miss is a failure, a failed statement an error."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.now.record import NowRun
from bench.experiments.now.summary import NowCell, NowQuery, NowSummary
from bench.report import numbers
from bench.report.findings import Finding, Severity, unfinished
from bench.report.junit import Suite


def findings(run: NowRun, summary: NowSummary) -> Iterator[Finding]:
    """A finding for each class of each query, and one for each fault of the schema."""
    for query in summary.queries:
        for cell in query.cells:
            yield _of_cell(query, cell)
    for one in summary.findings:
        yield Finding("notice", one.kind, one.sentence, suite="schema", case=one.index, lines=(one.sentence, one.fix))
    yield from unfinished("run", run.status, f"{numbers.plural(summary.cells, 'cell')} measured")


def suites(run: NowRun, summary: NowSummary) -> Iterator[Suite]:
    """A suite for each query, one for the schema, and one for the run itself."""
    found = tuple(findings(run, summary))
    for query in summary.queries:
        own = tuple(one for one in found if one.suite == query.query.name)
        about = (("title", query.summary.title), ("verdict", query.summary.outcome), ("reason", query.summary.reason))
        yield Suite(query.query.name, own, sum(one.seconds for one in own), about)
    if schema := tuple(one for one in found if one.suite == "schema"):
        yield Suite("schema", schema, 0.0)
    yield Suite(run.workload, tuple(one for one in found if not one.suite), 0.0, (("now", summary.tally.words),))


def _of_cell(query: NowQuery, cell: NowCell) -> Finding:
    severity, verdict, message = _outcome(cell)
    p95 = f"p95 {numbers.figure(cell.side.p95)}, n {cell.side.n}"
    return Finding(
        severity=severity,
        verdict=verdict,
        message=message,
        suite=query.query.name,
        case=cell.summary.parameter_class,
        lines=(message, p95),
        annotation=(message,) if severity in ("error", "failure") else (),
        file=query.query.file,
        line=query.query.line,
        seconds=cell.side.p95.ms / 1000 if cell.side.p95 else 0.0,
        properties=tuple(_work(cell)),
    )


def _outcome(cell: NowCell) -> tuple[Severity, str, str]:
    side = cell.side
    if side.error:
        return "error", "failed", side.error
    if cell.summary.skipped or not side.measured:
        return "skipped", "", cell.summary.skipped or "not measured"
    if side.outcome == "misses":
        return "failure", "misses", side.judgement.reason
    if side.outcome == "cannot tell":
        return "skipped", "cannot tell", f"cannot tell: {side.judgement.reason}"
    return "passed", side.outcome, ""


def _work(cell: NowCell) -> Iterator[tuple[str, str]]:
    if cell.side.judgement.assumes:
        yield "assumes", cell.side.judgement.assumes
    if cell.side.counters:
        yield "buffers", str(cell.side.counters.buffers)
        yield "rows_read", str(cell.side.counters.rows)
    if cell.summary.result_rows is not None:
        yield "rows_returned", str(cell.summary.result_rows)

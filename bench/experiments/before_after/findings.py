"""What a run found, class by class.

A class passes when it meets the target after the optimizations (before them, where a run has no after state). It fails
when it misses the target or when the rows differ, is in error when its statement failed, and skipped when it was not
measured or cannot be judged. Its time is its p95 in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.cells.records import CellSummary, QuerySummary, SideSummary
from bench.cells.sentences import effect
from bench.experiments.before_after.order import order_sentences
from bench.experiments.before_after.summary import RunSummary
from bench.model import Run, State
from bench.report import numbers
from bench.report.findings import Finding, Severity, unfinished
from bench.report.junit import Suite


def findings(run: Run, summary: RunSummary) -> Iterator[Finding]:
    """A finding for each class of each query; one that did not get to its end has one that says so."""
    judged = [_of_cell(query, cell) for query in summary.queries for cell in query.cells]
    yield from judged
    done = f"{summary.pairs_measured} of {summary.pairs_total} cells were measured"
    yield from unfinished("run", run.status, done)
    if run.status == "complete" and not judged:
        yield Finding("skipped", "", "nothing was measured", case="run", lines=("nothing was measured", done))


def suites(run: Run, summary: RunSummary) -> Iterator[Suite]:
    """A suite for each query, which has the work of one execution of each class, and one for the run itself, which has
    the numbers of queries that meet the target, miss it, or cannot be told."""
    found = tuple(findings(run, summary))
    for query in summary.queries:
        about = (
            ("title", query.title), ("verdict", query.outcome), ("reason", query.reason), ("state", _state(query)),
            *((("assumes", query.assumption),) if query.assumption else ()),
        )  # fmt: skip
        own = tuple(one for one in found if one.suite == query.name)
        yield Suite(query.name, own, sum(one.seconds for one in own), about)
    whole = tuple(one for one in found if not one.suite)
    tallies = (("before", summary.before), ("after", summary.after))
    words = tuple((state, said.words) for state, said in tallies if said)
    yield Suite(run.workload, whole, 0.0, (*words, *(("order", said) for said in order_sentences(run))))


def _state(query: QuerySummary) -> State:
    return "after" if query.after else "before"


def _of_cell(query: QuerySummary, cell: CellSummary) -> Finding:
    state = _state(query)
    side = cell.side(state)
    severity, verdict, message = _outcome(cell, side, state)
    assumes = (f"assuming {side.judgement.assumes}",) if side.judgement.assumes and severity != "error" else ()
    p95 = f"p95 {numbers.figure(side.p95)} {state}, n {side.n}, p95 before {numbers.figure(cell.before.p95)}"
    return Finding(
        severity=severity,
        verdict=verdict,
        message=message,
        suite=query.name,
        case=cell.parameter_class,
        lines=(message, *assumes, p95, *(f"plan: {change}" for change in cell.changes)),
        seconds=side.p95.ms / 1000 if side.p95 else 0.0,
        properties=tuple(_work(cell, side)),
    )


def _outcome(cell: CellSummary, side: SideSummary, state: State) -> tuple[Severity, str, str]:
    if cell.skipped or not side.measured:
        return "skipped", "", cell.skipped or f"not measured {state}"
    if side.outcome == "failed":
        return "error", "failed", side.error
    if cell.differs:
        return "failure", side.outcome, cell.differs
    if side.outcome == "misses":
        return "failure", "misses", side.judgement.reason
    if side.outcome == "cannot tell":
        return "skipped", "cannot tell", f"cannot tell: {side.judgement.reason}"
    if cell.before.error:
        # It meets the target, but a failure is never passed over.
        return "error", "failed", f"before: {cell.before.error}"
    return "passed", side.outcome, ""


def _work(cell: CellSummary, side: SideSummary) -> Iterator[tuple[str, str]]:
    """What the verdict rests on, what one execution did, and how it compares with before."""
    yield "answer", cell.equality
    if side.judgement.look:
        yield "decided_after", str(side.judgement.look.n)
    if side.judgement.assumes:
        yield "assumes", side.judgement.assumes
    if side.counters:
        yield "buffers", str(side.counters.buffers)
        yield "rows_read", str(side.counters.rows)
    if cell.ratio:
        yield "effect", effect(cell)

"""A run as JUnit XML: a suite for each query, a test case for each parameter class, read by every CI.

A class passes when it meets the target after the optimizations (before them, where a run has no after state). It fails
when it misses the target or when the rows differ, is in error when its statement failed, and skipped when it was not
measured or cannot be judged. Its time is its p95 in seconds; the work of one execution stands among the properties of
its suite, since a test case has none.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from bench.cells.records import CellSummary, QuerySummary, SideSummary, Summary
from bench.cells.sentences import effect
from bench.experiments.before_after.summary import summarize
from bench.model import Run, State
from bench.report import numbers
from bench.report.testcases import NAME_MOST, document, suite, text


def render(run: Run) -> str:
    """Write the suites of ``run``; one that did not get to its end has a case that says so."""
    summary = summarize(run)
    suites = [_suite(run, query) for query in summary.queries]
    if run.status != "complete" or not any(len(found.findall("testcase")) for found in suites):
        suites.append(_whole(run, summary))
    return document("pgproof run", suites, sum(run.phases_s.values()))


def _suite(run: Run, query: QuerySummary) -> Element:
    state: State = "after" if query.after else "before"
    measured = [cell.side(state).p95 for cell in query.cells]
    made = suite(query.name, run.started_at, sum(p95.ms for p95 in measured if p95) / 1000)
    properties = SubElement(made, "properties")
    about = {"title": query.title, "verdict": query.outcome, "reason": query.reason, "state": state}
    for name, value in about.items():
        SubElement(properties, "property", {"name": name, "value": text(value)})
    for cell in query.cells:
        for name, value in _work(cell, cell.side(state)):
            prefix = text(cell.parameter_class, NAME_MOST)
            SubElement(properties, "property", {"name": f"{prefix}.{name}", "value": value})
        _case(made, query, cell, state)
    return made


def _work(cell: CellSummary, side: SideSummary) -> list[tuple[str, str]]:
    """What one execution did, and how it compares with before."""
    found: list[tuple[str, str]] = []
    if side.counters:
        found = [("buffers", str(side.counters.buffers)), ("rows_read", str(side.counters.rows))]
    if cell.ratio:
        found.append(("effect", effect(cell)))
    return found


def _case(made: Element, query: QuerySummary, cell: CellSummary, state: State) -> None:
    side = cell.side(state)
    case = SubElement(made, "testcase", {"classname": text(query.name, NAME_MOST) or "query"})
    case.set("name", text(cell.parameter_class, NAME_MOST) or "class")
    case.set("time", f"{side.p95.ms / 1000 if side.p95 else 0:.6f}")
    facts = _facts(cell, side, state)
    if cell.skipped or not side.measured:
        _outcome(case, "skipped", cell.skipped or f"not measured {state}", facts)
    elif side.outcome == "failed":
        _outcome(case, "error", side.error, facts, kind="failed")
    elif side.outcome == "other rows":
        _outcome(case, "failure", "the rows differ from those before", facts, kind="other rows")
    elif side.outcome == "misses":
        _outcome(case, "failure", side.judgement.reason, facts, kind="misses")
    elif side.outcome == "cannot tell":
        _outcome(case, "skipped", f"cannot tell: {side.judgement.reason}", facts)
    elif cell.before.error:
        # It meets the target, but a failure is never passed over.
        _outcome(case, "error", f"before: {cell.before.error}", facts, kind="failed")


def _outcome(case: Element, tag: str, message: str, facts: str, kind: str = "") -> None:
    outcome = SubElement(case, tag, {"message": text(message)})
    if kind:
        outcome.set("type", kind)
    outcome.text = f"{text(message)}\n{facts}"


def _facts(cell: CellSummary, side: SideSummary, state: State) -> str:
    """What a reader of the log wants to know next; the page has the rest."""
    lines = [f"p95 {numbers.figure(side.p95)} {state}, n {side.n}, p95 before {numbers.figure(cell.before.p95)}"]
    lines += [f"plan: {text(change)}" for change in cell.changes]
    return "\n".join(lines)


def _whole(run: Run, summary: Summary) -> Element:
    """A suite for the run itself: in error when it did not get to its end, skipped when nothing was measured."""
    made = suite(run.workload, run.started_at, 0.0)
    case = SubElement(made, "testcase", {"classname": "pgproof", "name": "run", "time": "0.000000"})
    done = f"{summary.pairs_measured} of {summary.pairs_total} cells were measured"
    if run.status == "complete":
        _outcome(case, "skipped", "nothing was measured", done)
    else:
        _outcome(case, "error", f"the run did not get to its end: {run.status}", done, kind=run.status)
    return made

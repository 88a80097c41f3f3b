"""The result of a gate as JUnit XML: one test case per cell, read by GitLab, Jenkins and most others.

A regression is a failure, a cell that could not be judged is skipped, and a baseline that cannot be compared is an
error. The text of each stands in the attribute and in the element, since readers take one or the other.
"""

from __future__ import annotations

from statistics import median
from xml.etree.ElementTree import Element, SubElement

from bench.experiments.gate import sentences
from bench.experiments.gate.record import CellResult, GateResult, Word
from bench.report.testcases import LINE_MOST, NAME_MOST, document, suite, text

SKIPPED: tuple[Word, ...] = ("inconclusive", "not compared", "gone")


def render(result: GateResult) -> str:
    """Write a suite of the cells; what no cell stands for (a baseline that cannot be compared) is a case of its own."""
    seconds = sum(result.phases_s.values())
    made = suite(result.workload, result.started_at, seconds)
    for cell in result.cells:
        _case(made, cell)
    if result.overall not in ("pass", "improvement") and not result.count("regression"):
        _whole(made, result)
    return document("pgproof gate", [made], seconds)


def _case(made: Element, cell: CellResult) -> None:
    case = SubElement(made, "testcase", {"classname": text(cell.query, NAME_MOST) or "query"})
    case.set("name", text(cell.parameter_class, NAME_MOST))
    if cell.file:
        case.set("file", text(cell.file, LINE_MOST))
    if cell.line > 0:
        case.set("line", str(cell.line))
    case.set("time", f"{_seconds(cell):.6f}")
    facts = "\n".join(text(str(fact)) for fact in sentences.facts(cell))
    message = text(sentences.headline(cell))
    if cell.word == "regression":
        SubElement(case, "failure", {"message": message, "type": "regression"}).text = facts
    elif cell.word in SKIPPED:
        SubElement(case, "skipped", {"message": f"{cell.word}: {message}"}).text = facts
    elif cell.word != "pass" or cell.reasons:
        SubElement(case, "system-out").text = f"{cell.word}\n{facts}"


def _whole(made: Element, result: GateResult) -> None:
    """Add a case for the gate itself: failed, in error or skipped."""
    tag = {"incompatible": "error", "regression": "failure"}.get(result.overall, "skipped")
    case = SubElement(made, "testcase", {"classname": "pgproof", "name": "gate", "time": "0.000000"})
    outcome = SubElement(case, tag, {"message": text(sentences.sentence(result))})
    if tag != "skipped":
        outcome.set("type", result.overall)
    lines = [sentences.sentence(result), *result.incompatible, *result.notes, result.hint]
    outcome.text = "\n".join(text(line) for line in lines if line)


def _seconds(cell: CellResult) -> float:
    """Time for one execution of the head, the median of all sessions; 0 where none was taken."""
    times = [value for stage in cell.timed.stages for value in stage.head_ms] if cell.timed else []
    return median(times) / 1000 if times else 0.0

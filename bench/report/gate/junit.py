"""The result of a gate as JUnit XML: one test case per cell, read by GitLab, Jenkins and most others.

A regression is a failure, a cell that could not be judged is skipped, and a baseline that cannot be compared is an
error. The text of each stands in the attribute and in the element, since readers take one or the other.
"""

from __future__ import annotations

from statistics import median
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bench.judge.records import CellResult, GateResult, Word
from bench.report.gate import words
from bench.report.text import one_line

SKIPPED: tuple[Word, ...] = ("inconclusive", "not compared", "gone")
NAME_MOST, LINE_MOST = 200, 2_000


def render(result: GateResult) -> str:
    """Write a suite of the cells; what no cell stands for (a baseline that cannot be compared) is a case of its own."""
    suite = Element("testsuite", {"name": _text(result.workload, NAME_MOST) or "pgproof"})
    suite.set("timestamp", _text(result.started_at, NAME_MOST))
    for cell in result.cells:
        _case(suite, cell)
    if result.overall not in ("pass", "improvement") and not result.count("regression"):
        _whole(suite, result)
    suites = Element("testsuites", {"name": "pgproof gate"})
    for element in (suites, suite):
        element.set("tests", str(len(suite.findall("testcase"))))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            element.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
        element.set("time", f"{sum(result.phases_s.values()):.3f}")
    suites.append(suite)
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _case(suite: Element, cell: CellResult) -> None:
    case = SubElement(suite, "testcase", {"classname": _text(cell.query, NAME_MOST) or "query"})
    case.set("name", _text(cell.parameter_class, NAME_MOST))
    if cell.file:
        case.set("file", _text(cell.file, LINE_MOST))
    if cell.line > 0:
        case.set("line", str(cell.line))
    case.set("time", f"{_seconds(cell):.6f}")
    facts = "\n".join(_text(str(fact)) for fact in words.facts(cell))
    message = _text(words.headline(cell))
    if cell.word == "regression":
        SubElement(case, "failure", {"message": message, "type": "regression"}).text = facts
    elif cell.word in SKIPPED:
        SubElement(case, "skipped", {"message": f"{cell.word}: {message}"}).text = facts
    elif cell.word != "pass" or cell.reasons:
        SubElement(case, "system-out").text = f"{cell.word}\n{facts}"


def _whole(suite: Element, result: GateResult) -> None:
    """Add a case for the gate itself: failed, in error or skipped."""
    tag = {"incompatible": "error", "regression": "failure"}.get(result.overall, "skipped")
    case = SubElement(suite, "testcase", {"classname": "pgproof", "name": "gate", "time": "0.000000"})
    outcome = SubElement(case, tag, {"message": _text(words.sentence(result))})
    if tag != "skipped":
        outcome.set("type", result.overall)
    lines = [words.sentence(result), *result.incompatible, *result.notes, result.hint]
    outcome.text = "\n".join(_text(line) for line in lines if line)


def _seconds(cell: CellResult) -> float:
    """Time for one execution of the head, the median of all sessions; 0 where none was taken."""
    times = [value for stage in cell.timed.stages for value in stage.head_ms] if cell.timed else []
    return median(times) / 1000 if times else 0.0


def _text(text: str, most: int = LINE_MOST) -> str:
    """One line of characters that XML 1.0 can hold; markup is escaped by the writer."""
    return one_line(text, most)

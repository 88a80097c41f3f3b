"""Findings as JUnit XML, which every CI reads: suites of test cases, counted.

What is not as it must be is a failure, what broke an error, and what could not be judged is skipped. The text of each
stands in the attribute and in the element, since readers take one or the other. Valid by the schema that Jenkins' xUnit
plugin checks with (junit-10.xsd), which has no total of skipped cases, and properties of suites alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bench.report.findings import Finding, Severity
from bench.report.text import one_line

NAME_MOST, LINE_MOST = 200, 2_000
"""Characters of a name, and of a line of text."""

TAGS: Mapping[Severity, str] = {
    "error": "error", "failure": "failure", "skipped": "skipped", "warning": "system-out", "notice": "system-out",
}  # fmt: skip
COUNTED = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))


@dataclass(frozen=True, slots=True)
class Suite:
    """Findings that belong together."""

    name: str
    findings: Sequence[Finding]
    seconds: float
    properties: tuple[tuple[str, str], ...] = ()


def render(name: str, suites: Sequence[Suite], started_at: str, seconds: float) -> str:
    """Write ``suites``, with their numbers of cases, failures, errors and skipped cases."""
    root = Element("testsuites", {"name": name})
    root.extend(_suite(one, started_at) for one in suites)
    for element in (root, *root):
        element.set("tests", str(len(element.findall(".//testcase"))))
        for attribute, tag in COUNTED:
            if element is not root or attribute != "skipped":
                element.set(attribute, str(len(element.findall(f".//testcase/{tag}"))))
    root.set("time", f"{seconds:.3f}")
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(found: Suite, started_at: str) -> Element:
    names = {"name": _name(found.name, "pgproof"), "timestamp": _text(started_at, NAME_MOST)}
    made = Element("testsuite", {**names, "time": f"{found.seconds:.3f}"})
    properties = [(name, _text(value)) for name, value in found.properties]
    properties += [
        (f"{_text(one.case, NAME_MOST)}.{name}", _text(value))
        for one in found.findings
        for name, value in one.properties
    ]
    if properties:
        element = SubElement(made, "properties")
        for name, value in properties:
            SubElement(element, "property", {"name": name, "value": value})
    for one in found.findings:
        _case(made, one)
    return made


def _case(made: Element, found: Finding) -> None:
    own = {"classname": _name(found.suite, "pgproof"), "name": _name(found.case, "class")}
    case = SubElement(made, "testcase", own)
    if found.file:
        case.set("file", _text(found.file))
    if found.line > 0:
        case.set("line", str(found.line))
    case.set("time", f"{found.seconds:.6f}")
    if tag := TAGS.get(found.severity):
        outcome = SubElement(case, tag)
        outcome.text = "\n".join(_text(line) for line in found.lines if line)
        if tag == "system-out":
            outcome.text = f"{_text(found.verdict)}\n{outcome.text}"
        else:
            outcome.set("message", _text(found.message))
        if tag in ("failure", "error"):
            outcome.set("type", found.verdict)


def _name(said: str, otherwise: str) -> str:
    """Readers want a name of each."""
    return _text(said, NAME_MOST) or otherwise


def _text(said: str, most: int = LINE_MOST) -> str:
    """One line of characters that XML 1.0 can hold; markup is escaped by the writer."""
    return one_line(said, most)

"""JUnit XML, as far as the reports of a run and of a gate agree: suites of test cases, counted.

Valid by the schema that Jenkins' xUnit plugin checks with (junit-10.xsd), which has no total of skipped cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, indent, tostring

from bench.report.text import one_line

NAME_MOST, LINE_MOST = 200, 2_000
"""Characters of a name, and of a line of text."""

COUNTED = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))


def document(name: str, suites: Sequence[Element], seconds: float) -> str:
    """Write ``suites`` as a document, with their numbers of cases, failures, errors and skipped cases."""
    root = Element("testsuites", {"name": name})
    root.extend(suites)
    for element in (root, *suites):
        element.set("tests", str(len(element.findall(".//testcase"))))
        for attribute, tag in COUNTED:
            if element is not root or attribute != "skipped":
                element.set(attribute, str(len(element.findall(f".//testcase/{tag}"))))
    root.set("time", f"{seconds:.3f}")
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def suite(name: str, timestamp: str, seconds: float) -> Element:
    """Begin a suite; readers want a name of each."""
    return Element(
        "testsuite",
        {"name": text(name, NAME_MOST) or "pgproof", "timestamp": text(timestamp, NAME_MOST), "time": f"{seconds:.3f}"},
    )


def text(said: str, most: int = LINE_MOST) -> str:
    """One line of characters that XML 1.0 can hold; markup is escaped by the writer."""
    return one_line(said, most)

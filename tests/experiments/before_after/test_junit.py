"""A run as test cases: valid, and never green for what was not proven."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from bench.cells.cell import WORDS
from bench.model import CellSide, Pair
from tests.builders import gates, runs
from tests.experiments.before_after.formats import FORMATS
from tests.experiments.gate.test_document import junit_of

# What the schema of Jenkins' xUnit plugin (junit-10.xsd) allows: attributes, required ones with a star, and children.
SCHEMA = {
    "testsuites": ("name time tests failures errors", {"testsuite"}),
    "testsuite": ("name* tests* failures* errors* time skipped timestamp", {"properties", "testcase"}),
    "properties": ("", {"property"}),
    "property": ("name* value*", set()),
    "testcase": ("name* time classname", {"skipped", "error", "failure", "system-out"}),
    "failure": ("type message", set()),
    "error": ("type message", set()),
    "skipped": ("type message", set()),
}


def document(run) -> ElementTree.Element:
    return ElementTree.fromstring(FORMATS["junit"](run).encode())


def outcome(pair: Pair, **more) -> ElementTree.Element | None:
    """What the first test case of a run of ``pair`` holds; None where it passes."""
    case = document(runs.run(pair, **more)).find(".//testcase")
    assert case is not None
    return case[0] if len(case) else None


@pytest.mark.parametrize(
    "run", [runs.crm(), runs.hostile("]]> \ufffe & <x>"), runs.run()], ids=["crm", "hostile", "none"]
)
def test_the_document_is_valid(run):
    for element in document(run).iter():
        attributes, children = SCHEMA[element.tag]
        assert set(element.attrib) <= set(attributes.replace("*", "").split())
        assert {name[:-1] for name in attributes.split() if name.endswith("*")} <= set(element.attrib)
        assert {child.tag for child in element} <= children


def test_there_is_a_suite_for_each_query_and_a_case_for_each_class():
    root = document(runs.crm())
    assert (len(root), len(root.findall(".//testcase"))) == (17, len(runs.crm().pairs))
    assert [root.get(name) for name in ("tests", "errors")] == ["104", "0"]
    assert int(root.get("failures") or 0) == sum(int(suite.get("failures") or 0) for suite in root) > 0


def test_a_class_that_meets_the_target_passes_with_its_p95_in_seconds():
    case = document(runs.run(runs.pair(after_ms=3))).find(".//testcase")
    assert (case.get("classname"), case.get("name"), len(case)) == ("queue", "hot", 0)
    assert float(case.get("time")) == pytest.approx(0.003, rel=0.2)


LOST_ORDER = replace(runs.EQUAL, equal=False, difference="other order", detail="row 2 comes too late")


@pytest.mark.parametrize(
    ("pair", "tag", "says"),
    [
        (runs.pair(after_ms=300), "failure", "2 of the first 2 executions took longer than 100 ms"),
        (
            replace(runs.pair(), equality=runs.DIFFERENT),
            "failure",
            f"the rows differ from those before ({runs.DIFFERENT.detail})",
        ),
        (replace(runs.pair(), equality=LOST_ORDER), "failure", f"{WORDS['other order']} (row 2 comes too late)"),
        (replace(runs.pair(), after=CellSide(error="division by zero")), "error", "division by zero"),
        (replace(runs.pair(), before=CellSide(error="no such column")), "error", "before: no such column"),
        (runs.pair(n=3), "skipped", "cannot tell: 3 of at least 5 executions timed"),
        (Pair("queue", "whale", skipped="the dataset has none"), "skipped", "the dataset has none"),
        (Pair("queue", "hot"), "skipped", "not measured before"),
    ],
)
def test_what_does_not_meet_the_target_says_why(pair, tag, says):
    found = outcome(pair)
    assert (found.tag, found.get("message")) == (tag, says)
    assert says in (found.text or "")


def test_a_run_without_after_is_judged_by_before():
    assert outcome(replace(runs.pair(), after=CellSide(), equality=None), applied=()).tag == "failure"


def test_the_work_of_a_class_is_a_property_of_its_suite():
    properties = {found.get("name"): found.get("value") for found in document(runs.run(runs.pair())).iter("property")}
    assert (properties["hot.buffers"], properties["state"], properties["verdict"]) == ("6", "after", "meets")


def test_the_run_s_own_suite_has_the_three_numbers_of_each_state():
    whole = document(runs.run(runs.pair()))[-1]
    properties = {found.get("name"): found.get("value") for found in whole.iter("property")}
    assert properties == {
        "before": "0 meet, 1 misses, 0 cannot tell",
        "after": "1 meets, 0 miss, 0 cannot tell",
    }


@pytest.mark.parametrize("status", ["interrupted", "failed", "running"])
def test_a_run_that_did_not_end_is_an_error(status):
    case = document(runs.run(runs.pair(), status=status)).findall(".//testcase")[-1]
    assert case.find("error").get("message") == f"the run did not get to its end: {status}"


def test_a_run_that_measured_nothing_is_skipped():
    assert document(runs.run()).find(".//testcase/skipped").get("message") == "nothing was measured"


def test_the_gate_s_document_has_the_same_head():
    root = ElementTree.fromstring(junit_of(gates.every_verdict()).encode())
    assert set(root.attrib) <= set(SCHEMA["testsuites"][0].split())
    assert root.get("tests") == root[0].get("tests") == "18"

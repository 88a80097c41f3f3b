"""Every experiment says what it found, one at a time: from the stored runs of the tests of outputs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import storage
from bench.experiments.compare.findings import findings as compared
from bench.experiments.compare.run import compare
from bench.experiments.compare.summary import summarize
from bench.experiments.experiment import EXPERIMENTS, experiment_of
from bench.experiments.load.record import InvariantSeen
from bench.report import github, junit
from bench.report.findings import Finding, fails
from tests.builders import gates, runs
from tests.builders.growths import scaling
from tests.builders.loads import load_run, step
from tests.golden.outputs import HERE

FULL = load_run(step("before", 4, {9_000: 400}))
BROKEN = InvariantSeen("q", "n", False, "1; 2")
STORED = sorted(file for name in EXPERIMENTS for file in (HERE / "runs").rglob(name) if file.parent.name != "cut-off")


def findings(file: Path) -> tuple[Finding, ...]:
    experiment = experiment_of(file)
    return experiment.look(storage.load(experiment.kind, file))


@pytest.mark.parametrize("file", STORED, ids=lambda file: file.parent.relative_to(HERE).as_posix())
def test_each_finding_says_what_it_is_about_and_what_is_wrong(file):
    found = findings(file)
    assert found
    for one in found:
        assert one.suite or one.case
        assert one.severity == "passed" or (one.message and all(isinstance(line, str) for line in one.lines))


@pytest.mark.parametrize("file", STORED, ids=lambda file: file.parent.relative_to(HERE).as_posix())
def test_any_findings_make_test_cases_and_annotations(file):
    found = findings(file)
    root = ElementTree.fromstring(junit.render("all", [junit.Suite("all", found, 1.0)], "now", 1.0).encode())
    assert root.get("tests") == str(len(found))
    assert root.get("failures") == str(Counter(one.severity for one in found)["failure"])
    assert all(line.startswith("::") for line in github.annotate(found, "pgproof", "all.json").splitlines())


@pytest.mark.parametrize(
    ("file", "record", "suite"),
    [
        ("load.json", replace(FULL, steps=(replace(FULL.steps[0], invariants=(BROKEN,)),)), "q"),
        ("scale.json", replace(scaling(), alarms=("queue[hot] at 10,000 leads: other rows after than before",)), ""),
        ("gate.json", gates.result(gates.cell("regression")), "queue"),
    ],
)
def test_what_makes_a_command_fail_is_a_failure(file, record, suite):
    experiment = experiment_of(Path(file))
    found = experiment.look(record)
    assert fails(found)
    assert {one.suite for one in found if one.severity == "failure"} == {suite}
    assert experiment.ends_as(record) == "differs"


def test_a_cell_that_returns_other_rows_than_before_is_a_failure_of_a_comparison():
    pair = runs.pair()
    other = replace(pair, equality=replace(runs.EQUAL, before_hash="beef", after_hash="beef"))
    found = list(compared(summarize(compare([runs.run(pair), runs.run(other)]))))
    assert {(one.severity, one.verdict, one.suite, one.case) for one in found} == {
        ("failure", "other rows", "queue", "hot")
    }

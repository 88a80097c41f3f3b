"""Every output of the gate shows the same result, safely, and twice the same."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from rich.console import Console

from bench import storage
from bench.experiments.gate.document import EXPERIMENT as GATES
from bench.experiments.gate.record import GATE, VERDICTS, CellResult, GateResult
from bench.report import github
from bench.report.html import render as html
from bench.report.markdown import LIMIT
from tests.builders import gates, runs

MARKER = "<!-- pgproof gate -->"
"""By which the next push finds the comment to update."""
PARTIAL = {
    "nothing": gates.result(),
    "every verdict": gates.every_verdict(),
    "only passes": gates.result(gates.cell(), gates.cell(parameter_class="tiny")),
    "counters only": gates.counters_only(gates.cell("regression"), gates.cell()),
    "incompatible": gates.incompatible(),
    "noisy machine": gates.result(gates.cell(), overall="inconclusive"),
    "strict": gates.result(gates.cell("new"), overall="regression"),
    "no environment": gates.result(gates.cell(), server=None, machine=None, scale=0, unit="", phases_s={}),
}
TAGS = {"<details>", "</details>", "<summary>", "</summary>", MARKER}


def page_of(result: GateResult) -> str:
    return html.render(GATES.document(result, GATES.summarize(result)))


def junit_of(result: GateResult) -> str:
    return GATES.others["gate.junit.xml"](result, GATES.summarize(result))


def annotate(result: GateResult, workload: str = ".") -> str:
    return github.annotate(GATES.look(result), "pgproof gate", GATE.file, workload)


FORMATS = {"html": page_of, "md": GATES.markdown, "junit": junit_of}


def on_terminal(result, width=120) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False, color_system=None)
    console.print(GATES.show(result))
    return console.file.getvalue()


def many(verdict="regression", number=500):
    """A result of so many cells of a query each, with long names."""
    return gates.result(*(gates.cell(verdict, f"query_{i}_{'x' * 300}") for i in range(number)))


@pytest.mark.parametrize("kind", PARTIAL)
def test_any_result_can_be_shown(kind, tmp_path):
    assert on_terminal(PARTIAL[kind]).strip()
    assert annotate(PARTIAL[kind]) is not None
    assert [path.name for path in GATES.write(PARTIAL[kind], tmp_path)] == ["gate.html", "gate.md", "gate.junit.xml"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_result_gives_the_same_bytes(name):
    assert FORMATS[name](gates.every_verdict()) == FORMATS[name](gates.every_verdict())


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_no_file_holds_a_character_that_is_obeyed(text, tmp_path):
    for path in GATES.write(gates.hostile(text), tmp_path):
        assert not re.search("[\x00-\x08\x0b-\x1f\u202e\ufffe\uffff]", path.read_bytes().decode("utf-8"))


def test_the_json_is_the_result(tmp_path):
    storage.save(gates.every_verdict(), GATE, tmp_path / "gate.json")
    assert storage.load(GATE, tmp_path / "gate.json") == gates.every_verdict()
    assert json.loads((tmp_path / "gate.json").read_text())["format"] == 1


# ----------------------------------------------------------------------------------------------------- sentences
@pytest.mark.parametrize(
    ("result", "says"),
    [
        (gates.every_verdict(), "Regression: 2 of 18 cells are worse than main (3f2a1b9)"),
        (gates.result(gates.cell("regression")), "Regression: 1 of 1 cell is worse than main"),
        (PARTIAL["strict"], "Regression: a strict gate against main (3f2a1b9) does not accept 1 new"),
        (gates.result(gates.cell("inconclusive")), "no regression was seen against main (3f2a1b9), but 1 of 1 cell"),
        (PARTIAL["noisy machine"], "Inconclusive: no regression was seen against main (3f2a1b9), but the measurement"),
        (PARTIAL["only passes"], "Pass: none of 2 cells does more work or takes longer than main (3f2a1b9)\n"),
        (gates.counters_only(gates.cell()), "Pass: none of 1 cell does more work than main"),
        (gates.result(gates.cell("accepted")), "than main (3f2a1b9), apart from 1 accepted"),
        (gates.result(gates.cell(), gates.cell("inconclusive"), overall="pass"), "than main (3f2a1b9); 1 cannot tell"),
        (gates.result(gates.cell("improvement")), "Improvement: 1 of 1 cell got better than main (3f2a1b9), none got"),
        (gates.incompatible(), "Incompatible: main (3f2a1b9) cannot be compared with what is here"),
        (gates.result(), "Pass: no cell was compared with main (3f2a1b9)"),
    ],
)
def test_the_first_line_is_the_verdict(result, says):
    assert says in f"{on_terminal(result, 200).splitlines()[0]}\n"


def test_a_failing_cell_says_what_changed_and_why():
    shown = on_terminal(gates.result(gates.cell("regression")), 200)
    for line in (
        "✗ regression: queue, hot",
        "96 → 3,960 buffers",
        "work: also 0 → 12 temporary blocks, 20 → 14,020 rows touched",
        "CPU time for one execution, ratio 1.42 (99 % sure: 1.35 or more); session by session 1.42, 1.42, 1.42",
        "plan: Index Scan using queue_idx on leads l became Seq Scan on leads l, 96 → 3,960 buffers",
        "likely cause: index crm.queue_idx was dropped",
        "at: queries/queue.sql:7",
    ):
        assert line in shown


def test_work_that_did_not_move_is_said_to_be_the_same():
    assert "work: the same counters" in on_terminal(gates.result(gates.cell("plan changed")))


def test_of_many_plan_changes_the_first_are_shown():
    shown = on_terminal(gates.result(gates.cell("regression", plan_changes=tuple(f"node {i} moved" for i in range(9)))))
    assert "plan: node 4 moved" in shown
    assert "node 5" not in shown
    assert "plan: 4 more changes, in gate.json" in shown


def test_a_reason_to_accept_is_shown_only_where_something_was_accepted():
    assert "expected: the queue reads everything until #12" in on_terminal(gates.result(gates.cell("accepted")))
    assert "expected:" not in on_terminal(gates.result(gates.cell("improvement", expected="because")))


def test_no_bound_is_claimed_that_proves_nothing():
    timed, change = gates.timed(1.01)
    shown = on_terminal(gates.result(gates.cell("plan changed", timed=timed, change=replace(change, lower=0.0))))
    assert "ratio 1.01;" in shown


# ------------------------------------------------------------------------------------------------------ terminal
def test_the_worst_comes_first():
    shown = on_terminal(gates.every_verdict())
    positions = [shown.index(f"{verdict.replace(' ', '_')}_query") for verdict in VERDICTS]
    assert positions == sorted(positions)


def test_passes_share_a_line_and_keep_their_remarks():
    remark = gates.cell(parameter_class="tiny", reasons=("over the target, and so is the old arm",))
    shown = on_terminal(gates.result(gates.cell(), remark))
    assert "✓ 2 pass: queue (hot, tiny)\n" in shown
    assert "queue, tiny: over the target, and so is the old arm" in shown


def test_the_terminal_names_the_cells_that_can_see_least():
    timed, change = gates.timed()
    noisy = gates.cell(query="noisy", timed=timed, change=replace(change, detectable=0.31))
    shown = on_terminal(gates.result(gates.cell(), noisy))
    assert re.search(r"cannot see less than\n─+\nnoisy, hot +2\.1% +31%\nqueue, hot +2\.1% +12%\n", shown)
    assert "Queries without tables, head against base: +0.3%, -0.2%" in shown


def test_counters_alone_have_no_noise():
    shown = on_terminal(PARTIAL["counters only"])
    assert "no times were taken" in shown
    assert "cannot see less than" not in shown


def test_an_incompatible_baseline_says_what_differs_and_what_to_do():
    shown = on_terminal(gates.incompatible())
    assert "‼ seed: 41 in the baseline, 42 now" in shown
    assert shown.endswith("next: make a new one with: pgproof baseline\n")


def test_of_many_failing_cells_the_terminal_explains_twenty():
    shown = on_terminal(many())
    assert shown.count("✗ regression: query_") == 20
    assert "✗ 480 more regression, all in gate.json" in shown


@pytest.mark.parametrize("text", [*runs.HOSTILE, "[red]markup[/red] [link=http://x]"])
def test_a_terminal_obeys_nothing_in_the_data(text):
    shown = on_terminal(gates.hostile(text))
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_brackets_are_shown_as_they_are():
    assert "[red]x[/red], hot" in on_terminal(gates.result(gates.cell("regression", "[red]x[/red]")))


# ------------------------------------------------------------------------------------------------------ markdown
def test_the_comment_begins_with_its_marker_then_the_verdict():
    lines = GATES.markdown(gates.every_verdict()).splitlines()
    assert lines[:3] == [
        MARKER,
        "<!-- workload: crm -->",
        "## ❌ Regression: 2 of 18 cells are worse than main (3f2a1b9)",
    ]


def test_every_cell_that_did_not_pass_has_a_row_and_its_details():
    text = GATES.markdown(gates.every_verdict())
    assert len(re.findall(r"^\| \S+ (?:\w+ ?)+ \| \w+_query, (?:hot|tiny) \|", text, re.MULTILINE)) == 16
    assert text.count("<details>") == text.count("</details>") == 16 + 2
    assert "| ❌ regression | regression_query, hot | 96 → 3,960 buffers | index crm.queue_idx was dropped |" in text


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_markdown_has_no_markup_of_others(text):
    found = GATES.markdown(gates.hostile(text))
    tags = set(re.findall(r"<[^>]*>", found)) - TAGS
    assert [tag for tag in tags if not re.fullmatch(r"<!-- workload: [\w.]* -->", tag, re.ASCII)] == []
    assert not re.search(r"(?<!\\)\[e\]", found)
    assert "@S" not in found


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_markdown_tables_keep_their_columns(text):
    lines = GATES.markdown(gates.hostile(text)).splitlines()
    first = lines.index("|---|---|---|---|---|")
    rows = lines[first - 1 : first + len(VERDICTS)]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [6] * len(rows)


@pytest.mark.parametrize("text", ["x" * 300, "&" * 5_000, "\U0001f418" * 5_000])
def test_five_hundred_failing_cells_fit_a_comment(text):
    cells = [gates.cell("regression", f"{i}{text}", reasons=(text,), cause=text, file=text) for i in range(500)]
    found = GATES.markdown(gates.result(*cells, gates.cell()))
    assert 50_000 < len(found.encode()) <= LIMIT
    assert "## ❌ Regression: 500 of 501 cells are worse" in found
    assert found.count("<details>") == found.count("</details>")
    assert re.search(r"\n\*\d,\d\d\d more lines do not fit here: see gate\.html\.\*\n$", found)


def test_a_comment_of_few_cells_leaves_nothing_out():
    assert "do not fit" not in GATES.markdown(gates.every_verdict())


# --------------------------------------------------------------------------------------------------------- junit
def suite_of(result) -> ElementTree.Element:
    return ElementTree.fromstring(junit_of(result).encode())[0]


def test_every_cell_is_a_test_case():
    suite = suite_of(gates.every_verdict())
    assert [suite.get(name) for name in ("name", "tests", "failures", "errors", "skipped")] == [
        "crm", "18", "2", "0", "6",
    ]  # fmt: skip
    case = suite[0]
    assert (case.get("classname"), case.get("name")) == ("regression_query", "hot")
    assert (case.get("file"), case.get("line")) == ("queries/regression_query.sql", "7")


@pytest.mark.parametrize(
    ("verdict", "tags"),
    [
        ("regression", ["failure"]),
        ("inconclusive", ["skipped"]),
        ("plan changed", ["system-out"]),
        ("improvement", ["system-out"]),
        ("accepted", ["system-out"]),
        ("not compared", ["skipped"]),
        ("new", ["system-out"]),
        ("gone", ["skipped"]),
        ("pass", []),
    ],
)
def test_a_regression_fails_and_what_was_not_judged_is_skipped(verdict, tags):
    suite = suite_of(gates.result(gates.cell(verdict), overall="pass"))
    assert [child.tag for child in suite[0]] == tags


def test_a_failure_has_its_headline_and_all_facts():
    failure = suite_of(gates.result(gates.cell("regression")))[0][0]
    assert failure.get("message") == "96 → 3,960 buffers"
    assert "likely cause: index crm.queue_idx was dropped" in (failure.text or "")


@pytest.mark.parametrize(
    ("kind", "tag"), [("incompatible", "error"), ("noisy machine", "skipped"), ("strict", "failure")]
)
def test_a_verdict_that_no_cell_stands_for_is_a_case_of_its_own(kind, tag):
    case = suite_of(PARTIAL[kind])[-1]
    assert (case.get("classname"), case.get("name"), case[0].tag) == ("pgproof", "gate", tag)


@pytest.mark.parametrize("text", [*runs.HOSTILE, "\ufffe \uffff ]]> <![CDATA["])
def test_junit_can_be_read_whatever_is_in_it(text):
    suite = suite_of(gates.hostile(text))
    assert {element.tag for element in suite.iter()} <= {"testsuite", "testcase", "failure", "skipped", "system-out"}
    assert len(suite) == len(VERDICTS)


# --------------------------------------------------------------------------------------------------- annotations
def test_an_annotation_points_at_the_line_in_the_repository():
    line = annotate(gates.result(gates.cell("regression")), "examples/shop")
    assert line.startswith("::error file=examples/shop/queries/queue.sql,line=7,title=regression%3A queue (hot)::96 → ")
    assert "%0Alikely cause: index crm.queue_idx was dropped\n" in line


def test_a_workload_that_is_the_repository_adds_nothing_to_the_path():
    assert "::error file=queries/queue.sql,line=7," in annotate(gates.result(gates.cell("regression")), ".")


def test_the_classes_of_a_query_share_an_annotation():
    cells = [gates.cell("regression", parameter_class=kind) for kind in ("hot", "p90", "tiny")]
    lines = annotate(gates.result(*cells)).splitlines()
    assert len(lines) == 1
    assert "title=regression%3A queue (hot%2C p90%2C tiny)::" in lines[0]


def test_each_verdict_has_its_level():
    levels = re.findall(r"^::(\w+) .*?title=([\w ]+)%3A", annotate(gates.every_verdict()), re.MULTILINE)
    assert levels == [
        ("error", "regression"), ("warning", "inconclusive"), ("warning", "plan changed"), ("warning", "not compared"),
        ("notice", "improvement"), ("notice", "accepted"),
    ]  # fmt: skip


@pytest.mark.parametrize(("number", "lines", "says"), [(10, 10, ""), (11, 10, "2 more"), (500, 10, "491 more")])
def test_the_last_annotation_that_is_shown_counts_the_rest(number, lines, says):
    found = annotate(many(number=number)).splitlines()
    assert len(found) == lines
    assert f"title=pgproof gate%3A {says}::" in found[-1] if says else "pgproof gate" not in found[-1]


@pytest.mark.parametrize(
    ("kind", "level"), [("incompatible", "error"), ("noisy machine", "warning"), ("strict", "error")]
)
def test_a_verdict_that_no_cell_stands_for_is_annotated(kind, level):
    assert annotate(PARTIAL[kind]).startswith(f"::{level} title=pgproof gate%3A ")


def test_a_pass_needs_no_annotation():
    assert annotate(PARTIAL["only passes"]) == ""


@pytest.mark.parametrize("text", [*runs.HOSTILE, "a,line=1::x\n::error::mine", "100%0A"])
def test_an_annotation_is_one_line_and_keeps_its_properties(text):
    lines = annotate(gates.hostile(text), text).splitlines()
    assert len(lines) == 6
    for line in lines:
        properties = re.match(r"::(?:error|warning|notice) ([^\n]*?)::", line)
        assert properties
        assert [part.partition("=")[0] for part in properties[1].split(",")] == ["file", "line", "title"]


def test_per_cent_and_line_breaks_are_escaped_once():
    line = annotate(gates.result(gates.cell("regression", reasons=("+42% %0A", "next"))))
    assert "::+42%25 %250A%0Anext%0A" in line


def tossed(query: str, parameter_class: str, index: str, cause: str = "statistics") -> CellResult:
    """A cell that is answered by another index, with no more work."""
    head = gates.counted(query, parameter_class, index=index)
    return gates.cell("plan changed", query, parameter_class, cause=cause, head=head)


def test_one_toss_of_the_planner_is_one_note():
    """Ten cells in which one index stands in for another are one thing to look at; another index is another."""
    ten = [tossed(f"query_{number % 3}", f"class_{number}", "other_idx") for number in range(10)]
    result = gates.result(
        *ten, tossed("query_0", "hot", "third_idx"), tossed("query_0", "tiny", "other_idx", "a block")
    )
    terminal = on_terminal(result)
    assert terminal.count("plan changed: ") == 3
    assert "10 cells alike" in terminal
    assert "also in: query_1 (class_1, class_4, class_7)" in terminal
    assert "12 plan changed" in terminal
    assert len(re.findall("^::warning", annotate(result), re.M)) == 1  # their file is one
    assert len(ElementTree.fromstring(junit_of(result)).findall(".//testcase")) == 12

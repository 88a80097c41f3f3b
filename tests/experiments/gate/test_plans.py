"""Both plans of a cell stand on common lines, and the line to blame is the one that does more of what got worse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.cells.work import Difference
from bench.experiments.gate.plans import cell_plans
from bench.experiments.gate.record import CellResult
from tests.builders import gates
from tests.experiments.gate.test_document import page_of


def node(kind: str, blocks: int, *below: dict, rows: int = 10, removed: int = 0, **more: str) -> dict:
    own = {"Node Type": kind, "Shared Hit Blocks": blocks, "Actual Rows": rows, "Actual Loops": 1, **more}
    return own | ({"Rows Removed by Filter": removed} if removed else {}) | ({"Plans": list(below)} if below else {})


INDEX = {"Relation Name": "leads", "Index Name": "leads_idx"}
BASE = node("Limit", 9, node("Sort", 9, node("Index Scan", 5, **INDEX), rows=50))
SCAN = node("Seq Scan", 400, **{"Relation Name": "leads"})


def cell(base: dict, head: dict, word: str = "regression", **more: object) -> CellResult:
    found = gates.cell(word)
    arms = {arm: replace(gates.counted(), plan=plan) for arm, plan in (("base", base), ("head", head))}
    return replace(found, **{"differences": (), **arms, **more})


def test_the_step_that_reads_more_is_the_line_that_did_it() -> None:
    found = cell_plans(cell(BASE, node("Limit", 404, node("Sort", 404, SCAN, rows=50))))
    assert found.did_it == 3
    assert found.sentence == "Seq Scan on leads reads 400 blocks; on the base 5 by Index Scan using leads_idx on leads."


def test_a_step_that_only_the_head_has_is_one_too() -> None:
    extra = node(
        "Limit", 309, node("Nested Loop", 309, *BASE["Plans"], node("Seq Scan", 300, **{"Relation Name": "x"}))
    )
    assert cell_plans(cell(BASE, extra)).sentence == "Seq Scan on x reads 300 blocks; the base has no such step."


def test_where_the_rows_are_what_got_worse_it_is_the_step_that_works_on_more() -> None:
    filtered = node("Index Scan", 5, removed=900, **INDEX)
    head = node("Limit", 30, node("Sort", 30, filtered, rows=50))  # the sort reads more, and that is not it
    by_rows = cell(BASE, head, differences=(Difference("rows touched", 60, 960, ""),))
    assert (cell_plans(by_rows).did_it, cell_plans(cell(BASE, head)).did_it) == (3, 2)


@pytest.mark.parametrize(("word", "head"), [("improvement", SCAN), ("regression", BASE)])
def test_where_nothing_got_worse_no_line_is_blamed(word: str, head: dict) -> None:
    found = cell_plans(cell(BASE, head, word))
    assert (found.did_it, found.sentence) == (0, "")
    assert found.compared.lines


def test_the_page_has_both_and_marks_the_line() -> None:
    page = page_of(gates.result(cell(BASE, node("Limit", 404, node("Sort", 404, SCAN, rows=50)))))
    marked = page.partition('<tr class="did-it">')[2].partition("</tr>")[0]
    assert "Line 3 did it: Seq Scan on leads reads 400 blocks" in page
    assert ("Index Scan using leads_idx" in marked.replace("<wbr>", ""), "Seq Scan on leads" in marked) == (True, True)
    assert "rows expected" not in page  # the plans of a gate are kept without what the planner expected

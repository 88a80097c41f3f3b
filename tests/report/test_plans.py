"""The two plans of a cell on the page: on common lines, changes as words, readable without knowing EXPLAIN."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.model import CellSide, Pair
from bench.report.plans import ComparedPlans, compare_plans
from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS
from tests.experiments.before_after.test_document import Page


def compared(pair: Pair) -> ComparedPlans:
    found = compare_plans(pair.before.plan, pair.after.plan)
    assert found
    return found


def page(before: Any, after: Any) -> Page:
    pair = replace(runs.pair(), before=runs.side(50, before), after=runs.side(5, after))
    return Page(FORMATS["html"](runs.run(pair)))


def with_times(pair: Pair, *ms: float) -> Pair:
    assert pair.before.plan
    return replace(pair, before=replace(pair.before, plan=replace(pair.before.plan, self_ms=ms)))


@pytest.fixture(scope="module")
def queue() -> Page:
    return Page(FORMATS["html"](runs.run(runs.pair())))


def test_what_changed_is_marked_by_words(queue):
    assert "other node reads less Seq Scan on leads l" in queue.text
    assert "gone Sort by l.lead_score DESC, l.id" in queue.text


def test_a_change_is_said_in_plain_words_with_both_figures(queue):
    assert (
        "Reading the whole table leads became reading leads by index leads_queue_idx: "
        "3,960 buffers (32.4 MB) before, 6 buffers (49.2 kB) after." in queue.text
    )
    assert "No longer: sorting by l.lead_score DESC, l.id." in queue.text


def test_the_words_of_the_plans_are_explained_and_no_others(queue):
    assert "What do the words in these plans mean?" in queue.text
    assert "Seq Scan reads the whole table and keeps the rows that match." in queue.text
    assert "Nested Loop runs" not in queue.text


def test_a_kind_that_nobody_knows_is_shown_by_its_name():
    odd = runs.limit(runs.scan("leads")) | {"Node Type": "Odd <Scan>"}
    assert "new: Odd <Scan>" in page(runs.scan("leads"), odd).text


def test_shares_are_of_the_time_where_it_was_measured_and_otherwise_of_buffers():
    assert compared(runs.pair()).measures == {"before": "buffers", "after": "buffers"}
    timed = compared(with_times(runs.pair(), 0.0, 1.0, 3.0))
    assert timed.measures == {"before": "time", "after": "buffers"}
    assert [row.sides["before"].share for row in timed.lines] == [0, 25, 75]


def test_times_that_do_not_fit_the_plan_are_not_shown():
    assert compared(with_times(runs.pair(), 1.0, 2.0)).measures["before"] == "buffers"


def test_what_the_page_shows_of_a_share_says_of_what(queue):
    assert "Share of own buffers" in queue.text
    assert "Share of time" in Page(FORMATS["html"](runs.run(with_times(runs.pair(), 0.0, 1.0, 3.0)))).text


def test_what_was_spilled_is_said_at_the_step_that_did():
    spilling = runs.limit(runs.scan("leads"), sort=("l.id",))
    more = {"Temp Read Blocks": 40, "Temp Written Blocks": 40}
    spilling["Plans"][0] |= more | {"Sort Method": "external merge", "Sort Space Used": 320, "Sort Space Type": "Disk"}
    text = page(spilling | more, spilling | more).text
    assert text.count("spills: external merge, 328 kB on disk, 80 temp blocks") == 2
    assert text.count("spills:") == 2


def test_a_hash_table_in_batches_and_heap_fetches_are_said():
    hashed = {"Node Type": "Hash", "Actual Rows": 1, "Actual Loops": 1, "Hash Batches": 4}
    only = runs.scan("leads", index="i", **{"Node Type": "Index Only Scan", "Heap Fetches": 1})
    text = page(hashed | {"Plans": [only]}, only).text
    assert "spills: 4 batches" in text
    assert "1 heap fetch" in text


def test_a_branch_that_never_ran_says_so():
    assert "never executed" in page(runs.scan("leads"), runs.scan("leads", **{"Actual Loops": 0})).text


def test_a_condition_of_both_sides_is_written_once():
    text = page(runs.scan("leads"), runs.scan("leads", index="i")).text
    assert text.split("As EXPLAIN text")[0].count("Filter: (l.deleted_at IS NULL)") == 1
    without = runs.scan("leads", index="i", Filter="")
    assert "no condition" in page(runs.scan("leads"), without).text


def test_a_moved_step_names_the_line_where_it_is():
    a, b = runs.scan("leads"), runs.scan("users")
    join = {"Node Type": "Append", "Actual Rows": 1, "Actual Loops": 1}
    assert "2 moved see line 4" in page(join | {"Plans": [a, b]}, join | {"Plans": [b, a]}).text


def test_bitmaps_have_no_rows_to_be_misjudged():
    both = {"Node Type": "BitmapAnd", "Plan Rows": 400, "Actual Rows": 0, "Actual Loops": 1}
    assert "rows expected" not in page(both, both).text


def test_one_side_alone_is_shown_without_marks():
    text = Page(FORMATS["html"](runs.run(replace(runs.pair(), after=CellSide(), equality=None)))).text
    assert "one side only" in text
    assert "1 Limit" in text


def test_deep_plans_stay_on_the_page():
    deep = runs.scan("leads")
    for _ in range(40):
        deep = runs.limit(deep)
    rows = compared(replace(runs.pair(), before=runs.side(50, deep))).lines
    assert max(row.sides["before"].indent for row in rows if row.sides["before"]) == 12

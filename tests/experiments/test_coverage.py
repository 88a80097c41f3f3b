"""What is said of clauses that no class exercises."""

from __future__ import annotations

from dataclasses import replace

from bench.cells.coverage import joined, summarize_coverage, word
from bench.experiments.before_after.document import document
from bench.experiments.before_after.summary import summarize
from bench.model import ClauseCoverage, ClauseSeen
from bench.report.html.render import render
from tests.builders import runs

TOLD = ClauseSeen("queue", 9, "WHERE a = 1", "left out", told_by="hot", tried=1)
HOLE = ClauseSeen("queue", 12, "LIMIT 20", "one row more", tried=11)
CUT_OFF = ClauseSeen("queue", 10, "ON b", "left out", tried=11, cut_off=1)
UNTRIED = ClauseSeen("other", 4, "DISTINCT", "left out")
SEEN = ClauseCoverage((TOLD, HOLE, CUT_OFF, UNTRIED), 3.0, 30.0, 6.0)


def test_a_clause_is_reached_only_where_an_answer_was_another_one() -> None:
    assert [word(one) for one in SEEN.clauses] == ["told apart", "not reached", "cannot tell", "not tried"]


def test_what_no_class_reaches_is_named_and_the_share_of_the_time_told() -> None:
    found = summarize_coverage(SEEN, {"queue": "Queue"}, 60.0)
    assert (found.told, found.total, found.percent) == (1, 4, 25.0)
    assert found.by_query == (("Queue", 1, 3), ("other", 0, 1))
    assert found.sentences == (
        "1 of 4 changed clauses is told apart by a class.",
        "LIMIT 20 of queue is reached by no class.",
        "1 ran into the timeout of 3.0 s.",
        "1 was not tried within 30.0 s: pgproof coverage tries all.",
        "That took 6.0 s, 10 % of the run.",
    )


def test_a_clause_is_named_once_and_directions_last() -> None:
    turned = ClauseSeen("queue", 3, "ORDER BY id", "turned", tried=1)
    halved = replace(HOLE, change="halved")
    found = summarize_coverage(replace(SEEN, clauses=(turned, HOLE, halved)), {}, None)
    assert found.sentences[1] == "LIMIT 20 of queue and ORDER BY id of queue are reached by no class."


def test_reads_and_writes_add_up() -> None:
    both = joined(replace(SEEN, clauses=(TOLD,)), None, replace(SEEN, clauses=(HOLE,)))
    assert both
    assert (both.clauses, both.took_s, both.budget_s) == ((TOLD, HOLE), 12.0, 30.0)
    assert joined(None, None) is None


def test_a_run_lists_them_first_in_words_then_all() -> None:
    run = replace(runs.run(runs.pair()), coverage=SEEN)
    summary = summarize(run)
    assert "LIMIT 20 of queue is reached by no class." in summary.paragraph
    assert "What the classes exercise" in render(document(run, summary))
    assert "What the classes exercise" not in render(document(runs.run(), summarize(runs.run())))

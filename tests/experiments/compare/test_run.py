"""Runs side by side: what moved in each cell, and never a verdict where there can be none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.compare.record import Change, Comparison
from bench.experiments.compare.run import compare
from bench.experiments.compare.summary import summarize
from bench.model import Binding, Pair, Query, Rewrite, Run
from tests.builders import runs

QUEUE = runs.pair()
WORSE = replace(QUEUE, after=QUEUE.before)
"""The index is gone."""


def other(run: Run, **more: object) -> Run:
    return replace(run, machine=replace(run.machine, **more))


def beside(base: Pair, head: Pair, **more: object) -> Comparison:
    return compare([runs.run(base), runs.run(head, **more)])


def after(found: Comparison) -> Change:
    change = found.queries[0].of("after")[0].changes[0]
    assert change is not None
    return change


def asked(**more: object) -> tuple[Query, ...]:
    return (replace(runs.query(), **more),)


def test_the_same_run_twice_has_nothing_to_tell():
    found = beside(QUEUE, QUEUE)
    assert not any(query.moved for query in found.queries)
    assert summarize(found).headline.startswith("The same work by the same plans in all 1 cell")


def test_a_lost_index_is_more_work_another_plan_and_a_missed_target():
    found = beside(QUEUE, WORSE)
    change = after(found)
    assert (change.work, change.plan_changed, change.clock, change.goal) == ("more", True, "slower", "met, now misses")
    assert "Index Scan using leads_queue_idx on leads l became Seq Scan on leads l, 6 → 3,960 buffers" in change.plan
    assert "1 of 1 cell does more work" in summarize(found).headline
    assert "1 no longer meets the target" in summarize(found).headline


def test_a_new_index_is_less_work():
    change = after(beside(WORSE, QUEUE))
    assert (change.work, change.clock, change.goal) == ("less", "faster", "missed, now meets")


@pytest.mark.parametrize("more", [{"scale": 20_000}, {"seed": 9}, {"tables": ()}])
def test_there_is_never_a_verdict_across_other_data(more):
    found = beside(QUEUE, WORSE, dataset=replace(runs.run().dataset, **more))
    change = after(found)
    assert change == Change(why_not="the runs do not compare")
    assert found.queries[0].of("after")[0].seen[1] is not None  # the figures stand side by side
    assert "without a verdict" in summarize(found).headline


def test_on_another_machine_work_is_compared_and_times_are_not():
    head = other(runs.run(WORSE), cpu="Xeon")
    change = after(compare([runs.run(QUEUE), head]))
    assert (change.work, change.plan_changed) == ("more", True)
    assert (change.clock, change.ratio, change.goal) == ("not compared", None, "")


def test_another_statement_is_not_compared_and_its_figures_are_not_shown():
    found = beside(QUEUE, WORSE, queries=asked(sql="SELECT 1"))
    assert after(found).why_not == "another statement"
    assert found.queries[0].of("after")[0].seen[1] is None
    assert "Its statement in run B is another" in found.queries[0].notes[0]


def test_other_parameters_are_another_question():
    head = replace(WORSE, bindings=(Binding(args={"organization_id": "2"}),))
    assert after(beside(QUEUE, head)) == Change(why_not="other parameters")


def test_a_rewrite_answers_the_same_question():
    found = beside(QUEUE, QUEUE, queries=asked(rewrite=Rewrite("x", "SELECT id FROM crm.leads", 3)))
    assert after(found).work == "same"
    assert "answered by another statement" in found.queries[0].notes[0]


def test_other_rows_from_the_same_tables_are_said_loudly():
    head = replace(QUEUE, equality=replace(runs.EQUAL, before_hash="beef", after_hash="beef"))
    found = beside(QUEUE, head)
    assert after(found).other_rows
    assert "Queue returns other rows in run B than in run A (hot, before and hot, after)" in summarize(found).alarms[0]
    assert summarize(found).headline.startswith("1 cell returns other rows")


def test_other_rows_from_other_tables_are_no_alarm():
    head = replace(QUEUE, equality=replace(runs.EQUAL, before_hash="beef", after_hash="beef"))
    assert summarize(beside(QUEUE, head, dataset=replace(runs.run().dataset, seed=9))).alarms == ()


def test_cells_that_answer_nothing_in_both_runs_are_counted():
    empty = replace(QUEUE, equality=replace(runs.EQUAL, rows_before=0, rows_after=0))
    (versus,) = summarize(beside(empty, empty)).versus
    assert "In 1 of 1 cell both answers are equal, but empty." in versus.remarks
    (versus,) = summarize(beside(QUEUE, empty)).versus
    assert not any("empty" in remark for remark in versus.remarks)


def drifted(*factors: float, base_ms: float = 3) -> Comparison:
    """Cells of unchanged plans, each slower by its factor."""
    base = [runs.pair(parameter_class=f"c{i}", after_ms=base_ms) for i in range(len(factors))]
    head = [runs.pair(parameter_class=f"c{i}", after_ms=base_ms * factor) for i, factor in enumerate(factors)]
    return compare([runs.run(*base), runs.run(*head)])


def test_a_time_within_what_unchanged_cells_did_is_drift():
    found = drifted(1.5, 1.5, 1.5, 1.5)
    assert {cell.changes[0].clock for cell in found.queries[0].of("after")} == {"drift"}
    assert found.drifts[0].factor > 1
    assert "nothing beyond noise and drift" in summarize(found).headline


def test_a_time_beyond_the_drift_is_called_out():
    lost = replace(runs.pair(parameter_class="lost"), after=runs.pair().before)
    base = [runs.pair(parameter_class=f"c{i}") for i in range(4)]
    slow = [runs.pair(parameter_class=f"c{i}", after_ms=4.5) for i in range(4)]
    found = compare([runs.run(*base, runs.pair(parameter_class="lost")), runs.run(*slow, lost)])
    clocks = {cell.parameter_class: cell.changes[0].clock for cell in found.queries[0].of("after")}
    assert clocks == {"c0": "drift", "c1": "drift", "c2": "drift", "c3": "drift", "lost": "slower"}


def test_a_change_of_four_percent_is_noise():
    assert after(beside(QUEUE, runs.pair(after_ms=3.1))).clock == "same"


def test_two_timeouts_tell_nothing():
    stopped = replace(QUEUE, after=replace(QUEUE.after, samples=runs.samples(30_000, 1, censored=True)))
    longer = replace(QUEUE, after=replace(QUEUE.after, samples=runs.samples(90_000, 1, censored=True)))
    assert after(beside(stopped, longer)).clock == "cannot tell"


def test_with_another_target_no_verdict_is_held_against_the_other():
    options = replace(runs.run().options, target_ms=1000.0)
    assert after(beside(WORSE, QUEUE, options=options)).goal == ""


def test_queries_and_classes_that_came_or_went_are_said():
    found = compare([runs.run(runs.pair("a"), runs.pair("b")), runs.run(runs.pair("a"), runs.pair("a", "p90"))])
    said = " ".join(summarize(found).versus[0].remarks)
    assert "1 cell is new: a[p90]." in said
    assert "1 cell is gone: b[hot]." in said
    assert found.queries[1].notes == ("Run A asks it, run B does not.",)


def test_a_query_that_the_user_left_out_is_not_called_gone_for_nothing():
    found = compare([runs.run(runs.pair("a"), runs.pair("b")), runs.run(runs.pair("a"), left_out=("b",))])
    assert "left out by the user" in found.queries[1].notes[0]


def test_optimizations_that_came_went_or_changed_are_told_apart():
    blocks = [runs.optimization("kept"), runs.optimization("gone"), runs.optimization("changed")]
    now = [runs.optimization("kept"), runs.optimization("changed", sql="CREATE INDEX x"), runs.optimization("new")]
    base = runs.run(QUEUE, optimizations=tuple(blocks), applied=tuple(runs.applied(b.name) for b in blocks))
    head = runs.run(QUEUE, optimizations=tuple(now), applied=tuple(runs.applied(b.name) for b in now))
    found = {line.name: line.runs[1].presence for line in compare([base, head]).optimizations}
    assert found == {"kept": "same", "gone": "gone", "changed": "changed", "new": "new"}


def test_runs_without_an_after_state_are_compared_before():
    head = replace(runs.pair(before_ms=900), after=runs.CellSide())
    found = beside(replace(QUEUE, after=runs.CellSide()), head)
    assert found.state == "before"
    assert "by the clock 1 slower" in summarize(found).headline


def test_each_run_is_held_against_the_first():
    found = compare([runs.run(QUEUE), runs.run(WORSE), runs.run(QUEUE)])
    works = [change.work for change in found.queries[0].of("after")[0].changes]
    assert (found.labels, works) == (("A", "B", "C"), ["more", "same"])


@pytest.mark.parametrize("number", [0, 1, 9])
def test_fewer_than_two_or_more_than_eight_runs_are_not_compared(number):
    with pytest.raises(ValueError, match="from 2 to 8"):
        compare([runs.run()] * number)

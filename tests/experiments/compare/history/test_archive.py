"""Many runs in the order of time: groups, broken lines, plan changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.cells.sentences import sentence
from bench.experiments.before_after import summary as before_after
from bench.experiments.compare.history.archive import Archive
from bench.experiments.compare.history.record import History, QueryTrend
from bench.experiments.compare.history.summary import summarize
from bench.model import CellSide, Pair, Run
from tests.builders import runs

QUEUE = runs.pair()
WORSE = replace(QUEUE, after=QUEUE.before)


def at(day: int, *pairs: Pair, **more: object) -> Run:
    return runs.run(*pairs, started_at=f"2026-10-{day:02d}T08:00:00Z", id=f"r{day}", **more)


def history(*found: Run) -> History:
    archive = Archive()
    for number, run in enumerate(found):
        archive.add(run, f"reports/{number}/run.json")
    return archive.history()


def only(found: History) -> QueryTrend:
    (trend,) = found.trends
    return trend


def joins(found: History) -> list[tuple[bool, bool]]:
    """Whether times and work go on, run by run of the first group."""
    series = only(found).groups[0].hot
    assert series
    return [(point.joins_times, point.joins_work) for point in series.points if point]


def machine(cpu: str) -> dict[str, object]:
    return {"machine": replace(runs.run().machine, cpu=cpu)}


def test_runs_are_put_in_the_order_of_time():
    found = history(at(9, QUEUE), at(2, QUEUE), at(5, QUEUE))
    assert [run.facts.id for run in found.runs] == ["r2", "r5", "r9"]


def test_runs_that_compare_are_one_line():
    assert joins(history(at(1, QUEUE), at(2, QUEUE))) == [(False, False), (True, True)]


def test_a_trend_of_times_is_broken_at_another_machine_and_that_of_work_is_not():
    found = history(at(1, QUEUE), at(2, QUEUE, **machine("Xeon")), at(3, QUEUE, **machine("Xeon")))
    assert joins(found) == [(False, False), (False, True), (True, True)]
    assert [[reason.short for reason in reasons] for reasons in found.groups[0].breaks] == [[], ["another machine"], []]


def test_runs_of_another_scale_are_a_group_of_their_own_even_in_between():
    small = replace(runs.run().dataset, scale=20_000)
    found = history(at(1, QUEUE), at(2, QUEUE, dataset=small), at(3, QUEUE))
    assert [[run.facts.id for run in group.runs] for group in found.groups] == [["r1", "r3"], ["r2"]]
    assert [reason.short for reason in found.groups[1].why] == ["another scale"]
    assert found.latest == 0


def test_a_plan_change_is_named_and_dated():
    found = history(at(1, QUEUE), at(2, QUEUE), at(3, WORSE))
    (change,) = only(found).groups[0].changes
    assert (change.run, change.started_at, change.since) == (2, "2026-10-03T08:00:00Z", "2026-10-02T08:00:00Z")
    assert (change.state, change.classes) == ("after", ("hot",))
    assert any("became Seq Scan on leads l, 6 → 3,960 buffers" in sentence for sentence in change.sentences)


def test_a_plan_is_held_against_the_last_run_that_has_the_cell():
    found = history(at(1, QUEUE), at(2, replace(QUEUE, before=CellSide(), after=CellSide())), at(3, WORSE))
    (change,) = only(found).groups[0].changes
    assert (change.run, change.since) == (2, "2026-10-01T08:00:00Z")


def test_another_statement_breaks_both_lines_and_is_no_plan_change():
    asked = (replace(runs.query(), sql="SELECT 1"),)
    found = history(at(1, QUEUE), at(2, WORSE, queries=asked))
    assert joins(found) == [(False, False), (False, False)]
    assert only(found).groups[0].asked_anew == (1,)
    assert only(found).plan_changes == 0


def test_the_slowest_class_of_the_latest_run_is_followed():
    pairs = [QUEUE, runs.pair(parameter_class="p90", after_ms=2), runs.pair(parameter_class="worst", after_ms=9)]
    group = only(history(at(1, *pairs), at(2, *pairs))).groups[0]
    assert group.hot.parameter_class == "hot"
    assert group.worst.parameter_class == "worst"


def test_runs_without_an_after_state_have_a_trend_too():
    found = history(at(1, replace(QUEUE, after=CellSide())), at(2, QUEUE))
    points = only(found).groups[0].hot.points
    assert [(bool(point.before), bool(point.after)) for point in points] == [(True, False), (True, True)]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([at(1, QUEUE)], "One run: there is nothing to compare it with yet"),
        ([at(1, QUEUE), at(2, QUEUE)], "2 runs: no plan changed"),
        ([at(1, QUEUE), at(2, WORSE)], "2 runs: 1 query changed plan"),
        ([at(1, QUEUE), at(2, QUEUE, workload="shop")], "2 runs, and none compares with another"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_headline_says_what_there_is(found, said):
    assert summarize(history(*found)).headline == said


def test_the_sentence_of_a_run_is_that_of_its_report():
    for run in (runs.crm(), runs.run(), at(1, QUEUE, status="interrupted")):
        assert sentence(run) == before_after.summarize(run).sentence


def test_the_same_plans_are_kept_once():
    archive = Archive()
    for day in range(1, 6):
        archive.add(at(day, QUEUE), "")
    assert len(archive._plans) == 2


def test_no_run_is_no_history():
    with pytest.raises(ValueError, match="no run"):
        Archive().history()

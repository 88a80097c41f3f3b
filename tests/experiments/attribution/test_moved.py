"""Cells whose plan in the attribution is not that of the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.attribution.moved import moved
from bench.experiments.attribution.summary import summarize
from bench.model import CellSide, Counters, Run, Sample
from tests.builders import attributed, runs
from tests.builders.attributed import INDEX, OTHER, cell, gained, tried
from tests.experiments.before_after.formats import FORMATS
from tests.experiments.before_after.test_document import on_terminal


def side(fingerprint: str, buffers: int) -> CellSide:
    plan = replace(runs.side(1, runs.scan("leads")).plan, fingerprint=fingerprint, counters=Counters(buffers, 20, 0, 0))
    return CellSide(samples=(Sample(1.0, 0.0),), plan=plan)


def made(before: CellSide, after: CellSide, *more: object) -> Run:
    """A run whose pair has these sides; its attribution begins with 3,960 and ends with 6 buffers."""
    pair = replace(runs.pair(), before=before, after=after)
    return replace(attributed.run(gained(cells=(cell(), *more))), pairs=(pair,))


SAME = (side("3960/300.0", 3960), side("6/3.0", 6))


def test_a_cell_that_begins_and_ends_with_the_plans_of_the_run_counts():
    run = made(*SAME)
    assert moved(run) == ()
    assert summarize(run).rows[0].verdict.gain.missed


@pytest.mark.parametrize("state", ["before", "after"])
def test_a_cell_with_another_plan_moved_and_nothing_is_attributed_to_it(state):
    sides = dict(zip(("before", "after"), SAME, strict=True)) | {state: side("another", 3960)}
    run = made(sides["before"], sides["after"], cell("queue", "tiny", tried(10, 0.1), tried(10, 0.1), names=(OTHER,)))
    (found,) = moved(run)
    assert (found.cell, found.state, found.what) == ("queue[hot]", state, "another plan than in the run")
    summary = summarize(run)
    assert summary.heatmap.buffers == 0
    assert not summary.rows[0].verdict.gain.missed
    assert summary.rows[0].verdict.outcome == "cannot tell"
    assert "it matters to queue[hot]: another plan than in the run" in summary.rows[0].verdict.sentence


def test_a_cell_whose_plan_does_other_work_moved_too():
    (found,) = moved(made(side("3960/300.0", 3000), SAME[1]))
    assert (found.what, found.buffers_run, found.buffers_here) == ("other work than in the run", 3000, 3960)


def test_the_attribution_of_an_aged_run_is_held_against_what_was_timed_fresh():
    run = made(side("3960/300.0", 4500), side("6/3.0", 90))
    assert len(moved(run)) == 1
    fresh = replace(run.pairs[0], before=SAME[0], after=SAME[1])
    assert moved(replace(run, fresh=(fresh,))) == ()


def test_of_a_statement_that_writes_the_plan_alone_is_compared():
    run = made(side("3960/300.0", 3000), SAME[1])
    assert moved(replace(run, queries=tuple(replace(query, writes=True) for query in run.queries))) == ()


def test_without_a_timed_run_nothing_is_known_to_move():
    assert moved(replace(made(*SAME), pairs=())) == ()


def test_every_format_names_the_cells_that_moved():
    run = made(side("another", 12), SAME[1])
    text = "queue[hot] (before: another plan than in the run, 12 → 3,960 buffers)"
    assert text in FORMATS["html"](run)
    assert text.replace("[", "\\[").replace("]", "\\]") in FORMATS["md"](run)
    assert text in " ".join(on_terminal(run).split())


def test_the_smallest_set_is_executed_in_cells_that_moved_all_the_same():
    assert summarize(made(side("another", 12), SAME[1])).smallest.kept == (INDEX,)

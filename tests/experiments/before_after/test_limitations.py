"""What a run cannot tell is said where it applies, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.experiments.before_after.limitations import ROLLED_BACK, WHERE, limitations
from bench.model import CellSide, Pair, Run
from tests.builders import runs

WHOLE = runs.run(runs.pair(n=120))
FEW = runs.run(runs.pair(n=15))
STOPPED = runs.run(replace(runs.pair(), before=CellSide(runs.samples(30_000, 1, censored=True))))
WRITES = runs.run(runs.pair(), queries=(runs.query(writes=True),))
SKIPPED = runs.run(runs.pair(), replace(runs.pair("queue", "tiny"), before=CellSide(), after=CellSide(), skipped="why"))
ABSENT = runs.run(runs.pair(), Pair("queue", "empty", skipped="the dataset has none"))


def says(run: Run, text: str) -> bool:
    return text in " ".join(limitations(run))


def answered(**more: Any) -> Pair:
    return replace(runs.pair(), equality=replace(runs.EQUAL, **more))


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (FEW, "In 2 of 2 cells no p99 is given: they have fewer than 100 executions."),
        (FEW, 'In 2 of 2 cells p95 is the longest time seen ("max of"): they have fewer than 20 executions.'),
        (STOPPED, "1 cell hit the statement timeout of 30.0 s"),
        (WRITES, ROLLED_BACK),
        (SKIPPED, "1 pair of 2 was not measured."),
        (ABSENT, "The dataset has nothing to ask for queue (empty)."),
        (replace(WHOLE, left_out=("a", "b")), "Nothing is known of a and b: left out of this run."),
        (replace(WHOLE, status="interrupted"), "The run is interrupted: what it had not reached is missing here."),
        (replace(WHOLE, notes=("Statistics are sampled.",)), "Statistics are sampled."),
        (runs.run(replace(runs.pair(), equality=None)), "In 1 pair the rows before and after were not compared"),
        (runs.run(answered(rows_before=0, rows_after=0)), "In 1 pair both answers are empty"),
        (runs.run(answered(unsure=("the order of binding 1 of 1: volatile",))), "queue (hot), not compared: the order"),
        (runs.run(answered(tables=("a.t",), varying=("a.t.at",))), "so that they were not compared: queue: a.t.at."),
        (runs.run(), "Nothing was timed."),
    ],
)
def test_a_limit_is_said_where_it_applies_and_nowhere_else(run: Run, text: str) -> None:
    assert says(run, text)
    assert not says(WHOLE, text)


@pytest.mark.parametrize(
    "text",
    [
        "Times are those of one machine (EPYC 7B13, 2 cores)",
        "The rows are those that the workload's dataset makes",
        "Fresh only: no row had been written",
        "Every time is a warm one",
        "Statements ran one at a time",
        "Each execution was planned for its own parameters",
    ],
)
def test_what_holds_for_every_time_is_said_where_something_was_timed(text: str) -> None:
    assert says(WHOLE, text)
    assert not says(runs.run(), text)


@pytest.mark.parametrize("kind", WHERE)
def test_where_the_server_was_is_said_of_that_kind_alone(kind: str) -> None:
    told = limitations(replace(WHOLE, server=replace(WHOLE.server, kind=kind)))
    assert {text for text in WHERE.values() if text in told} == {WHERE[kind]}

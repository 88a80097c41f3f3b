"""The second copy of a run: timed in turn with the others, kept, and said in every report."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bench import storage
from bench.cli import main
from bench.experiments.before_after.document import EXPERIMENT
from bench.experiments.before_after.limitations import NO_COPY, limitations
from bench.experiments.before_after.summary import summarize
from bench.model import CopiesDiffer, Run
from tests import SHOP
from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS

BARE = runs.run(runs.pair(before_ms=300, after_ms=3))
WIDE = replace(BARE, copies=CopiesDiffer(82, 6.0))
SAID = "beyond chance the two differ by 6.0 % at most in nineteen of twenty"


def terminal(run: Run) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(EXPERIMENT.show(run))
    return " ".join(console.export_text().split())


def test_a_run_times_a_second_copy_as_often_as_the_database_after(home: Path, tmp_path: Path) -> None:
    command = ["run", str(SHOP), "--scale", "1k", "--rounds", "6", "--budget", "0", "--no-attribution", "--quiet"]
    assert main([*command, "--home", str(home), "--output", str(tmp_path)]) == 0
    run = storage.load(storage.RUN, tmp_path / "latest" / "run.json")
    writing = {query.name for query in run.queries if query.writes}
    for pair in run.pairs:
        assert len(pair.copy) == (0 if pair.query in writing else len(pair.after.samples))
    reads = [pair for pair in run.pairs if pair.query not in writing]
    begun = [[side[n].at_s for side in (pair.before.samples, pair.after.samples, pair.copy)] for pair in reads
             for n in range(6)]  # fmt: skip
    firsts = {times.index(min(times)) for times in begun}
    assert firsts == {0, 1, 2}, "each of the three goes first at times"
    assert run.copies
    assert run.copies.cells == len(reads)


@pytest.mark.parametrize("shown", [FORMATS["html"], FORMATS["md"], terminal], ids=["page", "Markdown", "terminal"])
def test_every_report_says_by_how_much_intervals_were_widened(shown) -> None:
    assert SAID in " ".join(shown(WIDE).split())


def test_few_cells_are_said_to_count_five_percent_at_least() -> None:
    said = " ".join(FORMATS["md"](replace(BARE, copies=CopiesDiffer(4, 5.0))).split())
    assert "widened by 5.0 % (square-and-add), the largest difference of the two beyond chance, and 5.0 % at" in said


def test_the_intervals_of_a_run_are_widened_by_its_own_copy() -> None:
    bare, wide = (summarize(run).queries[0].cells[0].ratio for run in (BARE, WIDE))
    assert bare.low > wide.low
    assert bare.high < wide.high
    assert bare.value == wide.value


def test_a_gain_within_what_two_copies_differ_by_is_none() -> None:
    small = runs.run(runs.pair(before_ms=11.2, after_ms=10))
    effects = [summarize(replace(small, copies=by)).queries[0].cells[0].effect for by in (None, CopiesDiffer(82, 12.0))]
    assert effects == ["faster", "same"]


def test_a_run_without_one_says_what_its_intervals_do_not_know() -> None:
    assert NO_COPY in limitations(BARE)
    assert NO_COPY not in limitations(WIDE)

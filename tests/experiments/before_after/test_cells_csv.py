"""The cells of a run as CSV: the figures of the page, one cell a row."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from bench.experiments.before_after.cells import COLUMNS
from bench.experiments.before_after.summary import summarize
from bench.model import STATES, CellSide, Pair
from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS


def rows(*pairs: Pair, **more) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(FORMATS["cells"](runs.run(*pairs, **more)))))


def test_there_is_a_row_for_each_query_class_and_state():
    run = runs.crm()
    found = list(csv.DictReader(io.StringIO(FORMATS["cells"](run))))
    assert [(row["query"], row["parameter_class"], row["state"]) for row in found] == [
        (pair.query, pair.parameter_class, state) for pair in run.pairs for state in STATES
    ]


def test_the_figures_are_those_of_the_summary():
    before, after = rows(runs.pair())
    cell = summarize(runs.run(runs.pair())).queries[0].cells[0]
    assert float(after["p95_ms"]) == cell.after.p95.ms
    assert float(before["p50_ms"]) == cell.before.p50.ms
    assert (before["buffers"], after["buffers"], after["verdict"], after["equality"]) == ("3960", "6", "meets", "equal")
    assert float(after["ratio"]) == pytest.approx(cell.ratio.value)
    assert float(after["ratio_low"]) < float(after["ratio"]) < float(after["ratio_high"])
    assert before["plan"] != after["plan"]
    assert after["plan_changed"] == "1"


def test_a_time_that_is_not_known_is_marked():
    stopped = replace(runs.pair(), before=CellSide(samples=runs.samples(30_000, 15, censored=True)))
    before, after = rows(stopped)
    assert (before["p95_ms"], before["p95_censored"], before["censored"]) == ("30000.0", "1", "15")
    assert (after["p95_censored"], before["ratio_bound"]) == ("0", "at least")


def test_what_was_not_measured_is_empty_and_says_why():
    row = rows(Pair("queue", "whale", skipped="the dataset has none"))[0]
    assert row["problem"] == "the dataset has none"
    assert {row[name] for name in ("p50_ms", "p95_ms", "buffers", "verdict", "ratio", "plan")} == {""}


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_no_cell_starts_a_formula(text):
    found = list(csv.reader(io.StringIO(FORMATS["cells"](runs.hostile(text)))))
    assert {len(row) for row in found} == {len(COLUMNS)}
    assert not [cell for row in found for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]

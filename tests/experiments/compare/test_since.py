"""A run is held against the last one before it that compares."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench import storage
from bench.experiments.before_after.document import EXPERIMENT
from bench.experiments.compare.since import since_last
from bench.model import Run
from bench.report.markdown import render
from bench.storage import RUN
from tests.builders import runs


def stored(folder: Path, *made: Run) -> Path:
    for number, one in enumerate(made):
        (folder / f"{number}-run").mkdir()
        storage.save(one, RUN, folder / f"{number}-run" / RUN.file)
    return folder


FIRST = runs.run(runs.pair(), runs.pair("b"), started_at="2026-10-01T08:00:00+00:00")
LOST = replace(runs.pair(), after=runs.pair().before)
NOW = replace(runs.run(LOST, runs.pair("b")), started_at="2026-10-03T08:00:00+00:00")


def test_what_moved_is_named_and_is_worse(tmp_path: Path) -> None:
    found = since_last(NOW, stored(tmp_path, FIRST))
    assert (found.level, found.folder, found.run) == ("times", "0-run", FIRST.id)
    (moved,) = found.moved
    assert (moved.query, moved.parameter_class, moved.worse) == ("queue", "hot", True)
    assert "more work (" in moved.moves


def test_one_that_does_not_compare_is_passed_over_for_an_earlier_one(tmp_path: Path) -> None:
    other = replace(FIRST, started_at="2026-10-02T08:00:00+00:00", dataset=replace(FIRST.dataset, scale=7))
    assert since_last(NOW, stored(tmp_path, FIRST, other)).folder == "0-run"


def test_where_none_compares_the_newest_says_why(tmp_path: Path) -> None:
    other = replace(FIRST, dataset=replace(FIRST.dataset, scale=7))
    found = since_last(NOW, stored(tmp_path, other))
    assert (found.level, found.moved) == ("nothing", ())
    assert "scale" in found.reasons[0]


def test_the_newest_is_the_one_that_began_last_whatever_its_folder_is_called(tmp_path: Path) -> None:
    other = replace(FIRST, started_at="2026-09-01T08:00:00+00:00", dataset=replace(FIRST.dataset, scale=7))
    newer = replace(other, started_at="2026-10-02T08:00:00+00:00", dataset=replace(FIRST.dataset, scale=9))
    output = stored(tmp_path, newer, other)
    (output / "1-run").rename(output / "sample")
    assert since_last(NOW, output).folder == "0-run"


def test_without_an_earlier_run_it_says_so(tmp_path: Path) -> None:
    later = replace(NOW, started_at="2026-10-04T08:00:00+00:00")
    found = since_last(NOW, stored(tmp_path, later))
    assert found.sentence == "There is no earlier run of crm beside this one."


def test_the_report_says_it_and_opens_what_got_worse(tmp_path: Path) -> None:
    run = replace(NOW, since=since_last(NOW, stored(tmp_path, FIRST)))
    summary = EXPERIMENT.summarize(run)
    assert "Since the last run, 2026-10-01 08:00 UTC: " in render(EXPERIMENT.document(run, summary))
    assert "queue" in [one.query.name for one in summary.details if one.opened]

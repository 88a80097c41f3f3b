"""The page of what goes on is there from the first moment, has figures once there are some, and ends with it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlparse

import pytest

from bench.cli import carry_out, live
from bench.cli.carry_out import begin
from bench.cli.live import Live
from bench.experiments.before_after.document import EXPERIMENT
from bench.model import Run
from bench.progress_bars import Silent
from bench.results_folder import Checkpoint
from tests import axe
from tests.builders import runs

RELOADS = 'data-reloads="5"'
PART = runs.run(runs.pair(), status="running")


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    monkeypatch.setattr(live, "EVERY_S", 0.0)
    monkeypatch.setattr(live, "SHARE", 1e9)
    return begin(EXPERIMENT, tmp_path)


def page(results: Checkpoint) -> str:
    return (results.folder / EXPERIMENT.page).read_text(encoding="utf-8")


def test_it_is_there_before_anything_is_measured(results: Checkpoint) -> None:
    told = Live(EXPERIMENT, results, "shop: 1,000 orders")
    told.begin()
    assert "run: nothing is measured yet" in page(results)
    told("loading rows", 40, 100, "rows")
    assert "40 of 100 rows" in page(results)
    assert RELOADS in page(results)


def test_it_has_the_first_figures_and_what_it_is_at(results: Checkpoint) -> None:
    told = Live(EXPERIMENT, results, "")
    told("timing", 1, 20)
    results.keep(PART)
    told("timing", 2, 20)
    text = page(results)
    assert EXPERIMENT.summarize(PART).sentence.replace(" ms ", "\u00a0ms ") in text
    assert ("2 of 20" in text, "Queries at a glance" in text, 'id="method"' in text) == (True, True, False)


def test_a_phase_that_ended_has_its_time_and_one_that_comes_again_begins_anew(results: Checkpoint) -> None:
    told = Live(EXPERIMENT, results, "")
    told("timing", 20, 20, "cells")
    assert "20 cells" in page(results)
    told("timing", 3, 20, "cells")
    assert "3 of 20 cells" in page(results)


def test_at_the_end_the_page_is_the_report(results, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(carry_out, "server", lambda chosen, shown: shown)
    shown, done = Silent(carry_out.out), runs.run(runs.pair())

    def measure(_handle: object) -> Run:
        results.keep(PART)
        shown("timing", 20, 20)
        assert RELOADS in page(results)
        return done

    carry_out.carry_out(EXPERIMENT, results, {}, shown, measure, lambda _: "")
    assert (RELOADS in page(results), 'id="method"' in page(results)) == (False, True)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
@pytest.mark.parametrize("seen", [None, PART])
def test_what_is_stopped_says_so_or_leaves_no_page(error, seen, tmp_path, monkeypatch) -> None:
    """A part that was measured is kept of what was interrupted, and of a bug nothing is promised."""
    monkeypatch.setattr(carry_out, "server", lambda chosen, shown: shown)
    results = begin(EXPERIMENT, tmp_path)

    def measure(_handle: object) -> None:
        if seen:
            results.keep(seen)
        raise error

    with pytest.raises(error):
        carry_out.carry_out(EXPERIMENT, results, {}, Silent(carry_out.out), measure, lambda _: "")
    if seen:
        assert RELOADS not in page(results)
        assert ("Stopped (interrupted)" in page(results)) == (error is KeyboardInterrupt)
    else:
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", [True, False])
def test_a_reader_sees_the_end_without_doing_anything(results, opened, monkeypatch, script) -> None:
    monkeypatch.setattr(live, "RELOAD_S", 1)
    Live(EXPERIMENT, results, "shop: 1,000 orders")("loading rows", 40, 100, "rows")
    seen = opened(page(results), script=script)
    assert seen.page.get_by_text("40 of 100 rows").is_visible()
    results.publish(PART, EXPERIMENT.write)
    Path(urlparse(seen.page.url).path).write_text(page(results), encoding="utf-8")
    seen.page.locator("#method-h").wait_for()
    assert seen.complaints == []


def test_the_page_has_no_violation_of_accessibility(results, opened, monkeypatch) -> None:
    monkeypatch.setattr(live, "RELOAD_S", 3600)
    told = Live(EXPERIMENT, results, "shop: 1,000 orders")
    results.keep(PART)
    told("timing", 2, 20)
    assert axe.complaints(opened(page(results)).page) == ""

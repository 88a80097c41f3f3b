"""Many runs in the order of time, on a page and on a terminal: safely, and twice the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.compare.history import formats
from bench.experiments.compare.history.archive import Archive
from bench.experiments.compare.history.document import document
from bench.experiments.compare.history.record import History
from bench.experiments.compare.history.sparkline import BARS, sparkline
from bench.experiments.compare.history.summary import summarize
from bench.model import Run
from bench.report.html import render as html
from tests.builders import runs
from tests.experiments.before_after.test_document import Page
from tests.experiments.compare.test_document import CHANGED, OTHER_MACHINE, PARTIAL, on_terminal


def history(*found: Run) -> History:
    archive = Archive()
    for number, run in enumerate(found):
        archive.add(replace(run, started_at=f"2026-10-0{number + 1}T08:00:00Z"), f"reports/{number}/run.json")
    archive.skip("reports/<b>x/run.json", "truncated")
    return archive.history()


def history_page(found: History) -> str:
    return html.render(document(found, summarize(found)))


@pytest.mark.parametrize("kind", PARTIAL)
def test_runs_that_are_not_whole_have_a_history(kind):
    found = history(*PARTIAL[kind])
    assert Page(history_page(found)).text.startswith(summarize(found).headline)
    assert on_terminal(formats.show(found))


def test_a_chart_has_a_text_alternative_and_its_figures_as_a_table():
    found = Page(history_page(history(*CHANGED)))
    assert any("p95" in (attrs.get("aria-label") or "") for attrs in found.all("figure"))
    assert "Plan changed" in found.text
    assert "3,960" in found.text


def test_skipped_files_are_named_with_the_reason():
    found = history(*CHANGED)
    assert "reports/<b>x/run.json was left out: truncated" in Page(history_page(found)).text
    assert "left out: reports/<b>x/run.json: truncated" in on_terminal(formats.show(found))


def test_a_line_says_why_it_is_broken():
    text = Page(history_page(history(*OTHER_MACHINE))).text
    assert "At run 2 times start anew: The machine differs (processor: EPYC 7B13 → Xeon)." in text


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        ([(1.0, False)], ""),
        ([(1.0, False), (100.0, True)], "▁█"),
        ([(1.0, False), None, (100.0, True)], "▁ █"),
        ([(1.0, False), (1.01, False)], "▁┊▁"),
    ],
)
def test_a_sparkline_is_broken_where_the_series_is_and_flat_where_noise_is(values, drawn):
    assert sparkline(values) == drawn
    assert set(drawn) <= {*BARS, " ", "┊"}


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_hostile_text_is_shown_as_text(text):
    pair = (runs.hostile(text), runs.hostile(text))
    shown, usual = (Page(history_page(history(*of))) for of in (pair, CHANGED))
    assert {tag for tag, _ in shown.tags} <= {tag for tag, _ in usual.tags} | {"p"}
    assert not any(key.startswith("on") for _, attrs in shown.tags for key in attrs)
    history_page(history(*pair)).encode("utf-8")
    assert "\x1b" not in on_terminal(formats.show(history(*pair)))


def test_the_same_runs_give_the_same_bytes():
    assert history_page(history(*CHANGED)) == history_page(history(*CHANGED))


def test_the_page_needs_no_network():
    found = Page(history_page(history(*CHANGED)))
    assert [attrs["href"][:19] for attrs in found.all("link")] == ["data:image/svg+xml,"]
    assert all((attrs.get("href") or "#").startswith("#") for attrs in found.all("a"))
    assert not [attrs for _, attrs in found.tags if "src" in attrs]
    names = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_table_fits_the_terminal_and_keeps_what_matters(width):
    text = on_terminal(formats.show(history(*CHANGED)), width)
    assert max(map(len, text.splitlines())) <= width
    assert "1, last 2026-10-02" in text

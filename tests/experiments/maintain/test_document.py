"""A maintenance experiment in every format: safely, whole or interrupted, and twice the same."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bench import storage
from bench.experiments.maintain.document import EXPERIMENT, document
from bench.experiments.maintain.record import MAINTENANCE, MaintenanceRun, ProcedureSeen
from bench.experiments.maintain.summary import summarize
from bench.report import markdown
from bench.report.html import render as html
from bench.report.markdown import LIMIT
from tests.builders import runs
from tests.builders.aged import CHURNED, FRESH, FULL, cells, maintenance, stage, timed
from tests.experiments.before_after.test_document import Page

NOTHING = replace(stage("gin", {}, skipped="no GIN index"), tables=(), indexes=(), cells=())
EVERY = {
    "full": FULL,
    "not begun": replace(maintenance(), churn=None),
    "fresh only": maintenance(FRESH, status="interrupted"),
    "no procedure": maintenance(FRESH, CHURNED),
    "nothing written": maintenance(FRESH, replace(FRESH, name="churned"), share=0.0),
    "nothing to do": maintenance(FRESH, CHURNED, NOTHING),
    "timeout": maintenance(FRESH, replace(CHURNED, cells=cells({"board": None, "queue": 40}))),
    "no query": maintenance(stage("fresh", {}), stage("churned", {}), stage("vacuum", {})),
}


def page(run: MaintenanceRun) -> str:
    return html.render(document(run, summarize(run)))


def in_markdown(run: MaintenanceRun) -> str:
    return markdown.render(document(run, summarize(run)))


def on_terminal(run: MaintenanceRun, width: int = 120) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False, color_system=None)
    console.print(EXPERIMENT.show(run))
    return console.file.getvalue()


@pytest.mark.parametrize("run", EVERY.values(), ids=EVERY)
def test_every_experiment_is_shown_stored_and_twice_the_same(run: MaintenanceRun, tmp_path: Path) -> None:
    storage.save(run, MAINTENANCE, tmp_path / "maintenance.json")
    again = storage.load(MAINTENANCE, tmp_path / "maintenance.json")
    assert again == run
    assert page(again) == page(run)
    assert len(in_markdown(run)) < LIMIT
    assert on_terminal(run).strip()
    assert Page(page(run)).text


def test_the_page_has_every_table_and_the_price_of_each_procedure() -> None:
    found = Page(page(FULL))
    for ident in ("procedures", "cells", "times", "churn", "indexes", "pending", "staleness", "about"):
        assert f'<section id="{ident}"' in page(FULL)
    assert "VACUUM 1 of 2 1.5 s 4.0 MB" in found.text


def test_cells_say_heap_fetches_what_stayed_and_what_is_mended() -> None:
    text = in_markdown(FULL)
    assert "| Board (hot) | 100 | **320 + 210 h** | 104 | **310 + 210 h** | 100 |" in text
    assert "| Queue (hot) | 40 | **90** | = | 40 | 40 |" in text


def test_a_lock_that_stops_writers_stands_out() -> None:
    assert "**writers**" in in_markdown(FULL)


@pytest.mark.parametrize("width", [80, 120])
def test_a_narrow_terminal_loses_columns_and_no_line_breaks(width: int) -> None:
    assert max(len(line) for line in on_terminal(FULL, width=width).splitlines()) <= width


def full_of(text: str) -> MaintenanceRun:
    """An experiment in which everything that a workload can name is ``text``."""
    seen = ProcedureSeen(
        text, text, (text, text), 1.0, 10, (f"ShareLock on {text}",), 3.0, {text: 1}, {text: 2}, text, text, text
    )
    one = stage("vacuum", {text: 400})
    aged = replace(
        one, procedures=(seen,), timed=(timed(text, 4.0, 2.0),), staleness={text: text},
        indexes=tuple(replace(index, name=text, table=text) for index in one.indexes),
        cells=tuple(replace(cell, parameter_class=text, agrees=False) for cell in one.cells),
    )  # fmt: skip
    small = replace(aged, name="fresh", procedures=(), timed=(), cells=tuple(
        replace(cell, counters=cells({"q": 10})[0].counters) for cell in aged.cells))  # fmt: skip
    stages = (small, replace(aged, name="churned", procedures=(), timed=()), aged)
    return replace(maintenance(*stages, text=text), notes=(text,))


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_what_comes_from_a_workload_is_only_text(text: str) -> None:
    assert Page(page(full_of(text))).structure == Page(page(full_of("q"))).structure
    assert "<script" not in in_markdown(full_of(text))
    assert "\x1b" not in on_terminal(full_of(text))

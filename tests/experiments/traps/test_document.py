"""A look for plan traps in every format: safely, whole, and twice the same."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bench.experiments.traps.document import EXPERIMENT, document
from bench.experiments.traps.record import TrapsRun
from bench.experiments.traps.summary import summarize
from bench.report import markdown
from bench.report.html import render as html
from bench.report.markdown import LIMIT
from tests.builders import runs
from tests.builders.trap_runs import cell, cut_off, full, traps_run
from tests.experiments.before_after.test_document import Page

EVERY = {
    "full": full(),
    "nothing": traps_run(),
    "calm": traps_run(cell()),
    "cut off": traps_run(cell(custom=cut_off(), generic=cut_off(), stability=None), status="interrupted"),
    "failed": traps_run(cell(error="division by zero", custom=None, generic=None), status="failed"),
    "no tenant": traps_run(cell(), fresh_note="dataset/fresh_tenant.sql is not there"),
}


def page(run: TrapsRun) -> str:
    return html.render(document(run, summarize(run)))


def in_markdown(run: TrapsRun) -> str:
    return markdown.render(document(run, summarize(run)))


def on_terminal(run: TrapsRun, width: int = 120) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False, color_system=None)
    console.print(EXPERIMENT.show(run))
    return console.file.getvalue()


@pytest.mark.parametrize("run", EVERY.values(), ids=EVERY)
def test_every_look_is_shown_and_twice_the_same(run: TrapsRun) -> None:
    assert page(run) == page(run)
    assert len(in_markdown(run)) < LIMIT
    assert on_terminal(run).strip()
    assert Page(page(run)).text


def test_the_page_has_a_table_for_each_part_and_the_words_of_each_finding() -> None:
    text = page(full())
    for ident in ("verdicts", "queries", "generic", "fresh", "statistics", "borrowed", "estimates", "about"):
        assert f'<section id="{ident}"' in text
    assert "A coin toss for class tiny: 3 of 10 samples" in text
    assert "Index Scan using i on leads l became Index Scan using q_idx on leads l" in text


def test_every_link_leads_somewhere_and_every_table_has_a_caption() -> None:
    found = Page(page(full()))
    places = {str(attributes["id"]) for _, attributes in found.tags if "id" in attributes}
    assert {str(link["href"])[1:] for link in found.all("a")} <= places
    assert len(found.all("caption")) == len(found.all("table")) == 6


def test_markdown_has_the_verdict_of_each_query_in_words() -> None:
    text = in_markdown(full())
    assert "**calm**: in 1 class the generic plan costs no more" in text
    assert "| A 7 of 10, B 3 of 10 |" in text


def test_what_helps_is_said_once_for_each_verdict_that_was_given() -> None:
    text = Page(page(full())).text
    assert text.count("force_custom_plan for the sessions") == 1
    assert "ANALYZE after a tenant was imported" in text
    assert "What helps" not in Page(page(traps_run(cell()))).text


def test_cells_of_one_plan_are_counted_not_listed() -> None:
    text = in_markdown(traps_run(cell()))
    assert "1 of 1 cells had one and the same plan each time" in text
    assert "no coin toss" in text


def test_the_terminal_names_traps_first_and_fits_its_width() -> None:
    lines = on_terminal(full(), width=80).splitlines()
    assert lines[0] == "1 of 5 queries has a plan trap, 1 more has a risk, of 2 it cannot be told"
    assert max(len(line) for line in lines) <= 80


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_what_comes_from_a_workload_is_only_text(text: str) -> None:
    assert Page(page(full(text))).structure == Page(page(full("q"))).structure
    assert "<script" not in in_markdown(full(text))
    assert "\x1b" not in on_terminal(full(text))

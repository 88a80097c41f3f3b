"""Runs side by side in every format: safely, whole, and twice the same."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from bench.experiments.compare import formats
from bench.experiments.compare.document import document
from bench.experiments.compare.record import Comparison
from bench.experiments.compare.run import compare
from bench.experiments.compare.sentences import percent
from bench.experiments.compare.summary import summarize
from bench.model import CellSide, Pair
from bench.report import markdown
from bench.report.html import render as html
from bench.report.markdown import LIMIT
from tests.builders import runs
from tests.experiments.before_after.test_document import Page

QUEUE = runs.pair()
WORSE = replace(QUEUE, after=QUEUE.before)


def on_terminal(shown, width=120) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False, color_system=None)
    console.print(shown)
    return console.file.getvalue()


def comparison_page(found: Comparison) -> str:
    return html.render(document(found, summarize(found)))


def comparison_text(found: Comparison) -> str:
    return markdown.render(document(found, summarize(found)))


CHANGED = (runs.run(QUEUE), runs.run(WORSE))
OTHER_DATA = (CHANGED[0], replace(CHANGED[1], dataset=replace(CHANGED[1].dataset, seed=9)))
OTHER_MACHINE = (CHANGED[0], replace(CHANGED[1], machine=replace(CHANGED[1].machine, cpu="Xeon")))
PARTIAL = {
    "nothing": (runs.run(), runs.run()),
    "no queries": (runs.run(queries=()), runs.run(QUEUE)),
    "only before": (runs.run(replace(QUEUE, after=CellSide(), equality=None)), runs.run(QUEUE)),
    "interrupted": (runs.run(runs.pair("a"), Pair("b", "hot"), status="interrupted"), runs.run(runs.pair("a"))),
    "failed": (runs.run(replace(QUEUE, after=CellSide(error="division by zero"))), runs.run(QUEUE)),
    "skipped": (runs.run(QUEUE, Pair("queue", "whale", skipped="the dataset has none")), runs.run(QUEUE)),
    "censored": (
        runs.run(QUEUE),
        runs.run(replace(QUEUE, after=CellSide(samples=runs.samples(30_000, 1, censored=True)))),
    ),
    "zero": (runs.run(replace(QUEUE, after=runs.side(0))), runs.run(replace(QUEUE, after=runs.side(0)))),
    "another query": (runs.run(QUEUE), runs.run(QUEUE, queries=(replace(runs.query(), sql="SELECT 1"),))),
    "other data": OTHER_DATA,
    "eight": (runs.run(QUEUE),) * 8,
}


@pytest.mark.parametrize("kind", PARTIAL)
def test_runs_that_are_not_whole_are_compared_in_every_format(kind):
    found = compare(PARTIAL[kind])
    assert Page(comparison_page(found)).text.startswith(summarize(found).headline)
    assert comparison_text(found)
    assert on_terminal(formats.show(found, everything=True))


def test_the_page_names_the_plan_change_and_links_to_its_query():
    found = Page(comparison_page(compare(CHANGED)))
    assert "Index Scan using leads_queue_idx on leads l became Seq Scan on leads l, 6 → 3,960 buffers" in found.text
    assert {"href": "#query-1"} in found.all("a")


@pytest.mark.parametrize("pair", [OTHER_DATA, OTHER_MACHINE])
def test_no_format_has_a_change_of_time_where_times_do_not_compare(pair):
    found = compare(pair)
    for text in (Page(comparison_page(found)).text, comparison_text(found), on_terminal(formats.show(found))):
        assert "× slower" not in text
        assert "now misses" not in text


def test_no_format_has_a_percentage_across_other_data():
    found = compare(OTHER_DATA)
    for text in (Page(comparison_page(found)).text, comparison_text(found), on_terminal(formats.show(found))):
        assert "more:" not in text
        assert "became Seq Scan" not in text
        assert "660×" not in text


def test_the_comparison_of_two_hundred_queries_fits_a_comment():
    pairs = [runs.pair(f"query_{number}", index="") for number in range(200)]
    worse = [runs.pair(f"query_{number}") for number in range(200)]
    made = comparison_text(compare([runs.run(*pairs), runs.run(*worse)]))
    assert len(made) <= LIMIT
    assert "see compare.html" in made


def test_only_what_moved_is_printed_unless_all_is_asked_for():
    pairs = [runs.run(runs.pair("same"), runs.pair("lost")), runs.run(runs.pair("same"), replace(WORSE, query="lost"))]
    found = compare(pairs)
    assert "same[hot]" not in on_terminal(formats.show(found))
    assert "same[hot]" in on_terminal(formats.show(found, everything=True))


@pytest.mark.parametrize(
    ("base", "head", "said"), [(100, 112, "+12 %"), (100, 40, "−60 %"), (100, 100, ""), (0, 5, ""), (4, 169, "42.2×")]
)
def test_a_change_is_a_percentage_or_a_factor(base, head, said):
    assert percent(base, head) == said


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_hostile_text_is_shown_as_text(text):
    pair = (runs.hostile(text), runs.hostile(text))
    shown, usual = (Page(comparison_page(compare(of))) for of in (pair, CHANGED))
    assert {tag for tag, _ in shown.tags} <= {tag for tag, _ in usual.tags} | {"p"}
    assert not any(key.startswith("on") for _, attrs in shown.tags for key in attrs)
    comparison_page(compare(pair)).encode("utf-8")
    made = comparison_text(compare(pair))
    assert "<script" not in made
    assert "<img" not in made
    assert "\x1b" not in on_terminal(formats.show(compare(pair), everything=True))


def test_the_same_runs_give_the_same_bytes():
    assert comparison_page(compare(CHANGED)) == comparison_page(compare(CHANGED))
    assert comparison_text(compare(CHANGED)) == comparison_text(compare(CHANGED))


def test_the_page_needs_no_network():
    found = Page(comparison_page(compare(CHANGED)))
    assert [attrs["href"][:19] for attrs in found.all("link")] == ["data:image/svg+xml,"]
    assert all((attrs.get("href") or "#").startswith("#") for attrs in found.all("a"))
    assert not [attrs for _, attrs in found.tags if "src" in attrs]
    names = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_table_fits_the_terminal_and_keeps_what_matters(width):
    text = on_terminal(formats.show(compare(CHANGED)), width)
    assert max(map(len, text.splitlines())) <= width
    assert "met, now misses" in text

"""A scale experiment on a page, as Markdown and on a terminal: safely, whole or interrupted, and twice the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.scale import figure
from bench.experiments.scale.document import EXPERIMENT, document
from bench.experiments.scale.record import Scaling
from bench.experiments.scale.summary import summarize
from bench.report import markdown
from bench.report.html import render as html
from tests.builders import runs
from tests.builders.growths import SCALES, scaling
from tests.experiments.before_after.test_document import Page
from tests.experiments.compare.test_document import on_terminal

WHOLE = scaling()


def page(found: Scaling) -> str:
    return html.render(document(found, summarize(found)))


def in_markdown(found: Scaling) -> str:
    return markdown.render(document(found, summarize(found)))


@pytest.mark.parametrize("steps", [0, 1, 2, 3, len(SCALES)])
def test_an_interrupted_experiment_is_shown_and_says_what_is_missing(steps):
    found = scaling(steps)
    text = Page(page(found)).text
    assert summarize(found).headline in text
    assert text.count("not measured") == len(SCALES) - steps
    assert summarize(found).headline[:40] in on_terminal(EXPERIMENT.show(found), 130)
    assert in_markdown(found)


def test_the_page_says_when_each_query_crosses_with_its_interval():
    text = Page(page(WHOLE)).text
    assert "about 1,200,000 (1,100,000–1,200,000)" in text
    assert "not before 10,000,000" in text
    assert "linear in the tenant" in text


def test_a_chart_has_a_text_alternative_and_its_figures_as_a_table():
    found = Page(page(WHOLE))
    said = [attrs["aria-label"] for attrs in found.all("figure")]
    assert "after, hot: p95 from" in said[0]
    assert "crosses 100 ms: about 1,200,000" in said[0]
    assert "100,229" in found.text


def test_a_query_without_a_figure_has_no_chart():
    empty = replace(summarize(WHOLE).queries[0], hot={}, first={})
    assert figure.growth(empty, WHOLE, "x") == ""


def test_rows_that_differ_are_said_first():
    found = replace(WHOLE, alarms=("queue[hot] at 10,000 leads: other rows after than before",))
    assert "Not to be trusted. queue[hot] at 10,000 leads" in Page(page(found)).text
    assert "🛑" in in_markdown(found)


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_hostile_text_is_shown_as_text(text):
    hostile = replace(scaling(title=text), machine=text, server=text, notes=(text,), alarms=(text,))
    usual = Page(page(replace(WHOLE, notes=("a",), alarms=("a",))))
    found = Page(page(hostile))
    assert {tag for tag, _ in found.tags} == {tag for tag, _ in usual.tags}
    assert not any(key.startswith("on") for _, attrs in found.tags for key in attrs)
    assert "<script" not in in_markdown(hostile)
    assert "\x1b" not in on_terminal(EXPERIMENT.show(hostile), 130)


def test_the_same_experiment_gives_the_same_bytes():
    assert page(WHOLE) == page(scaling())


def test_the_page_needs_no_network():
    found = Page(page(WHOLE))
    assert [attrs["href"][:19] for attrs in found.all("link")] == ["data:image/svg+xml,"]
    assert all((attrs.get("href") or "#").startswith("#") for attrs in found.all("a"))
    names = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("width", [60, 80, 130])
def test_the_table_fits_the_terminal_and_keeps_the_crossing(width):
    text = on_terminal(EXPERIMENT.show(WHOLE), width)
    assert max(map(len, text.splitlines())) <= width
    assert "about 1.2M" in text

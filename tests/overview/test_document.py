"""The page of all results shows names and headlines as text, whatever stands in them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from bench.overview.document import document
from bench.overview.record import Entry
from bench.overview.summary import Listed, summarize
from bench.report.html import render as html
from tests.builders import runs
from tests.experiments.before_after.test_document import Page


def page(text: str) -> Page:
    entry = Entry("run", text, "2026-12-01T12:00:00+00:00", text, text, text, text, {"meets": "no"}, commit=text)
    found = [Listed(f"javascript:{text}", entry)]
    return Page(html.render(document(summarize(found, (text,), datetime(2026, 12, 2, tzinfo=UTC), {text: "a.html"}))))


@pytest.mark.parametrize("text", runs.HOSTILE[:4])
def test_names_are_only_text(text: str) -> None:
    assert page(text).structure == page("h" * len(text)).structure


def test_a_folder_is_no_scheme_of_a_link() -> None:
    links = [attrs["href"] or "" for attrs in page("x").all("a")]
    assert not [link for link in links if re.match(r"[a-z]+:", link)]

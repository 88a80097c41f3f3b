"""A verdict has one sign, one emoji and one tone, whatever shows it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bench.model.vocabulary import MARKS
from bench.report import markdown, terminal
from bench.report.document import Cell, Column, Document, Section, Table, verdict
from bench.report.html import render as html


def document(*words: str) -> Document:
    """A table of verdicts."""
    rows = tuple((Cell("a query"), Cell(verdict(word))) for word in words)
    table = Table("Table: Verdicts", (Column("Query"), Column("Verdict")), rows)
    return Document(
        "run", "run", "A run", "Something was seen", (), (), (), (Section("all", "All", (table,)),), "1", ""
    )


@pytest.mark.parametrize(
    ("word", "on_terminal", "in_markdown", "in_page"),
    [
        ("meets", "✓ meets", "| ✅ meets |", '<span class="pill good"><span aria-hidden="true">✓</span> meets</span>'),
        ("other rows", "‼ other rows", "| 🛑 **other rows** |", '<span class="pill alarm"><span aria-hidden="true">‼<'),
        ("no trap found", "no trap found", "| no trap found |", '<span class="pill">no trap found</span>'),
    ],
)
def test_a_verdict_looks_the_same_in_every_format(word, on_terminal, in_markdown, in_page):
    made = document(word)
    console = Console(width=80, file=io.StringIO())
    console.print(terminal.render(made))
    assert f"  {on_terminal}\n" in f"{console.file.getvalue()}"
    assert in_markdown in markdown.render(made)
    assert in_page in html.render(made)


@pytest.mark.parametrize("word", MARKS)
def test_every_verdict_has_a_sign_and_an_emoji(word):
    assert MARKS[word].sign
    assert MARKS[word].emoji

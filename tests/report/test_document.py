"""What every renderer makes of the same blocks."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from bench.report import terminal
from bench.report.document import Block, Cell, Column, Document, Figure, Part, Section, Span, Table, columns, marked
from bench.report.html import render as html

SVG = "<svg></svg>"
WIDE = Table(
    "t",
    (Column("query"), Column("kept"), Column("faster", number=True), Column("class", rank=1)),
    ((Cell("a name of some length"), Cell("x"), Cell("1.26× (1.11–1.26)", short="1.26×"), Cell("c" * 12)),),
    name_width=12,
)


def document(*blocks: Block) -> Document:
    return Document("e", "e", "t", "headline", (), (), (), (Section("s", "S", blocks),), "1", "footer")


def shown(block: Block, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False, color_system=None)
    console.print(terminal.render(document(block)))
    text = console.file
    assert isinstance(text, io.StringIO)
    return text.getvalue()


def test_a_narrow_terminal_gets_shorter_cells_before_it_loses_a_column() -> None:
    assert "(1.11–1.26)" in shown(WIDE, 100)
    middle, narrow = shown(WIDE, 50), shown(WIDE, 40)
    assert ("1.26×" in middle, "(1.11" in middle, "cccc" in middle) == (True, False, True)
    assert ("1.26×" in narrow, "cccc" in narrow) == (True, False)


def test_a_heading_below_nothing_takes_both_lines() -> None:
    table = Table("t", columns("Query", "Before", "After"), ((Cell("a"), Cell("1"), Cell("2")),),
                  head=(("", 1, ""), ("Hot", 2, "")))  # fmt: skip
    head = re.findall(r"<thead>.*</thead>", html.render(document(table)), re.DOTALL)[0]
    below = "".join(f'<th scope="col"><abbr>{name}</abbr></th>' for name in ("Before", "After"))
    assert '<th scope="col" rowspan="2"><abbr>Query</abbr></th><th scope="colgroup" colspan="2">Hot</th></tr>' in head
    assert head.endswith(f"<tr>{below}</tr></thead>")


@pytest.mark.parametrize(("drawing", "images"), [(SVG, 1), ("", 0)])
def test_a_caption_stays_where_there_is_no_drawing(drawing: str, images: int) -> None:
    page = html.render(document(Figure(lambda: drawing, "words", caption="below", ident="f")))
    assert page.count('<figure id="f">') == page.count("<figcaption>below</figcaption>") == 1
    assert page.count('role="img"') == images


def test_a_part_that_can_be_found_has_a_link_to_itself() -> None:
    page = html.render(document(Part(("Title", " ", Span("more")), (WIDE,), "p", find="title")))
    assert '<article id="p" aria-labelledby="p-h" data-find="title">' in page
    assert '<a class="here" href="#p" aria-label="Link to Title">#</a>' in page


def test_marks_in_a_text_of_ours_are_spans() -> None:
    assert marked("*Faster* is `x`.") == (Span("Faster", italic=True), " is ", Span("x", code=True), ".")

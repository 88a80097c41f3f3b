"""Tables for a spreadsheet."""

from __future__ import annotations

import pytest

from bench.report.csv import TEXT_MOST, render


def test_a_row_is_a_line_and_nothing_is_left_empty() -> None:
    assert render(("a", "b", "c"), [("x, y", 0.5, None), ("z", 1, 2)]) == 'a,b,c\n"x, y",0.5,\nz,1,2\n'


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_text_is_no_formula(start: str) -> None:
    assert render(("a",), [(f"{start}1+1",)]) == f"a\n'{start}1+1\n"


def test_a_negative_number_stays_a_number() -> None:
    assert render(("a",), [(-1,)]) == "a\n-1\n"


def test_a_text_stays_on_one_line_and_has_an_end() -> None:
    assert render(("a",), [("x\ny\x1b",)]) == "a\nx y\ufffd\n"
    assert len(render(("a",), [("x" * 5_000,)])) == len("a\n\n") + TEXT_MOST

"""Tables as CSV, for a spreadsheet or somebody else's statistics."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from bench.report.text import one_line

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula (OWASP, CSV injection)."""
TEXT_MOST = 300
"""Characters of a text: a spreadsheet's cell, not a log."""

Value = str | int | float | None
"""None is left empty."""


def render(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    """Write the rows below their headings, every text on one line and safe for a spreadsheet."""
    known: dict[str, str] = {}
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(headings)
    for row in rows:
        writer.writerow([_safe(value, known) if isinstance(value, str) else value for value in row])
    return target.getvalue()


def _safe(text: str, known: dict[str, str]) -> str:
    """Put an apostrophe before what would run as a formula. Tables have the same few texts over and over."""
    if text not in known:
        flat = one_line(text, TEXT_MOST)
        known[text] = f"'{flat}" if flat.startswith(FORMULA) else flat
    return known[text]

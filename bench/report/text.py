"""Text that came from data, SQL or a file name, made safe to show."""

from __future__ import annotations

import re

# Control characters (a terminal obeys them, XML forbids them), lone surrogates (no file can hold them) and the marks
# that reorder what follows (a page would show another name than the one that is there).
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
BREAKS = re.compile("[\t\n\r\u2028\u2029]+")


def clean(text: str) -> str:
    """Replace characters that must not reach a page or a terminal; line breaks and tabs stay."""
    return UNSAFE.sub("\ufffd", text.replace("\r\n", "\n"))


def one_line(text: str, most: int | None = None) -> str:
    """Clean ``text``, put it on one line, and cut it after ``most`` characters."""
    flat = clean(BREAKS.sub(" ", text)).strip()
    return flat if most is None or len(flat) <= most else f"{flat[: most - 1].rstrip()}…"

"""Where a long name may break: at its joints, never in mid-word."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from bench.report.text import clean

LONG = re.compile(r"\S{16,}")
"""Shorter words fit into any column."""
PIECES = re.compile(r"[^_./,\[\]()]{0,40}[_./,\[\]()]*")
"""A word and the joint after it; of what has no joint, 40 characters, as wide as a narrow screen."""
BREAK = Markup("<wbr>")


def breakable(text: str) -> Markup | str:
    """``text``, escaped where that is more than itself, with a place to break behind each joint of a long name."""
    if not LONG.search(text):
        return text
    return Markup("").join(
        BREAK.join(escape(piece) for piece in PIECES.findall(word) if piece) if LONG.fullmatch(word) else escape(word)
        for word in re.split(r"(\s+)", clean(text))
    )

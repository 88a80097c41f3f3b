"""Markdown for a pull request: text made harmless, and never more than a comment may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bench.report.text import one_line

# Characters in a comment or check summary on GitHub.
LIMIT = 65_536
# Of any one text from the workload: a title of 5,000 characters must not push the verdicts out.
NAME, PROSE = 60, 300
# Kept back for the line that says what was left out.
RESERVE = 200


def fitted(sections: Iterable[Sequence[str]], whole: str) -> str:
    """Join what fits: a section is cut at a line, and what follows it is left out; the file ``whole`` has it all."""
    text, left_out = "", 0
    for section in sections:
        for position, line in enumerate(section):
            if left_out or len(text) + len(line) + 1 > LIMIT - RESERVE:
                left_out += len(section) - position
                break
            text += f"{line}\n"
    if left_out:
        text += f"\n*{left_out:,} more lines do not fit here: see {whole}.*\n"
    return text


def escape(text: str, most: int) -> str:
    """Make ``text`` plain in Markdown and HTML, on one line: no table cell, tag, link, formula or mention in it."""
    flat = one_line(text, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    flat = re.sub(r"([\\`*\[\]|$~])", r"\\\1", flat)
    # Inside a word an underscore is only itself, and index names are full of them.
    flat = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", flat)
    # A word joiner, which nobody sees, keeps @name from calling somebody, #1 from naming an issue, and a list from
    # starting.
    flat = re.sub(r"[@#]", "\\g<0>\u2060", flat)
    return re.sub(r"^([-+=]|\d+[.)])", "\u2060\\1", flat)

"""A document as Markdown for a pull request: text made harmless, and never more than a comment may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bench.report.document import (
    Beside,
    Block,
    Cell,
    Custom,
    Document,
    Fold,
    Line,
    Part,
    Sentences,
    Span,
    Table,
    shown,
    spans,
)
from bench.report.document import sections as sections_of
from bench.report.text import one_line

# Characters in a comment or check summary on GitHub.
LIMIT = 65_536
# Of any one text from the workload: a title of 5,000 characters must not push the verdicts out.
NAME, PROSE = 60, 300
LOUD = ("over", "strong", "alarm")
"""Tones that are bold here."""
UNSEEN = re.compile(r"[^a-zA-Z0-9_.: ]+")
"""What a comment of HTML may not hold."""
# Kept back for the line that says what was left out.
RESERVE = 200


def render(document: Document) -> str:
    """Write the headline, the alarms and the blocks; the least important go first where they do not fit."""
    before = document.title if document.markdown_title is None else document.markdown_title
    sign = f"{document.mark.emoji} " if document.mark.emoji else ""
    title = f"{escape(before, 2 * NAME)}: " if before else ""
    lines = [f"<!-- {UNSEEN.sub('_', comment)} -->" for comment in document.comments]
    lines += [f"## {sign}{title}{escape(document.headline, PROSE)}\n"]
    lines += [f"> 🛑 **{_line(alarm, 2 * PROSE)}**\n" for alarm in document.alarms]
    lines += blocks(document.lead)
    for section in sections_of(document, "markdown"):
        if "markdown" in section.headed:
            lines.append(f"### {escape(section.title, PROSE)}\n")
        lines += blocks(section.blocks)
    return fitted([lines], f"{document.file}.html")


def fitted(sections: Iterable[Sequence[str]], whole: str) -> str:
    """Join what fits: each piece whole or not at all, and nothing after the first that does not fit.

    Bytes are counted, so that the text fits whichever way its characters are. The file ``whole`` has it all.
    """
    text, used, left_out = "", 0, 0
    for piece in (piece for section in sections for piece in section):
        more = len(piece.encode()) + 1
        if left_out or used + more > LIMIT - RESERVE:
            left_out += piece.rstrip("\n").count("\n") + 1
            continue
        text, used = f"{text}{piece}\n", used + more
    if left_out:
        text += f"\n*{left_out:,} more lines do not fit here: see {whole}.*\n"
    return text


def blocks(found: Sequence[Block]) -> Iterator[str]:
    """The lines of ``found``."""
    for block in shown(found, "markdown"):
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Sentences) and block.style == "alarm":
        yield from (f"> 🛑 {_line(one, block.most or 2 * PROSE)}\n" for one in block.items)
    elif isinstance(block, Sentences):
        listed = block.style in ("lead", "prose", "list", "steps")
        most = block.most or 2 * PROSE
        yield from (f"- {_line(one, most)}" if listed else f"{_line(one, most)}\n" for one in block.items)
        if listed:
            yield ""
    elif isinstance(block, Table):
        yield from _table(block)
    elif isinstance(block, Custom):
        yield from block.markdown
    elif isinstance(block, Fold):
        summary = _line(block.summary, 2 * NAME)
        yield "\n".join([f"<details><summary>{summary}</summary>\n", *blocks(block.blocks), "</details>\n"])
    elif isinstance(block, Part):
        yield f"#### {_line(block.title, PROSE)}\n"
        yield from blocks(block.blocks)
    elif isinstance(block, Beside):
        yield from blocks(block.blocks)


def _table(table: Table) -> Iterator[str]:
    places = [place for place, column in enumerate(table.columns) if "markdown" in column.formats]
    columns = [table.columns[place] for place in places]
    if table.caption:
        yield f"{_line(table.caption, 2 * PROSE)}\n"
    yield f"| {' | '.join(escape(column.heading, NAME) for column in columns)} |"
    yield f"|{'|'.join('---:' if column.number else '---' for column in columns)}|"
    for row in table.all_rows:
        short = len(row) < len(table.columns)  # one of its cells takes several columns
        cells = list(row) if short else [row[place] for place in places]
        texts = [_cell(one, NAME if place == 0 or column.number else PROSE)
                 for place, (one, column) in enumerate(zip(cells, columns, strict=False))]  # fmt: skip
        yield f"| {' | '.join(texts + [''] * (len(columns) - len(texts)))} |"
    yield ""


def _cell(cell: Cell, most: int) -> str:
    text = _line(cell.line, most)
    return f"**{text}**" if cell.tone in LOUD and text else text


def _line(line: Line, most: int) -> str:
    parts = spans(line)
    if len(parts) == 1:
        return _meant(parts[0], escape(parts[0].text, most))
    made = []
    for part in parts:
        # Spaces between two pieces belong to neither.
        before, after = " " * part.text.startswith(" "), " " * part.text.endswith(" ")
        text = escape(part.text, most)
        made.append(f"{before}{_meant(part, text)}{after if text else ''}")
    return "".join(made)


def _meant(part: Span, text: str) -> str:
    if part.code and text:
        return f"`{one_line(part.text.replace('`', ' '))}`"
    if part.mark and text:
        loud = f"**{text}**" if part.tone == "alarm" else text
        return f"{part.mark.emoji} {loud}".lstrip()
    return f"**{text}**" if text and (part.bold or part.tone in LOUD) else text


def escape(text: str, most: int) -> str:
    """Make ``text`` plain in Markdown and HTML, on one line: no table cell, tag, link, formula or mention in it."""
    flat = one_line(text, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    flat = re.sub(r"([\\`*\[\]|$~])", r"\\\1", flat)
    # Inside a word an underscore is only itself, and index names are full of them.
    flat = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", flat)
    # A word joiner, which nobody sees, keeps @name from calling somebody and #1 from naming an issue.
    flat = re.sub(r"[@#]", "\\g<0>\u2060", flat)
    # At the beginning: no list, no rule and no underlined heading. A decimal or a negative number is none of them.
    flat = re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", flat)
    return re.sub(r"^[-+](?=\s|$)|^[-=]{2,}(?=\s*$)", r"\\\g<0>", flat)

"""A page as lines that can be compared: one node a line, indented by its depth, attributes by name."""

from __future__ import annotations

import json
from html.parser import HTMLParser

VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
VERBATIM = frozenset(("pre", "script", "style", "textarea"))
"""Elements in which every blank counts: their text stays as it is, a line for each line."""


class _Lines(HTMLParser):
    """Collects the lines of a page. An element that is never closed, or closed twice, is a line that says so."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        written = "".join(
            f" {name}" if value is None else f" {name}={json.dumps(value, ensure_ascii=False)}"
            for name, value in sorted(attributes, key=lambda one: one[0])
        )
        self._say(f"<{tag}{written}>")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self._say(f"</{tag}> closes nothing, open: {' '.join(self._open)}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if VERBATIM.intersection(self._open):
            for line in data.split("\n"):
                self._say(f"| {line}" if line else "|")
        elif text := " ".join(data.split()):
            # A blank at either end parts this text from its neighbours.
            self._say(f"{' ' if data[0].isspace() else ''}{text}{' ' if data[-1].isspace() else ''}", quoted=True)

    def handle_comment(self, data: str) -> None:
        self._say(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self._say(f"<!{decl}>")

    def close(self) -> None:
        super().close()
        if self._open:
            self._say(f"never closed: {' '.join(self._open)}")

    def _say(self, line: str, *, quoted: bool = False) -> None:
        self.lines.append("  " * len(self._open) + (json.dumps(line, ensure_ascii=False) if quoted else line))


def lines(page: str) -> str:
    """The page as lines."""
    parser = _Lines()
    parser.feed(page)
    parser.close()
    return "".join(f"{line}\n" for line in parser.lines)

"""SQL files as text: statements with their lines, header comments, ``:name`` placeholders.

A scanner, not a parser: it knows strings, comments, dollar quotes and brackets, because that is all it takes to find
the end of a statement. What a statement does is learnt from the server's catalog afterwards, never from its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import WorkloadError
from bench.model import Statement

_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*)
  | (?P<block>/\*)
  | (?P<dollar>\$(?P<tag>[A-Za-z_]\w*)?\$)
  | (?P<string>\b[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*')
  | (?P<ident>"(?:[^"]|"")*")
  | (?P<open>['"])
  | (?P<cast>::|:=)
  | (?P<name>(?<![\w:]):[A-Za-z_]\w*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<mark>[;()])
    """,
    re.VERBOSE | re.DOTALL,
)


_CODE = re.compile(r"\S")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL that matters here: ``kind`` is comment, string, name, word or mark."""

    kind: str
    text: str
    start: int
    end: int


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def tokens(text: str, file: str, position: int = 0) -> Iterator[Token]:
    """Yield the tokens of ``text`` from ``position`` on; everything between two is operators, numbers and space."""
    while match := _TOKEN.search(text, position):
        kind, start, end = str(match.lastgroup), match.start(), match.end()
        if match["block"]:
            kind, end = "comment", _end_of_block(text, start, file)
        elif match["dollar"]:
            kind, end = "string", text.find(match["dollar"], end) + len(match["dollar"])
            if end < match.end():
                raise WorkloadError(f"{file}:{_line(text, start)}: {match['dollar']} is never closed")
        elif kind == "open":
            raise WorkloadError(f"{file}:{_line(text, start)}: a quoted text that starts here is never closed")
        yield Token(kind, text[start:end], start, end)
        position = end


def _end_of_block(text: str, start: int, file: str) -> int:
    depth, position = 0, start
    while mark := re.compile(r"/\*|\*/").search(text, position):
        depth += 1 if mark.group() == "/*" else -1
        position = mark.end()
        if depth == 0:
            return position
    raise WorkloadError(f"{file}:{_line(text, start)}: a comment that starts here is never closed")


def split(text: str, file: str, first_line: int = 1) -> list[Statement]:
    """Cut a file into its statements, without the closing semicolons and leading comments.

    ``first_line`` is the number of the line on which ``text`` begins in ``file``.
    """
    found, position = [], 0
    while (begin := next_statement(text, file, position)) is not None:
        position = end_of_statement(text, file, begin) + 1
        if sql := text[begin : position - 1].rstrip():
            found.append(Statement(sql, first_line + _line(text, begin) - 1))
    return found


def next_statement(text: str, file: str, position: int = 0) -> int | None:
    """Where the next statement begins, past space and comments; None at the end of ``text``."""
    for token in tokens(text, file, position):
        if gap := _CODE.search(text, position, token.start):
            return gap.start()
        if token.kind != "comment":
            return token.start
        position = token.end
    gap = _CODE.search(text, position)
    return gap.start() if gap else None


def end_of_statement(text: str, file: str, begin: int) -> int:
    """Where the semicolon of the statement at ``begin`` stands; the end of ``text`` where there is none."""
    brackets, blocks, previous = 0, 0, ""
    for token in tokens(text, file, begin):
        if token.kind == "comment":
            continue
        if token.text == ";" and brackets == 0 and blocks == 0:
            return token.start
        brackets = max(0, brackets + {"(": 1, ")": -1}.get(token.text, 0))
        word = token.text.upper() if token.kind == "word" else ""
        if word == "ATOMIC" and previous == "BEGIN":  # a function body in standard SQL holds semicolons
            blocks += 1
        elif blocks and word in ("CASE", "END"):
            blocks += 1 if word == "CASE" else -1
        previous = word
    return len(text)


def placeholders(sql: str, file: str = "") -> list[str]:
    """The distinct ``:name`` placeholders in order of first use."""
    return list(dict.fromkeys(token.text[1:] for token in tokens(sql, file) if token.kind == "name"))


def numbered(sql: str, types: dict[str, str]) -> tuple[str, list[str]]:
    """Turn ``:name`` into ``$n::type``; return the statement and the names in the order of their numbers."""
    names = placeholders(sql)
    parts, position = [], 0
    for token in tokens(sql, ""):
        if token.kind == "name":
            name = token.text[1:]
            parts += [sql[position : token.start], f"${names.index(name) + 1}::{types[name]}"]
            position = token.end
    return "".join([*parts, sql[position:]]), names


def fill_in(text: str, values: Mapping[str, str], file: str) -> str:
    """Replace ``:name`` by the SQL literal in ``values``; names it does not hold stay as they are."""
    parts, position = [], 0
    for token in tokens(text, file):
        if token.kind == "name" and token.text[1:] in values:
            parts += [text[position : token.start], values[token.text[1:]]]
            position = token.end
    return "".join([*parts, text[position:]])


# --------------------------------------------------------------------------------------------------- headers
def read_text(file: Path) -> str:
    """The text of a workload's file, which has to be UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise WorkloadError(f"{file.name}: not UTF-8 text (byte {error.start})") from None


def words(text: str) -> tuple[str, ...]:
    """Split a header's list at commas and spaces."""
    return tuple(part for part in re.split(r"[,\s]+", text) if part)


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """One ``-- key: value`` of a header; continuation lines are part of ``value``."""

    key: str
    value: str
    line: int


_KEY = re.compile(r"^-- (param [^:]+|[a-z][\w -]*?):\s*(.*)$")
"""Types have brackets, dots and quotes: ``-- param tags text[]: …``."""
_MORE = re.compile(r"^-- {2,}(\S.*)$")


def header(lines: Sequence[str], first_line: int) -> tuple[list[HeaderLine], int]:
    """Read ``-- key: value`` lines from the top; return them and how many lines they took.

    A line that begins with ``--`` and two or more spaces continues the value above it. The header ends at the first
    line that is neither.
    """
    found: list[HeaderLine] = []
    for index, line in enumerate(lines):
        if match := _KEY.match(line):
            found.append(HeaderLine(match[1], match[2].strip(), first_line + index))
        elif found and (more := _MORE.match(line)):
            last = found[-1]
            found[-1] = HeaderLine(last.key, f"{last.value} {more[1].strip()}".strip(), last.line)
        elif line.strip() or found:
            return found, index
    return found, len(lines)

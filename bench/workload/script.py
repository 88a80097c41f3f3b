"""A psql script taken apart: statements, the rows of COPY blocks, and the commands of psql itself.

pg_dump's plain files are such scripts. What psql does with a line is in its manual under "Meta-Commands" and, for
COPY, "COPY FROM STDIN": the rows follow the statement, up to a line of a backslash and a dot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bench.model import Statement
from bench.workload import sqlfile

_FROM_STDIN = re.compile(r"\s*COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
_COMMAND = re.compile(r"\\(?P<name>[a-zA-Z]+|[^\s\w])(?P<argument>[^\n]*)")
_SENDS = re.compile(r"\\(?:g\w*|crosstabview|watch)\b")
"""Commands that end a statement in place of its semicolon, and do something with what it gave."""
_END_OF_ROWS = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rows:
    """A COPY statement with the rows that follow it, as text, each with its line end."""

    statement: Statement
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A line for psql itself: ``\\connect app`` has the name ``connect`` and the argument ``app``."""

    name: str
    argument: str
    line: int
    statement: Statement | None = None
    """What it ends, where it stands in place of a semicolon (``SELECT … \\gexec``)."""


Piece = Statement | Rows | Command


def pieces(text: str, file: str) -> Iterator[Piece]:
    """Yield what a script holds, in its order; statements without their semicolons.

    Raises:
        WorkloadError: a string, comment or dollar quote is never closed (``file``:line).
    """
    position, line, counted = 0, 1, 0
    while (begin := sqlfile.next_statement(text, file, position)) is not None:
        line, counted = line + text.count("\n", counted, begin), begin
        if command := _COMMAND.match(text, begin):
            yield Command(command["name"], command["argument"].strip(), line)
            position = command.end()
            continue
        end = sqlfile.end_of_statement(text, file, begin)
        if (sends := _sends(text, file, begin, end)) is not None:
            command = _COMMAND.match(text, sends)
            assert command
            statement = Statement(text[begin:sends].rstrip(), line)
            line_there = line + text.count("\n", begin, sends)
            yield Command(command["name"], command["argument"].strip(), line_there, statement)
            position = command.end()
            continue
        statement, position = Statement(text[begin:end].rstrip(), line), end + 1
        if _FROM_STDIN.match(statement.sql):
            start = text.find("\n", end) + 1 or len(text)
            stop = _END_OF_ROWS.search(text, start)
            position = stop.end() if stop else len(text)
            yield Rows(statement, text[start : stop.start() if stop else position])
        elif statement.sql:
            yield statement


def _sends(text: str, file: str, begin: int, end: int) -> int | None:
    """Where in a statement a command stands that ends it."""
    if _SENDS.search(text, begin, end):
        position = begin
        for token in sqlfile.tokens(text[:end], file, begin):
            if token.kind in ("comment", "string", "ident"):
                if found := _SENDS.search(text, position, token.start):
                    return found.start()
                position = token.end
        if found := _SENDS.search(text, position, end):
            return found.start()
    return None

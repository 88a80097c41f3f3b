"""SQL as text for a script: what is outside of comments and brackets, and how to quote it for server and psql."""

from __future__ import annotations

import re

from bench.workload import sqlfile

_IDENTIFIER = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
NAME = rf"{_IDENTIFIER}"
QUALIFIED = rf"{_IDENTIFIER}(?:\s*\.\s*{_IDENTIFIER}){{0,2}}"
BACKSLASH = "\\"
GAP = r'(?:\s+|(?=")|(?<="))'
"""What is between a keyword and a name: nothing is needed where the name is quoted."""


def without_comments(sql: str) -> str:
    """The statement with comments blanked: positions stay what they are."""
    parts, position = [], 0
    for token in sqlfile.tokens(sql, ""):
        blank = " " * (token.end - token.start)
        parts += [sql[position : token.start], blank if token.kind == "comment" else token.text]
        position = token.end
    return "".join([*parts, sql[position:]])


def outer(sql: str) -> str:
    """The statement with comments, quoted things and all that is in brackets blanked: positions stay what they are."""
    parts, position, depth = [], 0, 0
    for token in sqlfile.tokens(sql, ""):
        gap = sql[position : token.start]
        parts.append(gap if depth == 0 else " " * len(gap))
        if token.text == ")":
            depth = max(0, depth - 1)
        shown = depth == 0 and token.kind not in ("comment", "string", "ident")
        parts.append(token.text if shown else " " * len(token.text))
        if token.text == "(":
            depth += 1
        position = token.end
    return "".join([*parts, sql[position:]])


def split_at_commas(sql: str) -> list[str]:
    """The parts between commas that stand in no brackets."""
    cuts = [match.start() for match in re.finditer(",", outer(sql))]
    return [sql[a:b].strip() for a, b in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(sql)], strict=True)]


def name_of(written: str) -> str:
    """A name as it was written, without spaces around its dots."""
    return ".".join(re.findall(_IDENTIFIER, written))


def folded(written: str) -> str:
    """A name as the server knows it, to compare two of them."""
    parts = re.findall(_IDENTIFIER, written)
    return ".".join(part[1:-1].replace('""', '"') if part[0] == '"' else part.lower() for part in parts)


def literal(text: str) -> str:
    """A string literal, for a session with standard_conforming_strings."""
    return "'" + text.replace("'", "''") + "'"


def value_literal(value: str | None) -> str:
    """A value for psql: with E a backslash means the same whatever standard_conforming_strings says."""
    if value is None:
        return "NULL"
    quoted = literal(value)
    return f"E{quoted.replace(BACKSLASH, 2 * BACKSLASH)}" if BACKSLASH in value else quoted


def dollar_quoted(body: str, tag: str) -> str:
    """``body`` in dollar quotes that it does not hold itself."""
    while f"${tag}$" in body:
        tag += "_"
    return f"${tag}$\n{body.rstrip()}\n${tag}$"


def for_psql(sql: str) -> str:
    """The statement as psql has to read it: no colon names a variable of psql, and the semicolon is in no comment."""
    parts, position = [], 0
    for token in sqlfile.tokens(sql, ""):
        gap = sql[position : token.start]
        parts += [gap.replace(":", r"\:"), f"\\{token.text}" if token.kind == "name" else token.text]
        position = token.end
    return "".join([*parts, sql[position:].replace(":", r"\:")]).rstrip() + semicolon(sql)


def semicolon(sql: str) -> str:
    """What ends the statement: a semicolon, on a line of its own where a comment at the end would swallow it."""
    last = None
    for token in sqlfile.tokens(sql, ""):
        last = token
    swallowed = last and last.kind == "comment" and last.text.startswith("--") and not sql[last.end :].strip()
    return "\n;" if swallowed else ";"


def said(text: str) -> str:
    r"""An argument of ``\echo`` in which psql finds neither variables nor commands."""
    return "'" + one_line(text).replace("\\", "\\\\").replace("'", "''") + "'"


def one_line(text: str) -> str:
    """Text for a comment, which a line break would end."""
    return " ".join(text.split())

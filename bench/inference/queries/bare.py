"""Bare SQL files: statements without a header, under the names that query libraries give them, or ones of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.errors import WorkloadError
from bench.inference.queries import names
from bench.inference.queries.placeholders import placed
from bench.model import Query
from bench.workload import sqlfile
from bench.workload.queries import read_query
from bench.workload.text import read_text

KEYS = {"title", "asks", "weight", "expects", "param", "class", "why"}
"""Header keys that a statement may have above it, without a whole header."""


@dataclass(frozen=True, slots=True)
class BareQuery:
    """One statement as it was found, its parameters written ``:name``; what is not known of it yet is empty."""

    name: str
    sql: str
    file: str
    line: int
    title: str = ""
    asks: str = ""
    positional: frozenset[str] = frozenset()
    """Parameters that had only a place, and get a name when it is known what they are compared with."""
    types: dict[str, str] = field(default_factory=dict)
    """Of parameters, where the text says so."""
    header: tuple[sqlfile.HeaderLine, ...] = ()
    """Lines of a header of ours that stand above it: they win."""
    query: Query | None = None
    """Of a file with a whole header of ours: it is taken as it is."""
    refused: str = ""
    """Why it can be no query, where that shows in the text."""


@dataclass(frozen=True, slots=True)
class _Found:
    comment: str
    sql: str
    line: int
    name: str
    dashes: bool


def read_bare(path: Path, encoding: str = "") -> list[BareQuery]:
    """Read the statements of a file, or of all ``.sql`` files below a folder, in the order of their names.

    Raises:
        WorkloadError: nothing is there, a file is no text, a quote is never closed, or a whole header is wrong.
    """
    files = sorted(path.rglob("*.sql")) if path.is_dir() else [path]
    if not files or not path.exists():
        raise WorkloadError(f"{path}: no .sql file there", hint="give a file of SQL statements, or a folder of them")
    root = path if path.is_dir() else path.parent
    found: list[BareQuery] = []
    for file in files:
        for one in _of_file(file, root, encoding):
            name = names.unique(one.name, (other.name for other in found))
            query = replace(one.query, name=name) if one.query else None
            found.append(replace(one, name=name, title=one.title or names.title(name), query=query))
    if not found:
        raise WorkloadError(f"{path}: holds no statement")
    return found


def bare_in(file: Path, root: Path) -> BareQuery:
    """The one statement of a bare file of a workload's ``queries/``, under the name of its file.

    Raises:
        WorkloadError: a quote is never closed.
    """
    (one,) = _of_file(file, root, "")
    return replace(one, name=file.stem, title=one.title or names.title(file.stem))


def _of_file(file: Path, root: Path, encoding: str) -> list[BareQuery]:
    text = read_text(file, encoding)
    where = file.relative_to(root).as_posix()
    head, _ = sqlfile.header(text.splitlines(), 1)
    if {"title", "asks"} <= {entry.key for entry in head}:
        query = read_query(file, root)
        return [BareQuery(query.name, query.sql, where, query.line, query.title, query.asks, query=query)]
    found = list(_statements(text, where))
    return [_bare(one, where, names.snake(file.stem) if len(found) == 1 else "") for one in found]


def _bare(found: _Found, where: str, stem: str) -> BareQuery:
    header = tuple(entry for entry in _header(found) if entry.key.split()[0] in KEYS)
    said = {entry.key: entry.value for entry in header}
    place = f"{where}:{found.line}"
    try:
        text = placed(found.sql, place, dashes=found.dashes, spread=_spread(found.comment))
    except WorkloadError as error:
        return BareQuery(names.snake(found.name or stem), found.sql, where, found.line, refused=error.message)
    name = names.snake(found.name) if found.name else stem
    return BareQuery(
        name=name or names.described(plain(text.sql)) or names.snake(Path(where).stem),
        sql=text.sql,
        file=where,
        line=found.line,
        title=said.get("title", ""),
        asks=said.get("asks", "") or _prose(found.comment),
        positional=text.positional,
        types=dict(text.types),
        header=header,
    )


def plain(sql: str) -> str:
    """The statement with ``$n`` for its ``:name``, without casts."""
    known = sqlfile.placeholders(sql)
    return sqlfile.fill_in(sql, {name: f"${number}" for number, name in enumerate(known, 1)}, "")


def _header(found: _Found) -> list[sqlfile.HeaderLine]:
    """Lines of a header of ours in the comment above a statement, wherever it begins in it."""
    lines = found.comment.splitlines()
    first = found.line - len(lines)
    for number, line in enumerate(lines):
        if re.match(r"-- (title|asks|weight|expects|param \w+ .+|class \w+|why \w+):", line):
            return sqlfile.header(lines[number:], first + number)[0]
    return []


def _spread(comment: str) -> dict[str, list[str]]:
    """PgTyped's ``@param rows -> ((a, b)...)`` and ``@param row -> (a, b)``: names to fields."""
    found = re.findall(r"@param\s+(\w+)\s*->\s*\(+\s*(\w[\w!,\s]*)\)", comment)
    return {name: [field.strip(" !\n") for field in fields.split(",")] for name, fields in found}


def _prose(comment: str) -> str:
    """What a comment says in words: without marks, keys and annotations."""
    lines = []
    for line in re.sub(r"/\*+|\*/", "", comment).splitlines():
        words = re.sub(r"^\s*(?:--|\*)?\s*(?::doc\s+)?", "", line).strip()
        annotated = re.match(r"@\w|:\w|name\s*:|(title|weight|expects|param \w+ .+|class \w+|why \w+):", words)
        if words and not annotated and re.search(r"\w{2}", words):
            lines.append(words)
    return " ".join(lines)[:300]


# ------------------------------------------------------------------------------------------------------ statements
def _statements(text: str, where: str) -> Iterator[_Found]:
    """The statements of a file with the comments above them, cut at semicolons and at marks that give a name."""
    comments = (token for token in sqlfile.tokens(text, where) if token.kind == "comment")
    cuts = [(0, ""), *((one.start, name) for one in comments if (name := names.marked(one.text)))]
    for (begin, name), (end, _) in zip(cuts, [*cuts[1:], (len(text), "")], strict=True):
        yield from _pieces(text[begin:end], where, text.count("\n", 0, begin) + 1, name)


def _pieces(text: str, where: str, first_line: int, name: str) -> Iterator[_Found]:
    dashes = "-" in name or bool(re.match(r"\s*--\s*:name", text))
    position = 0
    while (begin := sqlfile.next_statement(text, where, position)) is not None:
        if text[begin] == "\\":  # a command of psql
            position = text.find("\n", begin) + 1 or len(text)
            continue
        end = sqlfile.end_of_statement(text, where, begin)
        sql = _without_comments_behind(text[begin:end], where)
        if sql:
            yield _Found(text[position:begin], sql, first_line + text.count("\n", 0, begin), name, dashes)
            name = ""  # of the one below the mark; what follows is named by what it does
        position = end + 1


def _without_comments_behind(sql: str, where: str) -> str:
    """The statement without the comments that follow it, where no semicolon ended it."""
    position = end = 0
    for token in sqlfile.tokens(sql, where):
        if gap := sql[position : token.start].rstrip():
            end = position + len(gap)
        position = token.end
        if token.kind != "comment":
            end = token.end
    tail = sql[position:].rstrip()
    return sql[: position + len(tail)] if tail.strip() else sql[:end]

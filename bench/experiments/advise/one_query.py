"""A statement in a file of its own, asked beside a workload: for a pull request that brings it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from bench.errors import WorkloadError
from bench.model import Query
from bench.syntax.tree import Node, NotParsed, parse, statement, writes
from bench.workload import Workload, sqlfile
from bench.workload.queries import read_query

_NUMBERED = re.compile(r"\$\d")


def with_query(workload: Workload, file: Path) -> tuple[Workload, str]:
    """The workload with the query of ``file``, and its name: one that it has, or one that is read now.

    A file without a header holds one statement with its values in it.

    Raises:
        WorkloadError: the file is no query (file:line).
    """
    name = file.stem
    if file.resolve() == (workload.root / "queries" / file.name).resolve():
        return workload, name
    query = _read(file.resolve())
    others = tuple(one for one in workload.queries if one.name != name)
    return replace(workload, queries=(*others, query)), name


def _read(file: Path) -> Query:
    lines = sqlfile.read_text(file).splitlines()
    head, taken = sqlfile.header(lines, 1)
    if any(entry.key == "title" for entry in head):
        return read_query(file, file.parent)
    statements = sqlfile.split("\n".join(lines[taken:]), file.name, 1 + taken)
    if len(statements) != 1:
        raise WorkloadError(f"{file.name}: {len(statements)} statements", hint="give one statement in a file")
    sql = statements[0].sql.strip().rstrip(";")
    if sqlfile.placeholders(sql) or _NUMBERED.search(sql):
        hint = "write them into the statement, or give it a header: docs/own-workload.md"
        raise WorkloadError(f"{file.name}:{statements[0].line}: the values of its parameters are not known", hint=hint)
    return Query(
        name=file.stem, title=file.stem, asks="", tables=(), parameters=(), classes=(), extra_classes={}, expects=(),
        writes=writes(_tree(sql), sql), cross_tenant="", sql=sql, line=statements[0].line, file=file.name,
    )  # fmt: skip


def _tree(sql: str) -> Node | None:
    try:
        return statement(parse(sql))
    except NotParsed:  # the server says what is wrong with it
        return None

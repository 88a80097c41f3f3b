"""Injection files: a header of comment lines, then what makes the head arm of a gate worse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar, get_args

from bench.errors import WorkloadError
from bench.model import CaughtBy, Injection, InjectionKind, Query, Statement
from bench.workload import sqlfile

_INJECTION_KEYS = {"injection", "kind", "query", "rows", "caught-by", "why"}
_INJECTION_NEEDS = ("injection", "kind", "caught-by", "why")

_KINDS: dict[str, InjectionKind] = {kind: kind for kind in get_args(InjectionKind)}
_WITNESSES: dict[str, CaughtBy] = {word: word for word in get_args(CaughtBy) if word != "unknown"}
_ROWS = {"same": True, "other": False}

T = TypeVar("T")

_SET = re.compile(r"SET\s+([A-Za-z_][\w.]*)\s*(?:=|\s+TO\s)\s*(.+)", re.IGNORECASE | re.DOTALL)


def read_injections(root: Path, queries: Sequence[Query]) -> tuple[Injection, ...]:
    """Read the folder ``injections/`` of a workload; nothing where there is none.

    It is no part of the experiment: what the gate tests itself by changes neither dataset nor run.

    Raises:
        WorkloadError: a file is wrong; the message names file and line.
    """
    return tuple(read_injection(file, root, queries) for file in sorted((root / "injections").glob("*.sql")))


def read_injection(file: Path, root: Path, queries: Sequence[Query]) -> Injection:
    """Read one file of ``injections/``."""
    where = file.relative_to(root).as_posix()
    lines = sqlfile.read_text(file).splitlines()
    values, at, taken = _header(lines, where)
    kind = _one_of(_KINDS, values, at, "kind", where)
    named = _queries(values.get("query", ""), queries, f"{where}:{at.get('query', 1)}")
    statements = tuple(sqlfile.split("\n".join(lines[taken:]), where, taken + 1))
    if not statements:
        raise WorkloadError(f"{where}:{taken + 1}: no statement here")
    settings: dict[str, str] = {}
    sql, same_rows = "", True
    if kind == "settings":
        settings = dict(_setting(statement, where) for statement in statements)
    elif kind == "query":
        sql = _replacement(statements, named, where)
        same_rows = _one_of(_ROWS, {"rows": "same"} | values, at, "rows", where)
    if kind != "query" and "rows" in values:
        raise WorkloadError(f"{where}:{at['rows']}: 'rows' is for an injection of the kind query")
    return Injection(
        name=file.stem,
        title=values["injection"],
        kind=kind,
        queries=tuple(query.name for query in named),
        caught_by=_one_of(_WITNESSES, values, at, "caught-by", where),
        why=values["why"],
        statements=statements if kind == "database" else (),
        settings=settings,
        sql=sql,
        same_rows=same_rows,
        file=where,
        line=statements[0].line,
    )


def _header(lines: Sequence[str], where: str) -> tuple[dict[str, str], dict[str, int], int]:
    """The values of the header, the lines on which they stand, and how many lines it took."""
    head, taken = sqlfile.header(lines, 1)
    for entry in head:
        if entry.key not in _INJECTION_KEYS:
            known = ", ".join(sorted(_INJECTION_KEYS))
            raise WorkloadError(f"{where}:{entry.line}: unknown header key '{entry.key}'", hint=f"known keys: {known}")
    values = {entry.key: entry.value for entry in head}
    for key in _INJECTION_NEEDS:
        if not values.get(key):
            raise WorkloadError(f"{where}:1: the header has no '-- {key}:' line")
    return values, {entry.key: entry.line for entry in head}, taken


def _one_of(known: dict[str, T], values: dict[str, str], at: dict[str, int], key: str, where: str) -> T:
    if values[key] not in known:
        raise WorkloadError(f"{where}:{at[key]}: unknown {key} '{values[key]}'", hint=f"known: {', '.join(known)}")
    return known[values[key]]


def _queries(text: str, queries: Sequence[Query], where: str) -> list[Query]:
    known = {query.name: query for query in queries}
    for name in sqlfile.words(text):
        if name not in known:
            raise WorkloadError(f"{where}: no query '{name}'", hint="give the name of a file in queries/, without .sql")
    return [known[name] for name in sqlfile.words(text)]


def _setting(statement: Statement, where: str) -> tuple[str, str]:
    match = _SET.fullmatch(statement.sql)
    if not match:
        raise WorkloadError(f"{where}:{statement.line}: not a setting", hint="write SET name = value;")
    name, value = match[1].lower(), match[2].strip()
    return name, value[1:-1].replace("''", "'") if value[:1] == "'" else value


def _replacement(statements: Sequence[Statement], names: list[Query], where: str) -> str:
    """The statement that takes the place of a query's own, which has to bind the same parameters."""
    if len(names) != 1:
        hint = "add '-- query: NAME' with one name"
        raise WorkloadError(f"{where}:1: an injection of the kind query replaces the text of one query", hint=hint)
    if len(statements) > 1:
        raise WorkloadError(f"{where}:{statements[1].line}: a second statement; a query has one")
    found, wanted = (
        set(sqlfile.placeholders(statements[0].sql, where)),
        set(sqlfile.placeholders(names[0].text("after"))),
    )
    for name in sorted(found ^ wanted):
        problem = "missing" if name in wanted else "unknown"
        raise WorkloadError(
            f"{where}:{statements[0].line}: parameter :{name} is {problem}",
            hint=f"{names[0].name} binds {', '.join(f':{name}' for name in sorted(wanted)) or 'none'}",
        )
    return statements[0].sql

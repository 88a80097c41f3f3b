"""Query files and write statements: a header of comment lines, one statement, optionally a query's rewrite."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from bench.errors import WorkloadError
from bench.model import Parameter, Query, Rewrite, Statement
from bench.workload import sqlfile

_QUERY_KEYS = {
    "title",
    "asks",
    "tables",
    "classes",
    "writes",
    "cross-tenant",
    "expects",
    "expected",
    "weight",
    "unique",
}
_QUERY_NEEDS = ("title", "asks")
_WRITE_KEYS = {"title", "asks", "tables", "param"}
_WRITE_WORDS = {"INSERT", "UPDATE", "DELETE", "MERGE"}
"""One of them stands in every statement that writes; whether it does is seen when it runs."""

ROUND = "round"
"""The parameter of write statements that pgproof gives: 0 where executions are compared, 1, 2… where they add up."""


def read_write(file: Path, root: Path) -> Query:
    """Read one file of ``writes/``: a query that writes, without what only a question has."""
    where = file.relative_to(root).as_posix()
    head, _ = sqlfile.header(sqlfile.read_text(file).splitlines(), 1)
    for entry in head:
        if entry.key.partition(" ")[0] not in _WRITE_KEYS:
            hint = "known keys: asks, param NAME TYPE, tables, title"
            raise WorkloadError(f"{where}:{entry.line}: unknown header key '{entry.key}'", hint=hint)
        if entry.key.split()[:2] == ["param", ROUND]:
            hint = "remove the line and use :round, a bigint"
            raise WorkloadError(f"{where}:{entry.line}: pgproof itself gives the parameter {ROUND}", hint=hint)
    query = read_query(file, root, given=(Parameter(ROUND, "bigint", "0"),))
    if query.rewrite:
        raise WorkloadError(f"{where}:{query.rewrite.line - 1}: a write statement has no rewrite")
    words = {token.text.upper() for token in sqlfile.tokens(query.sql, where) if token.kind == "word"}
    if not words & _WRITE_WORDS:
        hint = "writes/ is for INSERT, UPDATE, DELETE and MERGE; put questions into queries/"
        raise WorkloadError(f"{where}:{query.line}: this statement does not write", hint=hint)
    return replace(query, writes=True)


def read_any_query(file: Path, root: Path) -> Query:
    """Read one file of ``queries/``, with a header or bare: without title, question and rewrite.

    Of a bare one no more is known here than what its text says: it has no title, and its statement stands as it was
    found. The rest is found out on a filled database (``bench.dataset.describing``).
    """
    where = file.relative_to(root).as_posix()
    lines = sqlfile.read_text(file).splitlines()
    head, taken = sqlfile.header(lines, 1)
    said = {entry.key: entry.value for entry in head}
    body, rewrite = _body(lines, taken, where)
    if rewrite or not said.keys().isdisjoint(_QUERY_NEEDS):
        return read_query(file, root)
    return Query(
        name=file.stem, title="", asks="", tables=(), parameters=(), classes=(), extra_classes={},
        expects=sqlfile.words(said.get("expects", "")), writes=False, cross_tenant="", sql=body.sql, line=body.line,
        file=where, expected=said.get("expected", ""), weight=_weight(said.get("weight", "1"), where),
    )  # fmt: skip


def read_query(file: Path, root: Path, *, given: tuple[Parameter, ...] = ()) -> Query:
    """Read one file with a whole header; parameters in ``given`` need no declaration."""
    where = file.relative_to(root).as_posix()
    lines = sqlfile.read_text(file).splitlines()
    head, taken = sqlfile.header(lines, 1)
    body, rewrite = _body(lines, taken, where)
    values: dict[str, str] = {}
    parameters: list[Parameter] = []
    extra: dict[str, str] = {}
    reasons: dict[str, str] = {}
    invariants: dict[str, str] = {}
    for entry in head:
        kind, _, rest = entry.key.partition(" ")
        if kind == "param" and len(rest.split(None, 1)) == 2:
            name, type_name = rest.split(None, 1)
            parameters.append(Parameter(name, type_name, entry.value))
        elif kind == "class" and rest:
            extra[rest.strip()] = entry.value.rstrip(";")
        elif kind == "why" and rest:
            reasons[rest.strip()] = entry.value
        elif kind == "invariant" and rest:
            invariants[rest.strip()] = _invariant(entry, where)
        elif entry.key in _QUERY_KEYS:
            values[entry.key] = entry.value
        else:
            known = ", ".join([*sorted(_QUERY_KEYS), "param NAME TYPE", "class NAME", "why NAME", "invariant NAME"])
            raise WorkloadError(f"{where}:{entry.line}: unknown header key '{entry.key}'", hint=f"known keys: {known}")
    for key in _QUERY_NEEDS:
        if not values.get(key):
            raise WorkloadError(f"{where}:1: the header has no '-- {key}:' line")
    for name in reasons:
        if name not in extra:
            hint = f"name one of: {', '.join(extra) or 'none'}; dataset/classes.sql says why of its own"
            raise WorkloadError(f"{where}:1: a '-- why {name}:' line, but no '-- class {name}:'", hint=hint)
    rewritten = rewrite.sql if rewrite else ""
    used = {*sqlfile.placeholders(body.sql, where), *sqlfile.placeholders(rewritten, where)}
    parameters += [parameter for parameter in given if parameter.name in used]
    query = Query(
        name=file.stem,
        title=values["title"],
        asks=values["asks"],
        tables=sqlfile.words(values.get("tables", "")),
        parameters=tuple(parameters),
        classes=sqlfile.words(values.get("classes", "")),
        extra_classes=extra,
        expects=sqlfile.words(values.get("expects", "")),
        writes=values.get("writes", "no").lower() in ("yes", "true"),
        cross_tenant=values.get("cross-tenant", ""),
        sql=body.sql,
        line=body.line,
        file=where,
        rewrite=rewrite,
        expected=values.get("expected", ""),
        class_reasons=reasons,
        weight=_weight(values.get("weight", "1"), where),
        unique=sqlfile.words(values.get("unique", "")),
        invariants=invariants,
    )
    _check_parameters(query, where)
    return query


def _weight(text: str, where: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        hint = "a whole number from 0 (not in the load) up; 1 where the line is missing"
        raise WorkloadError(f"{where}:1: '-- weight: {text}' is no weight", hint=hint)
    return int(text)


def _invariant(entry: sqlfile.HeaderLine, where: str) -> str:
    found = sqlfile.split(entry.value, where, entry.line)
    if len(found) != 1 or not re.match(r"(SELECT|WITH|VALUES|TABLE)\b", found[0].sql, re.IGNORECASE):
        raise WorkloadError(f"{where}:{entry.line}: an invariant is one SELECT")
    if names := sqlfile.placeholders(found[0].sql, where):
        hint = "it looks at all rows, whatever the parameters were"
        raise WorkloadError(
            f"{where}:{entry.line}: an invariant has no parameters, and this one has :{names[0]}", hint=hint
        )
    return found[0].sql


def sections(
    file: Path, where: str
) -> tuple[list[sqlfile.HeaderLine], Statement | None, Rewrite | None]:  # fmt: skip
    """The header, the statement and the rewrite of a file that may lack any of them."""
    lines = sqlfile.read_text(file).splitlines()
    cut = next((number for number, line in enumerate(lines) if line.startswith("-- rewrite:")), len(lines))
    head, taken = sqlfile.header(lines[:cut], 1)
    if sqlfile.split("\n".join(lines[taken:cut]), where):
        return head, *_body(lines, taken, where)
    if cut == len(lines):
        return head, None, None
    return head, None, _rewrite(lines, cut, where)


def _rewrite(lines: list[str], cut: int, where: str) -> Rewrite:
    other = _one_statement("\n".join(lines[cut + 1 :]), where, cut + 2)
    return Rewrite(lines[cut].partition(":")[2].strip(), other.sql, other.line)


def _body(lines: list[str], taken: int, where: str) -> tuple[Statement, Rewrite | None]:
    marks = [i for i in range(taken, len(lines)) if lines[i].startswith("-- rewrite:")]
    if len(marks) > 1:
        raise WorkloadError(f"{where}:{marks[1] + 1}: a second '-- rewrite:' line; a query has one rewrite at most")
    cut = marks[0] if marks else len(lines)
    body = _one_statement("\n".join(lines[taken:cut]), where, taken + 1)
    return body, _rewrite(lines, cut, where) if marks else None


def _one_statement(text: str, where: str, first_line: int) -> Statement:
    found = sqlfile.split(text, where, first_line)
    if not found:
        raise WorkloadError(f"{where}:{first_line}: no statement here")
    if len(found) > 1:
        raise WorkloadError(
            f"{where}:{found[1].line}: a second statement; a query file holds one",
            hint="put the other statement into a file of its own, or after a '-- rewrite: NAME' line",
        )
    return found[0]


def _check_parameters(query: Query, where: str) -> None:
    declared = [parameter.name for parameter in query.parameters]
    for statement, line in [(query.sql, query.line)] + (
        [(query.rewrite.sql, query.rewrite.line)] if query.rewrite else []
    ):
        for name in sqlfile.placeholders(statement, where):
            if name not in declared:
                hint = f"add '-- param {name} TYPE: SOURCE' to the header"
                raise WorkloadError(f"{where}:{line}: parameter :{name} is not declared", hint=hint)
    used = set(sqlfile.placeholders(query.sql)) | set(sqlfile.placeholders(query.rewrite.sql if query.rewrite else ""))
    for parameter in query.parameters:
        used |= set(sqlfile.placeholders(parameter.source))
    for name in query.unique:
        if name not in declared:
            raise WorkloadError(f"{where}:1: '-- unique: {name}', but no parameter of that name")
    for name in declared:
        if name not in used:
            raise WorkloadError(f"{where}:1: parameter {name} is declared but not used", hint="remove its param line")

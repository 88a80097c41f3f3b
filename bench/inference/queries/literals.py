"""Constants in a statement that somebody copied with the values of one call in it: which of them are parameters.

What names a row (a key, a reference, a UUID) or a moment is one: it was different in each call. So is a text that is
looked for, and any value that no row has. What belongs to the statement stays: enums, booleans, values of a CHECK's
list, words of a column with few of them, numbers that are limits (``price > 100``, ``LIMIT 20``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg
from psycopg import sql as composed

from bench.inference.queries.placeholders import masked
from bench.inference.queries.surroundings import Surroundings
from bench.inference.queries.uses import Use, analyse
from bench.postgres import catalog
from bench.syntax.tree import NotParsed, kind, parse, statement, walk
from bench.workload import sqlfile

FEW = 200
"""Distinct values of a column whose values are words of the application: above it they are data."""

MOST = 12
"""Constants of one statement that are made parameters: a list of a hundred ids stays one."""

SEVERAL = 2
"""Constants that make a list."""

_IN = re.compile(r"\b(NOT\s+)?IN\s*\(\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"-?\s*\d[\d.]*(?:[eE][+-]?\d+)?")
_CLOCKS = re.compile(
    r"\b(?:(now|transaction_timestamp|statement_timestamp|clock_timestamp)\s*\(\s*\)"
    r"|(CURRENT_TIMESTAMP|CURRENT_DATE|LOCALTIMESTAMP)\b(?:\s*\(\s*\d\s*\))?)",
    re.IGNORECASE,
)
_AS = {"CURRENT_DATE": "::date", "LOCALTIMESTAMP": "::timestamp"}


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of a statement, where it stands in its text."""

    text: str
    """As it is written."""
    start: int
    end: int
    around: str = "{}"
    """What is to stand in its place, around the parameter."""


def constants(sql: str) -> list[Constant]:
    """The strings and numbers of a statement (parameters as ``$n``) in the order of its text."""
    encoded = sql.encode()
    found = []
    for node in walk(statement(parse(sql))):
        if kind(node) == "A_Const" and node.WhichOneof("val") in ("ival", "fval", "sval") and node.location >= 0:
            start = len(encoded[: node.location].decode())
            if sql[start] == "'":
                end = next(token.end for token in sqlfile.tokens(sql, "", start))
            elif number := _NUMBER.match(sql, start):
                end = number.end()
            else:
                continue
            found.append(Constant(sql[start:end], start, end))
    return sorted({one.start: one for one in found}.values(), key=lambda one: one.start)


def with_parameters(sql: str, around: Surroundings) -> tuple[str, dict[str, str]]:
    """The statement (parameters as ``:name``) with ``:constant_1``… for constants that are parameters, and those.

    One that cannot be parsed comes back as it is.
    """
    own = sqlfile.placeholders(sql)
    text = sqlfile.fill_in(sql, {name: f"${number}" for number, name in enumerate(own, 1)}, "")
    try:
        found = constants(text)
        if not found:
            return sql, {}
        marked = _replaced(text, {one: f"${len(own) + place}" for place, one in enumerate(found, 1)})
        analysis = analyse(marked, [], around.relations)
    except NotParsed:
        return sql, {}
    chosen = [one for place, one in enumerate(found, 1) if _is_parameter(one, analysis.main(len(own) + place), around)]
    chosen = _lists(text, found, chosen)
    if not chosen or len(chosen) > MOST:
        return sql, {}
    names = {one: one.around.format(f":constant_{number}") for number, one in enumerate(chosen, 1)}
    replaced = _replaced(text, names)
    back = re.compile(r"(?<![\w$])\$(\d+)")
    parts, position = [], 0
    for mark in back.finditer(masked(replaced)):
        parts += [replaced[position : mark.start()], f":{own[int(mark[1]) - 1]}"]
        position = mark.end()
    return "".join([*parts, replaced[position:]]), {
        f"constant_{number}": one.text for number, one in enumerate(chosen, 1)
    }


def _lists(text: str, found: list[Constant], chosen: list[Constant]) -> list[Constant]:
    """``IN (1, 2, 3)`` as one parameter, ``= ANY (…)``, where all constants of the list are parameters."""
    kept: list[Constant] = []
    runs: list[list[Constant]] = []
    for one in found:
        joined = runs and re.fullmatch(r"\s*,\s*", text[runs[-1][-1].end : one.start])
        runs[-1].append(one) if joined else runs.append([one])
    for run in runs:
        before, behind = _IN.search(text, 0, run[0].start), re.match(r"\s*\)", text[run[-1].end :])
        own = [one for one in run if one in chosen]
        if len(run) < SEVERAL or len(own) < len(run) or not before or not behind:
            kept += own
            continue
        start, end = before.start(), run[-1].end + behind.end()
        kept.append(Constant(text[start:end], start, end, "<> ALL ({})" if before[1] else "= ANY ({})"))
    return kept


def _replaced(text: str, names: dict[Constant, str]) -> str:
    parts, position = [], 0
    for one, name in names.items():
        parts += [text[position : one.start], name]
        position = one.end
    return "".join([*parts, text[position:]])


def _is_parameter(one: Constant, use: Use, around: Surroundings) -> bool:
    category = around.category(use.origin)
    if not category or not use.bare or not use.filters or not use.direct or category in "BE":
        return False
    match use.role:
        case "low" | "high" | "cursor":
            return category == "D" or around.is_reference(use.origin)
        case "pattern" | "regex":
            return True
        case "equal" | "set" | "member" | "contains":
            return category == "D" or around.is_reference(use.origin) or not _is_word(one, use, around)
    return False


def _is_word(one: Constant, use: Use, around: Surroundings) -> bool:
    """Whether it is one of the few values that the column has: part of the application, not of its data."""
    table = around.table(use.origin[0])
    column = around.column(use.origin)
    checks = (*(table.checks if table else ()), *(column.type.checks if column else ()))
    if any(one.text in check.expression and use.origin[1] in (*check.columns, "VALUE") for check in checks):
        return True
    relation = around.relations[use.origin[0]]
    estimated = catalog.rows(
        around.connection, "estimate_distinct", relation.schema, relation.table, use.origin[1]
    )  # fmt: skip
    if use.role == "equal" and any(row["distinct_values"] > FEW for row in estimated):
        return False
    asked = composed.SQL("SELECT EXISTS (SELECT FROM {} WHERE {} {} {})").format(
        composed.Identifier(relation.schema, relation.table),
        composed.Identifier(use.origin[1]),
        composed.SQL("@>" if use.role == "contains" else "="),
        composed.SQL(one.text),  # as it stands in the statement, by PostgreSQL's own grammar
    )
    try:
        with around.connection.transaction():
            around.connection.execute("SET TRANSACTION READ ONLY")
            around.connection.execute("SET LOCAL statement_timeout = '2s'")
            return bool(around.connection.execute(asked).fetchall()[0][0])
    except psycopg.Error as error:
        if error.diag.sqlstate is None:
            raise
        return False


def with_clock(sql: str, name: str) -> str:
    """The statement with ``:name`` in the place of ``now()`` and its like: rows made for one clock meet that clock."""
    parts, position, mask = [], 0, masked(sql)
    for found in _CLOCKS.finditer(mask):
        parts += [sql[position : found.start()], f":{name}{_AS.get((found[2] or '').upper(), '')}"]
        position = found.end()
    return "".join([*parts, sql[position:]])

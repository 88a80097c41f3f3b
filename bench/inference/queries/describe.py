"""From a bare statement to a query of a workload: its parameters by name and type, and where each value comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bench.errors import WorkloadError
from bench.inference.queries import names
from bench.inference.queries.bare import BareQuery, plain
from bench.inference.queries.literals import with_clock, with_parameters
from bench.inference.queries.placeholders import typed_literals
from bench.inference.queries.qualified import qualified
from bench.inference.queries.surroundings import Surroundings
from bench.inference.queries.types import parameter_types
from bench.inference.queries.uses import Analysis, Use, analyse
from bench.model import Parameter, Query
from bench.syntax.tree import NotParsed, kind, walk, writes
from bench.workload import sqlfile
from bench.workload.reach import beyond
from bench.workload.refusals import HINT

CLASS = "class"
"""The source of a parameter whose values the classes of its query give."""

CLOCK = "clock"

PAGE = 20
"""Rows of a page, where LIMIT is a parameter: what lists in applications show."""


_CONSTANTS = (
    (r"(big|small)?int(eger)?$|oid$", "1"),
    (r"numeric|double|real|money", "1"),
    (r"bool", "'true'"),
    (r"interval", "'30 days'"),
    (r"uuid$", "'00000000-0000-0000-0000-000000000000'"),
    (r"jsonb?$", "'{}'"),
    (r"jsonpath$", "'$'"),
    (r"\[\]$", "'{}'"),
    (r"range$", "'empty'"),
    (r"date$|timestamp", "'2026-01-01'"),
    (r"time ", "'12:00'"),
    (r"inet|cidr", "'192.0.2.1'"),
    (r"bytea", "'\\x00'"),
)
"""Type to the value of a parameter that meets no column."""


def describe(around: Surroundings, bare: BareQuery) -> Query:
    """Give a statement what a query file has: types from PREPARE, names from the columns that parameters meet.

    A parameter whose value depends on the rows has the source ``class``; the classes come later (``classes_for``). A
    file with a whole header of ours comes back as it is.

    Raises:
        WorkloadError: the server cannot prepare it; the reason is the server's, with file and line.
    """
    if bare.refused:
        raise WorkloadError(bare.refused)
    given = _Header(bare)
    if not around.cluster_sql:
        _refuse(bare, given)
    if bare.query:  # of what it expects nothing is there: an inferred workload has no optimizations
        return replace(bare.query, expects=(), rewrite=None)
    explained = re.match(r"EXPLAIN\b(\s*\([^)]*\)|(\s+(ANALYZE|VERBOSE)\b)*)\s*", bare.sql, re.IGNORECASE)
    sql = bare.sql[explained.end() :] if explained else bare.sql
    sql = qualified(around.connection, sql)
    sql, constants = with_parameters(sql, around)
    sql, said = typed_literals(sql)
    known = {**bare.types, **dict(said), **given.types}
    clock = ""
    if around.clock:
        clock = names.unique("now", sqlfile.placeholders(sql))
        sql, before = with_clock(sql, clock), sql
        known, clock = (known | {clock: "timestamptz"}, clock) if sql != before else (known, "")
    analysis = _analysed(sql, around)
    types = parameter_types(around.connection, sql, known, _likely(analysis, around), bare.file, bare.line)
    sql, types = _renamed(sql, types, analysis, bare.positional | set(constants))
    parameters = _parameters(sql, types, _analysed(sql, around), clock, given)
    return Query(
        name=bare.name,
        title=given.said.get("title") or bare.title,
        asks=given.said.get("asks") or bare.asks or f"As it stands in {bare.file}:{bare.line}.",
        tables=_tables(analysis, around),
        parameters=parameters,
        classes=(),
        extra_classes=given.classes,
        expects=sqlfile.words(given.said.get("expects", "")),
        writes=writes(analysis.top if analysis else None, sql),
        cross_tenant="",
        sql=sql,
        line=bare.line,
        file=f"queries/{bare.name}.sql",
        class_reasons=given.reasons,
        weight=int(given.said.get("weight", "1")) if given.said.get("weight", "1").isdigit() else 1,
    )


def _refuse(bare: BareQuery, given: _Header) -> None:
    """Nothing is executed that reaches beyond its database, in a header neither."""
    query = bare.query
    own = [*query.extra_classes.values(), *(one.source for one in query.parameters)] if query else []
    for sql in (bare.sql, *given.classes.values(), *given.sources.values(), *own):
        reason, offset = beyond(plain(sql))
        if reason:
            line = bare.line + sql.count("\n", 0, offset)
            raise WorkloadError(f"{bare.file}:{line}: {reason} is refused: it reaches beyond the database", hint=HINT)


class _Header:
    """What lines of a header of ours say, where a statement has some above it."""

    def __init__(self, bare: BareQuery) -> None:
        self.said: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.sources: dict[str, str] = {}
        self.classes: dict[str, str] = {}
        self.reasons: dict[str, str] = {}
        for entry in bare.header:
            word, *rest = entry.key.split(None, 2)
            if word == "param" and len(rest) == 2:
                self.types[rest[0]], self.sources[rest[0]] = rest[1], entry.value
            elif word == "class" and rest:
                self.classes[rest[0]] = entry.value.rstrip(";")
            elif word == "why" and rest:
                self.reasons[rest[0]] = entry.value
            else:
                self.said[entry.key] = entry.value
        self.reasons = {name: why for name, why in self.reasons.items() if name in self.classes}


def _analysed(sql: str, around: Surroundings) -> Analysis | None:
    try:
        return analyse(plain(sql), sqlfile.placeholders(sql), around.relations)
    except NotParsed:  # the server knows a newer grammar than the parser does
        return None


def _likely(analysis: Analysis | None, around: Surroundings) -> dict[str, str]:
    """Of parameters that meet a column its type."""
    found = {}
    for number, name in enumerate(analysis.names if analysis else (), 1):
        relation, column = analysis.main(number).origin if analysis else ("", "")
        if relation in around.relations.by_name and column in around.relations[relation].columns:
            found[name] = around.relations[relation].columns[column].type
    return found


# ------------------------------------------------------------------------------------------------------- parameters
def _renamed(
    sql: str, types: Mapping[str, str], analysis: Analysis | None, nameless: Iterable[str]
) -> tuple[str, dict[str, str]]:
    """Give parameters that had only a place the name of what they meet."""
    known = sqlfile.placeholders(sql)
    taken = set(known) - set(nameless)
    new: dict[str, str] = {}
    for number, name in enumerate(known, 1):
        wanted = name if name in taken or not analysis else _name(analysis.main(number), types[name]) or name
        new[name] = wanted if name in taken else names.unique(wanted, [*taken, *new.values()])
    renamed = sqlfile.fill_in(sql, {old: f":{name}" for old, name in new.items()}, "")
    return renamed, {new[old]: kind for old, kind in types.items()}


def _name(use: Use, type_name: str) -> str:
    column = re.sub(r"\W+", "_", use.origin[1]).strip("_")
    match use.role:
        case "limit" | "offset":
            return f"row_{use.role}" if use.direct else "page"
        case _ if not column or use.role == "other":
            return ""
        case "low":
            return f"{re.sub(r'_at$', '', column)}_from"
        case "high":
            return f"{re.sub(r'_at$', '', column)}_to"
        case "pattern" | "regex" if use.affixes == ("", ""):
            return f"{column}_pattern"
        case "value" if use.level.how == "top" and kind(use.level.node) == "UpdateStmt":
            return f"new_{column}"
        case "set" if type_name.endswith("[]"):
            return f"{column}s" if not column.endswith("s") else f"{column}_list"
    return column if column[0].isalpha() else f"p_{column}"


def _parameters(
    sql: str, types: Mapping[str, str], analysis: Analysis | None, clock: str, given: _Header
) -> tuple[Parameter, ...]:
    found = []
    for number, name in enumerate(sqlfile.placeholders(sql), 1):
        source = given.sources.get(name) or (CLOCK if name == clock else "")
        if not source:
            source = _source(analysis.main(number) if analysis else None, types[name])
        found.append(Parameter(name, types[name], source))
    needed = {one for parameter in found for one in sqlfile.placeholders(parameter.source)}
    more = [Parameter(name, given.types[name], given.sources[name]) for name in given.types if name in needed]
    return (*(one for one in more if one.name not in types), *found)


def _source(use: Use | None, type_name: str) -> str:
    if use and use.role == "limit":
        return str(PAGE)
    if use and use.role == "offset":
        return "0" if use.direct else "1"
    if use and (use.column is not None or use.origin[0]) and use.role != "other":
        return CLASS
    return constant(type_name)


def constant(type_name: str) -> str:
    """A value of that type for a parameter that meets no column, as a header writes it."""
    return next((value for pattern, value in _CONSTANTS if re.search(pattern, type_name)), "'a'")


def _tables(analysis: Analysis | None, around: Surroundings) -> tuple[str, ...]:
    if not analysis:
        return ()
    nodes = [node for node in walk(analysis.top) if kind(node) == "RangeVar"]
    found = [one for node in nodes if (one := around.relations.find(node.schemaname, node.relname))]
    names_of = (one.table if one.visible and one.schema == "public" else one.name for one in found)
    return tuple(dict.fromkeys(names_of))

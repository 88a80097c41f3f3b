"""``distribution.sql``: how the tables of a workload are spread over the nodes of a Citus cluster.

It holds Citus' own calls, so that psql can run it too. They are read with PostgreSQL's grammar and never executed as
they stand: what is made of them is a record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.errors import WorkloadError
from bench.model import DistributedTable, Optimization, Statement
from bench.syntax.tree import Node, NotParsed, inner, kind, parse, statement, walk
from bench.workload import sqlfile

FILE = "distribution.sql"
REFERENCE, DISTRIBUTED = "create_reference_table", "create_distributed_table"
ARGUMENTS = {
    REFERENCE: ("table_name",),
    DISTRIBUTED: ("table_name", "distribution_column", "distribution_type", "colocate_with", "shard_count"),
}
"""The parameters of Citus' functions in their order (its documentation, "Citus Utility Functions")."""
_CREATES = re.compile(r"\s*CREATE\b", re.IGNORECASE)
HINT = (
    f"write SELECT {REFERENCE}('schema.table'); or SELECT {DISTRIBUTED}('schema.table', 'column'); "
    "with literals as arguments"
)


def read_distribution(root: Path) -> tuple[DistributedTable, ...]:
    """Read ``distribution.sql`` of a workload; nothing where there is none. On one server it changes nothing.

    Raises:
        WorkloadError: a statement is none of Citus' two calls, or names a table a second time (file:line).
    """
    file = root / FILE
    if not file.exists():
        return ()
    found: dict[str, DistributedTable] = {}
    for one in sqlfile.split(sqlfile.read_text(file), FILE):
        table = _table(one)
        if first := found.get(table.table):
            raise WorkloadError(f"{FILE}:{one.line}: {table.table} again (first: line {first.line})")
        found[table.table] = table
    if not found:
        raise WorkloadError(f"{FILE}:1: no statement here", hint=HINT)
    return tuple(found.values())


def with_makers(
    tables: tuple[DistributedTable, ...], optimizations: Sequence[Optimization]
) -> tuple[DistributedTable, ...]:
    """The same, each with the optimization that makes it: a rollup is spread when it is there."""
    if not tables:
        return ()
    makers = {name: block.name for block in optimizations for one in block.statements for name in _tables_made(one.sql)}
    return tuple(replace(one, made_by=makers.get(one.table.replace('"', ""), "")) for one in tables)


def _tables_made(text: str) -> Iterator[str]:
    if not _CREATES.match(text):
        return
    try:
        tree = parse(text)
    except NotParsed:  # the server says so, with the place
        return
    for node in walk(tree):
        if kind(node) in ("CreateStmt", "IntoClause"):
            made = node.relation if kind(node) == "CreateStmt" else node.rel
            yield f"{made.schemaname}.{made.relname}" if made.schemaname else str(made.relname)


def _table(one: Statement) -> DistributedTable:
    name, given = _call(one)
    table, column = given.get("table_name"), given.get("distribution_column")
    if not table or not isinstance(table, str):
        raise _wrong(one, "names no table")
    if name == REFERENCE:
        return DistributedTable(table, line=one.line)
    if not column or not isinstance(column, str):
        raise _wrong(one, f"{table} has no distribution column")
    if (how := given.get("distribution_type", "hash")) != "hash":
        raise _wrong(one, f"{table} is distributed by {how}, and only hash has shards that are made by Citus alone")
    count = given.get("shard_count")
    if not (count is None or isinstance(count, int)):
        raise _wrong(one, f"{count!r} is no number of shards")
    beside = str(given.get("colocate_with") or "default")
    return DistributedTable(table, column, "" if beside == "default" else beside, count, one.line)


def _call(one: Statement) -> tuple[str, dict[str, str | int | None]]:
    """The function that a statement calls, and the arguments by name."""
    try:
        select = statement(parse(one.sql))
    except NotParsed as error:
        raise _wrong(one, str(error)) from None
    fields = {field.name for field, _ in select.ListFields()}
    columns = [inner(target) for target in getattr(select, "target_list", ())]
    call = inner(columns[0].val) if len(columns) == 1 and kind(columns[0]) == "ResTarget" else None
    if call is None or kind(call) != "FuncCall" or fields - {"target_list", "limit_option", "op"}:
        raise _wrong(one, "no call of a function of Citus")
    path = [str(inner(part).sval) for part in call.funcname]
    if path[-1] not in ARGUMENTS or path[:-1] not in ([], ["pg_catalog"]):
        raise _wrong(one, f"{'.'.join(path)}() is no function that distributes a table")
    return path[-1], dict(_arguments(call, one, ARGUMENTS[path[-1]]))


def _arguments(call: Node, one: Statement, names: tuple[str, ...]) -> list[tuple[str, str | int | None]]:
    given: list[tuple[str, str | int | None]] = []
    for place, argument in enumerate(map(inner, call.args)):
        named = kind(argument) == "NamedArgExpr"
        name = str(argument.name) if named else names[place] if place < len(names) else f"argument {place + 1}"
        if name not in names:
            raise _wrong(one, f"{name} is not known here")
        given.append((name, _literal(argument.arg if named else argument, one)))
    return given


def _literal(node: Node, one: Statement) -> str | int | None:
    value: Any = inner(node)
    if kind(value) == "TypeCast":  # 'crm.users'::regclass
        value = inner(value.arg)
    if kind(value) != "A_Const":
        raise _wrong(one, "an argument is no literal")
    if value.isnull:
        return None
    which = value.WhichOneof("val")
    if which == "ival":
        return int(value.ival.ival)
    if which == "sval":
        return str(value.sval.sval)
    raise _wrong(one, "an argument is neither a text nor a whole number")


def _wrong(one: Statement, reason: str) -> WorkloadError:
    return WorkloadError(f"{FILE}:{one.line}: {reason}", hint=HINT)

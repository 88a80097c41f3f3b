"""Whether an expression always gives the same for the same row: only then can an index be made of it."""

from __future__ import annotations

from collections.abc import Sequence

from bench.model.facts import Facts
from bench.model.schema import Table
from bench.syntax.expressions import enum, expression
from bench.syntax.tree import Node, NotParsed, children, inner, kind

READ_FROM_TEXT = {"int2", "int4", "int8", "numeric", "float4", "float8", "bool", "uuid", "text", "varchar", "bpchar"}
"""Types whose text means the same whatever the session's settings are; a date's does not (DateStyle)."""

WRITTEN_AS_TEXT = {"int2", "int4", "int8", "numeric", "bool", "uuid", "text", "varchar", "bpchar", "name"}
"""Types that are written alike whatever the session's settings are; an enum can be renamed."""

PLAIN = {"A_Const", "NullTest", "BoolExpr", "CoalesceExpr", "CaseExpr", "CaseWhen", "A_ArrayExpr", "MinMaxExpr",
         "CollateClause", "BooleanTest", "A_Indirection", "A_Indices", "List", "String", "Integer"}  # fmt: skip
"""Nodes that are immutable if what is in them is."""

_OPERATORS = {"->", "->>", "#>", "#>>", "=", "<>", "<", "<=", ">", ">=", "@>", "<@", "?", "&&", "~~", "~", "~~*", "~*"}
_ARITHMETIC = {"+", "-", "*", "/", "%"}
_NUMBERS = {"int2", "int4", "int8", "numeric", "float4", "float8"}
_SAME = {"varchar": "text"}
_NAMED = {"int": "int4", "integer": "int4", "bigint": "int8", "smallint": "int2", "boolean": "bool"}


def is_immutable(text: str, table: Table, facts: Facts) -> bool:
    """Whether the expression, over columns of ``table``, is one for an index; False where that is not sure."""
    try:
        return _sure(expression(text), table, facts)
    except NotParsed:
        return False


def _sure(node: Node, table: Table, facts: Facts) -> bool:
    one = inner(node)
    parts = [child for child in children(one) if child.DESCRIPTOR.name not in ("TypeName", "Alias")]
    match kind(node):
        case "ColumnRef":
            return _type(node, table) is not None
        case "FuncCall":
            arguments = [_type(part, table) for part in one.args]
            usual = not (one.agg_distinct or one.agg_order or one.HasField("over") or one.HasField("agg_filter"))
            called = str(inner(one.funcname[-1]).sval)
            return usual and not _changes(called, arguments, facts) and all(_sure(p, table, facts) for p in one.args)
        case "TypeCast":
            return _cast(one, table, facts) and _sure(one.arg, table, facts)
        case "A_Expr":
            parts = [side for side in (one.lexpr, one.rexpr) if side.WhichOneof("node")]
            return _operator(one, table) and all(_sure(part, table, facts) for part in parts)
        case name if name in PLAIN:
            return all(_sure(part, table, facts) for part in parts)
    return False


def _type(node: Node, table: Table) -> str | None:
    """The type of an expression, as far as that can be seen."""
    one = inner(node)
    if kind(node) == "ColumnRef" and len(one.fields) == 1:
        name = str(inner(one.fields[0]).sval) if kind(one.fields[0]) == "String" else "*"
        found = next((column.type.plain for column in table.columns if column.name == name), None)
        return None if found is None else _SAME.get(found.name, found.name if found.kind == "base" else found.kind)
    if kind(node) == "TypeCast":
        return _target(one)
    return None


def _target(cast: Node) -> str:
    name = str(inner(cast.type_name.names[-1]).sval)
    return "array" if cast.type_name.array_bounds else _NAMED.get(name, name)


def _changes(name: str, arguments: Sequence[str | None], facts: Facts) -> bool:
    """Whether a function of that name that is not immutable could be the one that is called."""
    return any(
        len(own) == len(arguments)
        and all(
            given is None or given == _SAME.get(wanted, wanted) for given, wanted in zip(arguments, own, strict=True)
        )
        for own in facts.changing_functions.get(name, ())
    )


def _cast(cast: Node, table: Table, facts: Facts) -> bool:
    source, target = _type(cast.arg, table), _target(cast)
    if kind(cast.arg) == "A_Const":  # read once, when the index is made
        return True
    if source is None:  # what ->> and most functions give is text
        return target in READ_FROM_TEXT
    if source == "text" and target not in READ_FROM_TEXT:
        return False
    if target == "text" and source not in WRITTEN_AS_TEXT:
        return False
    return (source, target) not in facts.changing_casts


def _operator(one: Node, table: Table) -> bool:
    name = str(inner(one.name[-1]).sval)
    if name in _OPERATORS or enum(one, "kind") not in ("AEXPR_OP", "AEXPR_NULLIF"):
        return True
    types = {_type(side, table) for side in (one.lexpr, one.rexpr) if side.WhichOneof("node")} - {None}
    if name == "||":
        return types <= {"text"}
    return name in _ARITHMETIC and bool(types) and types <= _NUMBERS

"""Expressions of a statement: which parameters and columns are in them, and in what wrapping."""

from __future__ import annotations

from collections.abc import Iterator

from bench.inference.queries.scopes import STATEMENTS
from bench.syntax.expressions import enum
from bench.syntax.tree import Node, children, inner, kind, walk

_WRAPPERS = {"lower", "upper", "btrim", "trim", "coalesce", "nullif", "unaccent", "citext", "greatest", "least",
             "string_to_array", "unnest"}  # fmt: skip
"""Functions that leave a value what it is, near enough to look for it."""

_QUERIES = {"to_tsquery", "plainto_tsquery", "phraseto_tsquery", "websearch_to_tsquery"}


def outside_subqueries(node: Node) -> Iterator[Node]:
    """A node and all below it but what its subqueries hold."""
    one = inner(node)
    yield one
    for child in children(one):
        if kind(child) not in STATEMENTS:
            yield from outside_subqueries(child)


def numbers_in(node: Node) -> list[int]:
    """The numbers of its parameters, but for those in subqueries."""
    return list(dict.fromkeys(one.number for one in outside_subqueries(node) if kind(one) == "ParamRef"))


def columns_in(node: Node) -> list[Node]:
    """Its columns, but for those in subqueries."""
    return [one for one in outside_subqueries(node) if kind(one) == "ColumnRef"]


def only_parameters(node: Node) -> bool:
    """Whether a condition is about parameters alone: ``$1 IS NULL``, ``$1 = ''``."""
    parts = list(walk(node))
    return any(kind(one) == "ParamRef" for one in parts) and not any(
        kind(one) == "ColumnRef" or kind(one) in STATEMENTS for one in parts
    )


def direct(node: Node) -> int | None:
    """The number of a parameter that stands by itself, but for casts and functions that leave it what it is."""
    one = inner(node)
    match kind(one):
        case "ParamRef":
            return int(one.number)
        case "TypeCast":
            return direct(one.arg)
        case "CollateClause":
            return direct(one.arg)
        case "A_Expr" if enum(one, "kind") == "AEXPR_NULLIF":
            return direct(one.lexpr)
        case "CoalesceExpr" | "MinMaxExpr" | "A_ArrayExpr":
            parts = one.elements if kind(one) == "A_ArrayExpr" else one.args
            return next((found for part in parts if (found := direct(part))), None)
        case "FuncCall" if str(inner(one.funcname[-1]).sval) in _WRAPPERS | _QUERIES:
            return next((found for part in one.args if (found := direct(part))), None)
    return None


def range_bounds(node: Node) -> tuple[Node, Node] | None:
    """The bounds of ``tstzrange($1, $2)``."""
    one = inner(node)
    if kind(one) == "FuncCall" and str(inner(one.funcname[-1]).sval).endswith("range") and len(one.args) > 1:
        return one.args[0], one.args[1]
    return None


def or_itself(own: Node, other: Node) -> int | None:
    """The parameter of ``coalesce($1, a)`` opposite to ``a``: it narrows nothing where it is NULL."""
    one = inner(own)
    if kind(one) != "CoalesceExpr" or len(one.args) != 2 or kind(other) != "ColumnRef":
        return None
    same = kind(one.args[1]) == "ColumnRef" and [inner(f).sval for f in inner(one.args[1]).fields] == [
        inner(f).sval for f in inner(other).fields
    ]
    return direct(one.args[0]) if same else None


def affixes_of(node: Node) -> tuple[str, str] | None:
    """What a pattern has before and behind its parameter: ``'%' || $1 || '%'``; None for anything else."""
    parts = list(_concatenated(node))
    places = [place for place, part in enumerate(parts) if direct(part)]
    if len(places) != 1 or len(parts) == 1 or any(kind(part) != "A_Const" for part in parts if not direct(part)):
        return None
    texts = [inner(part).sval.sval if kind(part) == "A_Const" else "" for part in parts]
    return "".join(texts[: places[0]]), "".join(texts[places[0] + 1 :])


def _concatenated(node: Node) -> Iterator[Node]:
    one = inner(node)
    if kind(one) == "A_Expr" and [inner(name).sval for name in one.name] == ["||"]:
        yield from _concatenated(one.lexpr)
        yield from _concatenated(one.rexpr)
    elif kind(one) == "FuncCall" and inner(one.funcname[-1]).sval == "concat":
        for argument in one.args:
            yield from _concatenated(argument)
    elif kind(one) == "TypeCast" and kind(one.arg) != "ParamRef" and kind(one.arg) != "A_Const":
        yield from _concatenated(one.arg)
    else:
        yield node


def wrapped(column: Node, like: Node) -> Node:
    """A ColumnRef in the kind of wrapper that ``like`` is."""
    found = type(like)()
    found.column_ref.CopyFrom(column)
    return found

"""Comparisons between columns of one row: which of them can be made to hold, and solved for one of the columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bench.inference.limits.expression import FLIPPED, Expr
from bench.inference.limits.literals import NUMBERS, TEXTS, TIMES
from bench.model.schema import Column

if TYPE_CHECKING:
    from bench.inference.limits.alternatives import Comparison

_PLAIN = {"uuid", "inet", "bool"}
_SOLVABLE = NUMBERS - {"xid8"}
_LENGTHS = {"length", "char_length", "character_length", "octet_length", "cardinality", "array_length"}
_OF_NUMBERS = {"abs", "round", "floor", "ceil", "ceiling", "greatest", "least", "coalesce"}


def comparable(comparison: Comparison, columns: Mapping[str, Column]) -> bool:
    """Whether rows can be made for which it holds: numbers, times, texts worked out, or two columns of one type."""
    if comparison.operator not in FLIPPED or len(comparison.columns) < 2:
        return False
    if not set(comparison.columns) <= set(columns):
        return False
    kinds = {columns[name].type.plain.name for name in comparison.columns}
    sides = (comparison.left, comparison.right)
    if all(side.kind == "column" for side in sides) and kinds & (TEXTS | _PLAIN):
        return len(kinds) == 1 and comparison.operator in ("=", "<>")
    sorts = {_sort(side, columns) for side in sides}
    if len(sorts) != 1 or None in sorts or not any(solutions(comparison)):
        return False
    return sorts != {"text"} or (comparison.operator == "=" and "column" in {side.kind for side in sides})


def _sort(node: Expr, columns: Mapping[str, Column]) -> str | None:
    """``number``, ``moment``, ``time``, ``length of time`` or ``text``; None for what is not worked out here."""
    match node:
        case Expr("column", name):
            return _sort_of_type(columns[name].type.plain.name)
        case Expr("const"):
            return _sort_of_type(node.type) if node.type else "text"
        case Expr("op", "+" | "-" | "*" | "||" as name, (left, right)):
            return _sort_of_result(name, left, right, columns)
        case Expr("call", name, (arg, *_)) if name in _LENGTHS:
            return "number" if arg.kind == "column" else None
        case Expr("call", name, args) if name in _OF_NUMBERS:
            return "number" if {_sort(arg, columns) for arg in args} == {"number"} else None
        case Expr("call", "lower" | "upper" | "btrim", (arg,)):
            return "text" if _sort(arg, columns) == "text" else None
    return None


def _sort_of_type(name: str) -> str | None:
    if name in _SOLVABLE:
        return "number"
    if name in TIMES:
        return "moment"
    return {"time": "time", "interval": "length of time"}.get(name, "text" if name in TEXTS else None)


def _sort_of_result(name: str, left: Expr, right: Expr, columns: Mapping[str, Column]) -> str | None:
    sorts = (_sort(left, columns), _sort(right, columns))
    if name == "||":
        return "text" if sorts == ("text", "text") else None
    if sorts == ("number", "number"):
        return "number"
    if sorts == ("moment", "moment") and name == "-":
        dates = all(columns[one].type.plain.name == "date" for one in left.columns + right.columns)
        return "number" if dates and left.columns and right.columns else "length of time"
    if sorts == ("moment", "length of time") or (sorts == ("length of time", "moment") and name == "+"):
        return "moment"
    if sorts == ("time", "length of time"):
        return "time"
    whole = "number" in sorts and "moment" in sorts and name in ("+", "-")
    return "moment" if whole else None


def solutions(comparison: Comparison) -> Iterator[tuple[str, str, Expr]]:
    """Each way to say it as (column, operator, expression without that column): ``a + b <= c`` as ``c >= a + b``, …

    Columns on the right come first: ``started_at <= ended_at`` moves the end. Of a sum the total does.
    """
    sides = [
        (comparison.right, FLIPPED[comparison.operator], comparison.left),
        (comparison.left, comparison.operator, comparison.right),
    ]
    if comparison.operator == "=":  # what is said to be a sum is the one that is worked out
        sides.sort(key=lambda side: side[0].kind != "column")
    for side, operator, other in sides:
        for name in reversed(side.columns):
            if name not in other.columns and sum(part == Expr("column", name) for part in side.walk()) == 1:
                yield from _isolated(name, side, operator, other)


def _isolated(name: str, side: Expr, operator: str, other: Expr) -> Iterator[tuple[str, str, Expr]]:
    match side:
        case Expr("column"):
            yield name, operator, other
        case Expr("op", "+", (left, right)):
            inside, rest = (left, right) if name in left.columns else (right, left)
            yield from _isolated(name, inside, operator, Expr("op", "-", (other, rest)))
        case Expr("op", "-", (left, right)) if name in left.columns:
            yield from _isolated(name, left, operator, Expr("op", "+", (other, right)))
        case Expr("op", "-", (left, right)):
            yield from _isolated(name, right, FLIPPED[operator], Expr("op", "-", (left, other)))

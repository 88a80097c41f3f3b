"""Comparisons between columns of one row: which of them can be made to hold, and solved for one of the columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bench.inference.limits.atoms import FLIPPED
from bench.inference.limits.expression import Expr
from bench.inference.limits.literals import NUMBERS, TEXTS, TIMES
from bench.model.schema import Column

if TYPE_CHECKING:
    from bench.inference.limits.alternatives import Comparison

_PLAIN = {"uuid", "inet", "bool"}
_SOLVABLE = NUMBERS - {"money", "xid8"}


def comparable(comparison: Comparison, columns: Mapping[str, Column]) -> bool:
    """Whether rows can be made for which it holds: numbers, times, or two columns of one type."""
    if comparison.operator not in FLIPPED or len(comparison.columns) < 2:
        return False
    if not set(comparison.columns) <= set(columns):
        return False
    kinds = {columns[name].type.plain.name for name in comparison.columns}
    sides = (comparison.left, comparison.right)
    if all(side.kind == "column" for side in sides) and kinds & (TEXTS | _PLAIN):
        return len(kinds) == 1 and (comparison.operator in ("=", "<>"))
    if kinds <= _SOLVABLE:
        return all(_arithmetic(side, False) for side in sides)
    return kinds <= TIMES and all(_arithmetic(side, True) for side in sides) and not _loses_time(comparison, columns)


def _arithmetic(node: Expr, times: bool) -> bool:
    match node:
        case Expr("column") | Expr("const"):
            return True
        case Expr("op", name, (left, right)):
            words = ("+", "-") if times else ("+", "-", "*")
            return name in words and _arithmetic(left, times) and _arithmetic(right, times)
    return False


def _loses_time(comparison: Comparison, columns: Mapping[str, Column]) -> bool:
    """Whether a difference of times is compared with a difference, which no column can be solved for as a time."""
    differences = [side for side in (comparison.left, comparison.right) if _is_difference(side)]
    return len(differences) == 2


def _is_difference(node: Expr) -> bool:
    return node.kind == "op" and node.name == "-" and all(arg.columns for arg in node.args)


def solutions(comparison: Comparison) -> Iterator[tuple[str, str, Expr]]:
    """Each way to say it as (column, operator, expression without that column): ``a + b <= c`` as ``c >= a + b``, …

    Columns on the right come first: ``started_at <= ended_at`` moves the end.
    """
    sides = ((comparison.right, FLIPPED[comparison.operator], comparison.left),
             (comparison.left, comparison.operator, comparison.right))  # fmt: skip
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

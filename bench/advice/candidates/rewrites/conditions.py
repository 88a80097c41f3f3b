"""Rules for one conjunct of a WHERE: another condition that lets the same rows pass."""

from __future__ import annotations

from collections.abc import Callable

from bench.advice.candidates.rewrites.scope import Scope, copy, filled, has_aggregate, scope_of
from bench.model.schema import Schema
from bench.syntax.expressions import enum, expression
from bench.syntax.tree import Node, inner, kind

Rule = Callable[[Node, Scope, Schema], "Node | None"]
"""A conjunct, what its names mean, and the schema, to what takes its place; None where the rule does not apply."""

_TIMES = {"timestamp", "timestamptz"}
_UNITS = {"year", "quarter", "month", "week", "day", "hour", "minute"}
_STEPS = {"quarter": "3 months"}


# --------------------------------------------------------------------------------------------------------- NOT IN
def not_in(node: Node, scope: Scope, schema: Schema) -> Node | None:
    """``x NOT IN (SELECT y …)`` as NOT EXISTS, where neither x nor y can be NULL."""
    one = inner(node)
    if kind(node) != "BoolExpr" or enum(one, "boolop") != "NOT_EXPR" or kind(one.args[0]) != "SubLink":
        return None
    link = inner(one.args[0])
    if enum(link, "sub_link_type") != "ANY_SUBLINK" or link.oper_name or not scope.never_null(link.testexpr):
        return None
    select = copy(inner(link.subselect))
    if not _is_simple(select) or len(select.target_list) != 1:
        return None
    within = scope_of(select, schema)
    value, tested = copy(inner(select.target_list[0]).val), copy(link.testexpr)
    if not within.never_null(value) or set(within.tables) & set(scope.tables):
        return None
    if not within.qualify(value) or not scope.qualify(tested):
        return None
    _and(select, filled("$101 = $102", value, tested))
    return filled("NOT $101", _exists(select))


def _is_simple(select: Node) -> bool:
    return (
        kind(select) == "SelectStmt"
        and enum(select, "op") == "SETOP_NONE"
        and bool(select.from_clause)
        and not (select.group_clause or select.HasField("having_clause") or select.HasField("with_clause"))
        and not (select.HasField("limit_count") or select.HasField("limit_offset"))
        and not any(has_aggregate(target) for target in select.target_list)
    )


def _exists(select: Node) -> Node:
    """EXISTS (SELECT 1 …) of a SELECT whose values do not matter."""
    made = copy(expression("EXISTS (SELECT 1)"))
    inside = copy(select)
    del inside.target_list[:]
    inside.target_list.extend(inner(inner(made).subselect).target_list)
    inside.ClearField("distinct_clause")
    inside.ClearField("sort_clause")
    inner(inner(made).subselect).CopyFrom(inside)
    return made


def _and(select: Node, condition: Node) -> None:
    if select.HasField("where_clause"):
        condition = filled("$101 AND $102", copy(select.where_clause), condition)
    select.where_clause.CopyFrom(condition)


# ---------------------------------------------------------------------------------------------------------- count
def count_as_exists(node: Node, scope: Scope, schema: Schema) -> Node | None:
    """``(SELECT count(*) …) > 0`` as EXISTS, and ``= 0`` as NOT EXISTS."""
    one = inner(node)
    if kind(node) != "A_Expr" or enum(one, "kind") != "AEXPR_OP":
        return None
    left, right, operator = one.lexpr, one.rexpr, str(inner(one.name[-1]).sval)
    if kind(right) == "SubLink":
        left, right, operator = right, left, {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(operator, operator)
    if kind(left) != "SubLink":
        return None
    link, number = inner(left), _number(right)
    if enum(link, "sub_link_type") != "EXPR_SUBLINK" or number is None:
        return None
    some = (operator, number) in {(">", 0), (">=", 1), ("<>", 0), ("!=", 0)}
    none = (operator, number) in {("=", 0), ("<", 1), ("<=", 0)}
    select = inner(link.subselect)
    if not (some or none) or kind(select) != "SelectStmt" or len(select.target_list) != 1:
        return None
    call = inner(inner(select.target_list[0]).val)
    counts = kind(call) == "FuncCall" and call.agg_star and not call.HasField("agg_filter")
    without = copy(select)
    del without.target_list[:]
    if not counts or not _is_simple(without) or select.distinct_clause:
        return None
    return _exists(select) if some else filled("NOT $101", _exists(select))


def _number(node: Node) -> int | None:
    one = inner(node)
    return int(one.ival.ival) if kind(node) == "A_Const" and one.HasField("ival") else None


# --------------------------------------------------------------------------------------------------------- arrays
def member_as_contains(node: Node, scope: Scope, schema: Schema) -> Node | None:
    """``x = ANY (column)`` as ``column @> ARRAY[x]``, which an inverted index can find."""
    one = inner(node)
    if kind(node) != "A_Expr" or enum(one, "kind") != "AEXPR_OP_ANY" or str(inner(one.name[-1]).sval) != "=":
        return None
    found = scope.column(one.rexpr)
    if found is None or found[1].type.plain.kind != "array" or kind(one.lexpr) == "ColumnRef":
        return None
    made = filled("$101 @> ARRAY[$102]", one.rexpr, one.lexpr)
    typed = copy(expression(f"CAST(NULL AS {found[1].type.text})"))
    inner(typed).arg.CopyFrom(inner(made).rexpr)
    inner(made).rexpr.CopyFrom(typed)
    return made


# ---------------------------------------------------------------------------------------------------------- times
def time_as_range(node: Node, scope: Scope, schema: Schema) -> Node | None:
    """A day, month or year of a column compared, as a range of the column itself."""
    one = inner(node)
    if kind(node) != "A_Expr":
        return None
    how = enum(one, "kind")
    if how == "AEXPR_BETWEEN" and (column := _day_of(one.lexpr, scope)) is not None:
        low, high = inner(one.rexpr).items
        return filled("$101 >= $102::date AND $101 < $103::date + 1", column, low, high)
    if how != "AEXPR_OP":
        return None
    operator = str(inner(one.name[-1]).sval)
    if (column := _day_of(one.lexpr, scope)) is not None:
        template = {
            "=": "$101 >= $102::date AND $101 < $102::date + 1", ">=": "$101 >= $102::date",
            ">": "$101 >= $102::date + 1", "<": "$101 < $102::date", "<=": "$101 < $102::date + 1",
        }.get(operator)  # fmt: skip
        return filled(template, column, one.rexpr) if template else None
    if operator != "=":
        return None
    if (found := _call(one.lexpr, "date_trunc", scope)) is not None and found[0] in _UNITS:
        unit, column, type_ = found
        step = _STEPS.get(unit, f"1 {unit}")
        return filled(
            f"$101 >= $102::{type_} AND $101 < $102::{type_} + interval '{step}'"
            f" AND date_trunc('{unit}', $102::{type_}) = $102::{type_}",
            column, one.rexpr,
        )  # fmt: skip
    if (found := _call(one.lexpr, "extract", scope) or _call(one.lexpr, "date_part", scope)) and found[0] == "year":
        return filled(
            "$101 >= make_date($102::int, 1, 1) AND $101 < make_date($102::int + 1, 1, 1)", found[1], one.rexpr
        )
    return None


def _day_of(node: Node, scope: Scope) -> Node | None:
    """The column of ``date(column)`` or ``column::date``."""
    one = inner(node)
    if kind(node) == "FuncCall" and str(inner(one.funcname[-1]).sval) == "date" and len(one.args) == 1:
        return one.args[0] if _is_time(one.args[0], scope) else None
    if kind(node) == "TypeCast" and [str(inner(part).sval) for part in one.type_name.names][-1] == "date":
        return one.arg if _is_time(one.arg, scope) else None
    return None


def _call(node: Node, name: str, scope: Scope) -> tuple[str, Node, str] | None:
    """Unit, column and the column's type of ``name('unit', column)``."""
    one = inner(node)
    if kind(node) != "FuncCall" or str(inner(one.funcname[-1]).sval) != name or len(one.args) != 2:
        return None
    unit = inner(one.args[0])
    found = scope.column(one.args[1])
    if kind(unit) != "A_Const" or not unit.HasField("sval") or found is None or not _is_time(one.args[1], scope):
        return None
    return str(unit.sval.sval).lower(), one.args[1], found[1].type.plain.name


def _is_time(node: Node, scope: Scope) -> bool:
    found = scope.column(node)
    return found is not None and found[1].type.plain.name in _TIMES


RULES: dict[str, tuple[Rule, str]] = {
    "NOT IN as NOT EXISTS": (not_in, "NOT EXISTS can be an anti-join, NOT IN never is, and neither side can be NULL"),
    "count as EXISTS": (count_as_exists, "EXISTS stops at the first row, a count reads them all"),
    "= ANY as @>": (member_as_contains, "an inverted index finds what contains a value, none finds = ANY (column)"),
    "time as range": (time_as_range, "an index on the column finds a range of it, and not what a function makes"),
}
"""Name of a rule, and why it may help."""

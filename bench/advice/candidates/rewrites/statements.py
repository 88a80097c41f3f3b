"""Rules for a whole SELECT: another one with the same answer."""

from __future__ import annotations

from collections.abc import Callable

from bench.advice.candidates.rewrites.scope import Scope, copy, filled, is_plain, scope_of
from bench.advice.candidates.rewrites.top_n import top_of_each
from bench.model.schema import Schema
from bench.syntax.expressions import conjuncts, enum, quoted
from bench.syntax.tree import Node, inner, kind, parse, statement, walk

Rule = Callable[[Node, Schema], bool]
"""Changes a SELECT in place; False where the rule does not apply, and nothing was changed."""


# ------------------------------------------------------------------------------------------------------------- OR
def or_as_union(select: Node, schema: Schema) -> bool:
    """``A OR B`` as two SELECTs, of which the second leaves out what the first gives."""
    limits = [name for name in ("limit_count", "limit_offset") if select.HasField(name)]
    bare = copy(select)
    for name in limits:
        bare.ClearField(name)
    if not is_plain(bare) or not select.HasField("where_clause") or not _names_its_order(select):
        return False
    parts = list(conjuncts(select.where_clause))
    place = next((n for n, part in enumerate(parts) if len(_arms(part)) == 2), None)
    if place is None:
        return False
    first, second = _arms(parts[place])
    rest = [part for number, part in enumerate(parts) if number != place]
    one, other = copy(bare), copy(bare)
    for arm in (one, other):
        arm.ClearField("sort_clause")
        arm.ClearField("with_clause")
        arm.limit_option = statement(parse("SELECT 1")).limit_option
    one.where_clause.CopyFrom(_all([*rest, first]))
    other.where_clause.CopyFrom(_all([*rest, second, filled("($101) IS NOT TRUE", first)]))
    whole = copy(statement(parse("SELECT 1 UNION ALL SELECT 1")))
    whole.larg.CopyFrom(one)
    whole.rarg.CopyFrom(other)
    whole.sort_clause.extend(_by_name(select))
    if select.HasField("with_clause"):
        whole.with_clause.CopyFrom(select.with_clause)
    for name in limits:
        getattr(whole, name).CopyFrom(getattr(select, name))
        whole.limit_option = select.limit_option
    select.CopyFrom(whole)
    return True


def _arms(node: Node) -> list[Node]:
    """The sides of an OR, where they are about different columns and not about parameters alone."""
    one = inner(node)
    if kind(node) != "BoolExpr" or enum(one, "boolop") != "OR_EXPR":
        return []
    columns = [
        {tuple(str(inner(f).sval) for f in ref.fields) for ref in walk(arm) if kind(ref) == "ColumnRef"}
        for arm in one.args
    ]
    distinct = all(columns) and len({frozenset(found) for found in columns}) == len(columns)
    return list(one.args) if distinct else []


def _all(parts: list[Node]) -> Node:
    made = parts[0]
    for part in parts[1:]:
        made = filled("$101 AND $102", made, part)
    return made


def _names_its_order(select: Node) -> bool:
    """Whether all that it is sorted by is selected, under a name."""
    return len(_by_name(select)) == len(select.sort_clause)


def _by_name(select: Node) -> list[Node]:
    outputs = [_output(inner(target)) for target in select.target_list]
    found = []
    for item in select.sort_clause:
        key = inner(item).node
        names = [str(inner(part).sval) for part in inner(key).fields] if kind(key) == "ColumnRef" else [""]
        if outputs.count(names[-1]) == 1:
            made = copy(item)
            inner(made).node.CopyFrom(filled(quoted(names[-1])))
            found.append(made)
    return found


def _output(target: Node) -> str:
    fields = inner(target.val).fields if kind(target.val) == "ColumnRef" else []
    last = str(inner(fields[-1]).sval) if fields and kind(fields[-1]) == "String" else "*"
    return str(target.name) or last


# --------------------------------------------------------------------------------------------------------- OFFSET
def offset_late(select: Node, schema: Schema) -> bool:
    """What OFFSET skips is skipped by key, and only the rows that are left are read whole."""
    if not select.HasField("limit_offset") or not select.HasField("limit_count") or not select.sort_clause:
        return False
    scope = _alone(select, schema)
    if scope is None:
        return False
    ((alias, table),) = scope.tables.items()
    key = table.primary_key
    if key is None or not set(key.keys) <= {column.name for column in table.columns}:
        return False
    keys = ", ".join(f"{quoted(alias)}.{quoted(name)}" for name in key.keys)
    row = f"({keys})" if len(key.keys) > 1 else keys
    test = copy(filled(f"{row} IN (SELECT {keys})"))
    within = inner(inner(test).subselect)
    for name in ("from_clause", "sort_clause"):
        getattr(within, name).extend(getattr(select, name))
    for name in ("where_clause", "limit_count", "limit_offset"):
        if select.HasField(name):
            getattr(within, name).CopyFrom(getattr(select, name))
            select.ClearField(name)
    within.limit_option = select.limit_option
    select.limit_option = statement(parse("SELECT 1")).limit_option
    select.where_clause.CopyFrom(test)
    return True


def _alone(select: Node, schema: Schema) -> Scope | None:
    """The scope of a plain SELECT from one table, LIMIT aside, sorted by columns of it."""
    bare = copy(select)
    bare.ClearField("limit_count")
    bare.ClearField("limit_offset")
    scope = scope_of(select, schema) if kind(select) == "SelectStmt" else None
    if scope is None or not is_plain(bare) or not scope.whole or len(scope.tables) != 1:
        return None
    keys = all(scope.column(inner(item).node) for item in select.sort_clause)
    return scope if keys and not select.HasField("with_clause") else None


# -------------------------------------------------------------------------------------------------------- DISTINCT
def distinct_counted(select: Node, schema: Schema) -> bool:
    """``count(DISTINCT x)`` as a count of groups: hashed in parallel where a sort had to be, and narrowed first."""
    if kind(select) != "SelectStmt" or len(select.target_list) != 1 or select.group_clause or select.distinct_clause:
        return False
    target = inner(select.target_list[0])
    call = inner(target.val)
    usual = kind(call) == "FuncCall" and str(inner(call.funcname[-1]).sval) == "count" and call.agg_distinct
    if not usual or len(call.args) != 1 or call.HasField("agg_filter") or call.HasField("over"):
        return False
    if (
        select.HasField("having_clause")
        or select.sort_clause
        or not select.from_clause
        or select.HasField("limit_count")
    ):
        return False
    name = str(target.name) or "count"
    whole = copy(statement(parse("SELECT count(d.x) AS n FROM (SELECT 1) AS d (x)")))
    inner(whole.target_list[0]).name = name
    within = copy(select)
    del within.target_list[:]
    added = within.target_list.add().res_target
    added.val.CopyFrom(call.args[0])
    within.group_clause.append(call.args[0])
    within.ClearField("with_clause")
    if select.HasField("with_clause"):
        whole.with_clause.CopyFrom(select.with_clause)
    inner(inner(whole.from_clause[0]).subquery).CopyFrom(within)
    select.CopyFrom(whole)
    return True


def distinct_as_exists(select: Node, schema: Schema) -> bool:
    """DISTINCT over a join whose other table is only asked whether there is a row: EXISTS makes no duplicates."""
    if kind(select) != "SelectStmt" or not select.distinct_clause or inner(select.distinct_clause[0]) is None:
        return False
    bare = copy(select)
    bare.ClearField("distinct_clause")
    bare.ClearField("limit_count")
    bare.ClearField("limit_offset")
    scope = scope_of(select, schema)
    joined = len(select.from_clause) == 1 and kind(select.from_clause[0]) == "JoinExpr"
    on = select.distinct_clause[0].WhichOneof("node")
    if on or not joined or not is_plain(bare) or not scope.whole or not scope.inner_only or len(scope.tables) != 2:
        return False
    join = inner(select.from_clause[0])
    if kind(join.larg) != "RangeVar" or kind(join.rarg) != "RangeVar" or not join.HasField("quals"):
        return False
    kept, other = (inner(side).alias.aliasname or inner(side).relname for side in (join.larg, join.rarg))
    if not _keeps_key(select, kept, scope):
        return False
    conditions = [*conjuncts(join.quals)]
    conditions += conjuncts(select.where_clause) if select.HasField("where_clause") else ()
    if any(_aliases(part, scope) is None for part in conditions):
        return False
    inside = [part for part in conditions if other in (_aliases(part, scope) or ())]
    outside = [part for part in conditions if other not in (_aliases(part, scope) or ())]
    test = copy(filled("EXISTS (SELECT 1)"))
    within = inner(inner(test).subselect)
    within.from_clause.append(copy(join.rarg))
    within.where_clause.CopyFrom(_all([copy(part) for part in inside]))
    left = copy(join.larg)
    condition = _all([*(copy(part) for part in outside), test])
    select.from_clause[0].CopyFrom(left)
    select.where_clause.CopyFrom(condition)
    select.ClearField("distinct_clause")
    return True


def _keeps_key(select: Node, kept: str, scope: Scope) -> bool:
    """Whether all that is selected and sorted by is of one table, its primary key among it."""
    outputs: set[str] = set()
    for target in select.target_list:
        value = inner(target).val
        fields = inner(value).fields if kind(value) == "ColumnRef" else []
        if fields and kind(fields[-1]) == "A_Star" and len(fields) == 2 and inner(fields[0]).sval == kept:
            outputs |= {column.name for column in scope.tables[kept].columns}
        elif _aliases(value, scope) != {kept}:
            return False
        elif (found := scope.column(value)) is not None:
            outputs.add(found[1].name)
    key = scope.tables[kept].primary_key
    if key is None or not set(key.keys) <= outputs:
        return False
    return all(_aliases(inner(item).node, scope) == {kept} for item in select.sort_clause)


def _aliases(node: Node, scope: Scope) -> set[str] | None:
    """The tables that it is about; None where that is not sure."""
    found: set[str] = set()
    for one in walk(node):
        if kind(one) == "SubLink":
            return None
        if kind(one) == "ColumnRef":
            column = scope.column(one)
            if column is None:
                return None
            found.add(column[0])
    return found


RULES: dict[str, tuple[Rule, str]] = {
    "OR as UNION ALL": (or_as_union, "each side can be found by an index of its own"),
    "OFFSET by key": (
        offset_late, "the rows that are skipped are no longer read whole",
    ),
    "first of each by LATERAL": (top_of_each, "an index finds the first of each group, numbering reads all rows"),
    "count(DISTINCT) by groups": (distinct_counted, "groups can be hashed, count(DISTINCT …) sorts"),
    "DISTINCT as EXISTS": (distinct_as_exists, "no row is found twice, so none has to be left out"),
}  # fmt: skip
"""Name of a rule, and why it may help."""

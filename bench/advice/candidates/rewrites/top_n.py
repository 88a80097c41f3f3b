"""The first few of each group: numbered rows of a whole table as a LIMIT for each parent."""

from __future__ import annotations

from bench.advice.candidates.rewrites.scope import Scope, copy, filled, is_plain, scope_of
from bench.model.schema import Schema, Table
from bench.syntax.expressions import conjuncts, enum, quoted
from bench.syntax.tree import Node, inner, kind, parse, statement


def top_of_each(select: Node, schema: Schema) -> bool:
    """``row_number() OVER (PARTITION BY parent ORDER BY …) <= n`` as LATERAL (… ORDER BY … LIMIT n) of each parent.

    Every parent has to be in a table of its own, which a foreign key says; then each costs ``n`` entries of an index.
    """
    if kind(select) != "SelectStmt" or not select.HasField("where_clause"):
        return False
    for part in conjuncts(select.where_clause):
        limit = _limit(part)
        for numbered in _sources(select) if limit else ():
            if limit and _rewritten(numbered, *limit, schema):
                return True
    return False


def _limit(node: Node) -> tuple[str, Node] | None:
    """The name of the number, and how many are wanted at the most, of ``rn <= 3``, ``rn < 3`` and ``rn = 3``."""
    one = inner(node)
    if kind(node) != "A_Expr" or enum(one, "kind") != "AEXPR_OP" or kind(one.lexpr) != "ColumnRef":
        return None
    operator = str(inner(one.name[-1]).sval)
    if kind(one.rexpr) not in ("A_Const", "ParamRef") or operator not in ("<=", "<", "="):
        return None
    return str(inner(inner(one.lexpr).fields[-1]).sval), one.rexpr


def _sources(select: Node) -> list[Node]:
    """The subqueries in its FROM, those of its WITH too."""
    named = {str(inner(one).ctename): inner(inner(one).ctequery) for one in select.with_clause.ctes}
    found = []
    for item in select.from_clause:
        one = inner(item)
        if kind(item) == "RangeSubselect":
            found.append(inner(one.subquery))
        elif kind(item) == "RangeVar" and not one.schemaname and one.relname in named:
            found.append(named[one.relname])
    return [one for one in found if kind(one) == "SelectStmt"]


def _rewritten(select: Node, name: str, limit: Node, schema: Schema) -> bool:
    windows = [inner(t) for t in select.target_list if inner(t).name == name and kind(inner(t).val) == "FuncCall"]
    scope = scope_of(select, schema)
    if len(windows) != 1 or not scope.whole or len(scope.tables) != 1 or select.sort_clause:
        return False
    call = inner(windows[0].val)
    others = copy(select)
    place = next(n for n, t in enumerate(select.target_list) if inner(t).name == name)
    del others.target_list[place]
    usual = str(inner(call.funcname[-1]).sval) == "row_number" and call.HasField("over") and not call.over.name
    if not usual or not is_plain(others) or len(call.over.partition_clause) != 1 or not call.over.order_clause:
        return False
    group = call.over.partition_clause[0]
    parent = _parent(group, scope, schema)
    if parent is None:
        return False
    table, key = parent
    within = copy(select)
    numbering = inner(inner(within.target_list[place]).val)
    del numbering.over.partition_clause[:]
    own = copy(group)
    if not scope.qualify(own):
        return False
    tie = filled(f"$101 = pgproof_each.{quoted(key)}", own)
    within.where_clause.CopyFrom(
        filled("$101 AND $102", select.where_clause, tie) if select.HasField("where_clause") else tie
    )
    within.sort_clause.extend(call.over.order_clause)
    within.limit_count.CopyFrom(limit)
    within.limit_option = statement(parse("SELECT 1 LIMIT 1")).limit_option
    made = copy(
        statement(parse("SELECT pgproof_top.* FROM x AS pgproof_each CROSS JOIN LATERAL (SELECT 1) AS pgproof_top"))
    )
    join = inner(made.from_clause[0])
    inner(join.larg).relname, inner(join.larg).schemaname = table.table, table.schema
    inner(inner(join.rarg).subquery).CopyFrom(within)
    select.CopyFrom(made)
    return True


def _parent(group: Node, scope: Scope, schema: Schema) -> tuple[Table, str] | None:
    """The table, and its key, in which each value of the column is once."""
    found = scope.column(group)
    if found is None or not scope.never_null(group):
        return None
    for key in scope.tables[found[0]].foreign_keys:
        table = schema.by_name.get(key.table)
        sure = key.declared and key.validated and key.enforced and not key.period
        if key.columns == (found[1].name,) and table is not None and sure:
            return table, key.to[0]
    return None

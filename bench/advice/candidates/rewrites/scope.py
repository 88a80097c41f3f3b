"""What the names in one level of a statement mean, and trees put together from others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.model.schema import Column, Schema, Table
from bench.syntax.expressions import enum, expression
from bench.syntax.tree import Node, children, inner, kind, walk

FIRST = 101
"""Number of the first ``$n`` that stands for a tree in a template; a statement of ours has fewer parameters."""

AGGREGATES = {"count", "sum", "avg", "min", "max", "array_agg", "string_agg", "json_agg", "jsonb_agg", "bool_and",
              "bool_or", "every", "json_object_agg", "jsonb_object_agg"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """The FROM of a SELECT, UPDATE or DELETE, as far as it is tables."""

    tables: dict[str, Table]
    """By alias."""
    whole: bool
    """Whether that is all: no subqueries, functions or WITH in it."""
    inner_only: bool
    """Whether no outer join can make a column of it NULL."""

    def column(self, node: Node) -> tuple[str, Column] | None:
        """Alias and column that a ColumnRef means; None where that is not sure."""
        one = inner(node)
        if kind(node) != "ColumnRef" or any(kind(part) != "String" for part in one.fields):
            return None
        names = [str(inner(part).sval) for part in one.fields]
        found = [
            (alias, column)
            for alias, table in self.tables.items()
            for column in table.columns
            if column.name == names[-1] and (len(names) == 1 or names[-2] == alias)
        ]
        return found[0] if len(found) == 1 and (self.whole or len(names) > 1) else None

    def never_null(self, node: Node) -> bool:
        """Whether it is a column in which no row has NULL."""
        found = self.column(node)
        if found is None or not self.inner_only:
            return False
        alias, column = found
        key = self.tables[alias].primary_key
        return column.not_null or column.type.not_null or (key is not None and column.name in key.keys)

    def qualify(self, node: Node) -> bool:
        """Put the alias before each column of it, in place; False where one of them is not known."""
        for one in walk(node):
            if kind(one) == "ColumnRef":
                found = self.column(one)
                if found is None:
                    return False
                if len(one.fields) == 1:
                    one.CopyFrom(inner(expression(f'"{found[0]}".x')))
                    inner(one.fields[1]).sval = found[1].name
            elif kind(one) == "SubLink":
                return False
        return True


def scope_of(node: Node, schema: Schema) -> Scope:
    """The scope of a level."""
    items = [*getattr(node, "from_clause", ()), *getattr(node, "using_clause", ())]
    tables: dict[str, Table] = {}
    state = [True, True]
    named = {str(inner(one).ctename) for one in node.with_clause.ctes} if hasattr(node, "with_clause") else set()
    if kind(node) != "SelectStmt" and hasattr(node, "relation"):
        _add(node.relation, tables, schema, state, named)
    for item in items:
        _add(item, tables, schema, state, named)
    return Scope(tables, state[0], state[1])


def _add(item: Node, tables: dict[str, Table], schema: Schema, state: list[bool], named: set[str]) -> None:
    one = inner(item)
    if kind(item) == "RangeVar":
        table = None if one.relname in named and not one.schemaname else find(schema, one.schemaname, one.relname)
        if table is None:
            state[0] = False
        else:
            tables[one.alias.aliasname or one.relname] = table
    elif kind(item) == "JoinExpr":
        state[1] = state[1] and enum(one, "jointype") == "JOIN_INNER"
        state[0] = state[0] and not one.using_clause and not one.is_natural
        _add(one.larg, tables, schema, state, named)
        _add(one.rarg, tables, schema, state, named)
    else:
        state[0] = False


def find(schema: Schema, namespace: str, name: str) -> Table | None:
    """The table of that name; without a namespace only where there is one alone."""
    found = [t for t in schema.tables if t.table == name and namespace in ("", t.schema)]
    return found[0] if len(found) == 1 else None


# ----------------------------------------------------------------------------------------------------------- trees
def copy(node: Node) -> Node:
    """A tree of its own."""
    made = type(node)()
    made.CopyFrom(node)
    return made


def filled(template: str, *parts: Node) -> Node:
    """An expression with trees in the place of ``$101``, ``$102``…"""
    made = copy(expression(template))
    _fill(made, parts)
    return made


def _fill(node: Node, parts: tuple[Node, ...]) -> None:
    if node.DESCRIPTOR.name == "Node" and kind(node) == "ParamRef" and inner(node).number >= FIRST:
        part = parts[inner(node).number - FIRST]
        if part.DESCRIPTOR.name == "Node":
            node.CopyFrom(part)
        return
    for child in children(inner(node)):
        _fill(child, parts)


def flatten(node: Node) -> None:
    """Make one AND, or OR, of those that stand in each other, as the grammar does."""
    for child in children(inner(node)):
        flatten(child)
    one = inner(node)
    if kind(node) == "BoolExpr" and enum(one, "boolop") != "NOT_EXPR":
        parts = []
        for part in one.args:
            same = kind(part) == "BoolExpr" and inner(part).boolop == one.boolop
            parts += [copy(each) for each in inner(part).args] if same else [copy(part)]
        del one.args[:]
        one.args.extend(parts)


def has_aggregate(node: Node) -> bool:
    """Whether something in it is calculated over groups or windows; subqueries count too."""
    return any(
        kind(one) == "FuncCall"
        and (one.HasField("over") or one.agg_star or str(inner(one.funcname[-1]).sval) in AGGREGATES)
        for one in walk(node)
    )


def is_plain(select: Node) -> bool:
    """Whether a SELECT gives a row of its FROM each: no groups, windows, DISTINCT, set operation, LIMIT or lock."""
    return (
        kind(select) == "SelectStmt"
        and enum(select, "op") == "SETOP_NONE"
        and not (select.distinct_clause or select.group_clause or select.window_clause or select.locking_clause)
        and not (select.HasField("having_clause") or select.HasField("limit_count") or select.HasField("limit_offset"))
        and not select.values_lists
        and bool(select.from_clause)
        and not any(has_aggregate(target) for target in select.target_list)
    )


def levels(node: Node) -> Iterator[Node]:
    """All SELECT, UPDATE and DELETE of a statement."""
    for one in walk(node):
        if kind(one) in ("SelectStmt", "UpdateStmt", "DeleteStmt"):
            yield one

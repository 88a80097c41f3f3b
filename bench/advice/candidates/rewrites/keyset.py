"""OFFSET as a cursor: the page after the last row that was seen, found by its keys (also called the seek method).

It asks for other parameters, so it can stand for the statement in no report: it is executed beside it, with the keys of
the row before the page, and has to give the same rows in the same order (M. Winand, "SQL Performance Explained", 2012).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.advice.candidates.rewrites.scope import Scope, copy, filled, is_plain, scope_of
from bench.model.schema import Column, Schema, Table
from bench.syntax.expressions import conjuncts, enum, quoted
from bench.syntax.tree import Node, inner, kind, parse, statement, walk

_NO_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Key:
    """A column that the rows are sorted by, in which no row has NULL."""

    node: Node
    """As the statement names it."""
    column: Column
    descending: bool


@dataclass(frozen=True, slots=True)
class Keyset:
    """A page in three statements, as trees; ``$n`` beyond those of the statement are the values of the cursor."""

    keys: tuple[Key, ...]
    names: tuple[str, ...]
    """Of the parameters that hold the keys of the last row seen."""
    page: Node
    """The statement as it is, sorted such that no two rows tie."""
    cursor: Node
    """The keys of the row before the page, as text; no row for the first page."""
    after: Node
    """The page by these keys."""


def keyset(tree: Node, names: Sequence[str], schema: Schema) -> Keyset | None:
    """Write a page by its cursor; None where it is not sure. ``tree`` has ``$1``… for ``names``.

    What the statement is sorted by has to be columns of the table that its FROM begins with, in which no row has NULL;
    where rows can tie in them, the columns of its primary key come after them.
    """
    select = statement(tree)
    keys = _keys(select, schema)
    if not keys:
        return None
    fresh = _fresh(keys, names)
    asked = [filled(f"${number}") for number in range(len(names) + 1, len(names) + len(fresh) + 1)]
    page = copy(tree)
    _sort(statement(page), keys)
    cursor, after = copy(page), copy(page)
    _turn_into_cursor(statement(cursor), keys)
    body, beyond = statement(after), _beyond(keys, asked)
    if body.HasField("where_clause"):
        beyond = filled("$101 AND $102", body.where_clause, beyond)
    body.where_clause.CopyFrom(beyond)
    body.ClearField("limit_offset")
    return Keyset(tuple(keys), tuple(fresh), page, cursor, after)


# -------------------------------------------------------------------------------------------------------- the keys
def _keys(select: Node, schema: Schema) -> list[Key]:
    """What it is sorted by, made such that no two rows tie; empty where that is not sure."""
    if kind(select) != "SelectStmt" or not select.sort_clause or select.HasField("with_clause"):
        return []
    bare = copy(select)
    for name in ("limit_count", "limit_offset"):
        if not bare.HasField(name):
            return []
        bare.ClearField(name)
    found = _base(select, schema) if is_plain(bare) else None
    if found is None or enum(select, "limit_option") == "LIMIT_OPTION_WITH_TIES":
        return []
    alias, scope = found
    keys = [key for item in select.sort_clause if (key := _key(inner(item), alias, select, scope))]
    more = _tie_breakers(keys, scope.tables[alias], alias, _fixed(select, alias, scope))
    return [*keys, *more] if len(keys) == len(select.sort_clause) and more is not None else []


def _base(select: Node, schema: Schema) -> tuple[str, Scope] | None:
    """The table that the FROM begins with, where each row of it comes once at the most: every other table is joined by
    its whole primary key, and keeps no row of its own."""
    scope = scope_of(select, schema)
    if len(select.from_clause) != 1 or not scope.whole:
        return None
    item = select.from_clause[0]
    while kind(item) == "JoinExpr":
        join = inner(item)
        if enum(join, "jointype") not in ("JOIN_INNER", "JOIN_LEFT") or kind(join.rarg) != "RangeVar":
            return None
        if not join.HasField("quals") or not _by_key(join.quals, _alias(join.rarg), scope):
            return None
        item = join.larg
    return (_alias(item), scope) if kind(item) == "RangeVar" else None


def _alias(item: Node) -> str:
    return str(inner(item).alias.aliasname or inner(item).relname)


def _by_key(condition: Node, alias: str, scope: Scope) -> bool:
    key = scope.tables[alias].primary_key
    sides = [both for part in conjuncts(condition) for both in _equated(part)]
    equal = {
        found[1].name
        for own, other in sides
        if (found := scope.column(own)) and found[0] == alias and alias not in _aliases(other, scope)
    }
    return key is not None and bool(key.keys) and set(key.keys) <= equal


def _aliases(node: Node, scope: Scope) -> set[str]:
    found = [scope.column(one) for one in walk(node) if kind(one) == "ColumnRef"]
    return {one[0] for one in found if one}


def _equated(part: Node) -> Iterator[tuple[Node, Node]]:
    """A column and what it equals, of ``a = b`` both ways."""
    one = inner(part)
    if kind(part) == "A_Expr" and enum(one, "kind") == "AEXPR_OP" and str(inner(one.name[-1]).sval) == "=":
        yield from ((one.lexpr, one.rexpr), (one.rexpr, one.lexpr))


def _key(item: Node, alias: str, select: Node, scope: Scope) -> Key | None:
    found = scope.column(item.node)
    direction = enum(item, "sortby_dir")
    if found is None or found[0] != alias or direction == "SORTBY_USING":
        return None
    column, primary = found[1], scope.tables[alias].primary_key
    never_null = column.not_null or column.type.not_null or (primary is not None and column.name in primary.keys)
    if not never_null or not _means_column(item.node, found, select, scope):
        return None
    return Key(item.node, column, direction == "SORTBY_DESC")


def _means_column(node: Node, found: tuple[str, Column], select: Node, scope: Scope) -> bool:
    """Whether no other output has its name: ORDER BY looks there first."""
    if len(inner(node).fields) > 1:
        return True
    return not any(
        str(inner(target).name) == found[1].name and scope.column(inner(target).val) != found
        for target in select.target_list
    )


def _fixed(select: Node, alias: str, scope: Scope) -> set[str]:
    """Columns that equal one value in all rows."""
    parts = conjuncts(select.where_clause) if select.HasField("where_clause") else ()
    return {
        found[1].name
        for part in parts
        for own, other in _equated(part)
        if (found := scope.column(own)) and found[0] == alias and kind(_bare(other)) in ("ParamRef", "A_Const")
    }


def _bare(node: Node) -> Node:
    while kind(node) == "TypeCast":
        node = inner(node).arg
    return node


def _tie_breakers(keys: Sequence[Key], table: Table, alias: str, fixed: set[str]) -> list[Key] | None:
    """The columns of the primary key that come after ``keys``; None where it is not known."""
    columns = {column.name: column for column in table.columns}
    primary = table.primary_key
    if not keys or primary is None or not set(primary.keys) <= set(columns):
        return None
    there = {key.column.name for key in keys} | fixed
    return [
        Key(filled(f"{quoted(alias)}.{quoted(name)}"), columns[name], keys[-1].descending)
        for name in primary.keys if name not in there
    ]  # fmt: skip


def _fresh(keys: Sequence[Key], names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for key in keys:
        name = f"after_{_NO_WORD.sub('_', key.column.name)}"
        while name in names or name in found:
            name += "_"
        found.append(name)
    return found


# ------------------------------------------------------------------------------------------------------- the trees
def _sort(select: Node, keys: Sequence[Key]) -> None:
    """Let the tie-breakers follow what it is sorted by."""
    for key in keys[len(select.sort_clause) :]:
        order = "DESC" if key.descending else "ASC"
        item = copy(statement(parse(f"SELECT 1 ORDER BY 1 {order}")).sort_clause[0])
        inner(item).node.CopyFrom(key.node)
        select.sort_clause.append(item)


def _turn_into_cursor(select: Node, keys: Sequence[Key]) -> None:
    """Select the keys of the row before the page, and nothing for the first page."""
    del select.target_list[:]
    for number, key in enumerate(keys, 1):
        target = select.target_list.add().res_target
        target.name = f"pgproof_{number}"  # not that of the column: ORDER BY would mean the text
        target.val.CopyFrom(filled("($101)::text", key.node))
    skipped = copy(select.limit_offset)
    select.limit_count.CopyFrom(filled("CASE WHEN ($101)::bigint > 0 THEN 1 ELSE 0 END", skipped))
    select.limit_offset.CopyFrom(filled("greatest(($101)::bigint - 1, 0)", skipped))


def _beyond(keys: Sequence[Key], asked: Sequence[Node]) -> Node:
    """What holds for the rows after the cursor: a comparison of rows where all keys go one way, as indexes do."""
    nodes = [key.node for key in keys]
    if len({key.descending for key in keys}) == 1:
        left, right = (", ".join(f"${101 + number + start}" for number in range(len(keys))) for start in (0, len(keys)))
        sign = "<" if keys[0].descending else ">"
        row = f"({left}) {sign} ({right})" if len(keys) > 1 else f"{left} {sign} {right}"
        return filled(row, *nodes, *asked)
    first = "<=" if keys[0].descending else ">="
    return filled(f"$101 {first} $102 AND $103", nodes[0], asked[0], _chain(keys, asked))


def _chain(keys: Sequence[Key], asked: Sequence[Node]) -> Node:
    sign = "<" if keys[0].descending else ">"
    if len(keys) == 1:
        return filled(f"$101 {sign} $102", keys[0].node, asked[0])
    rest = _chain(keys[1:], asked[1:])
    return filled(f"($101 {sign} $102 OR ($101 = $102 AND $103))", keys[0].node, asked[0], rest)

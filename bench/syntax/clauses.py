"""A statement with one clause loosened, tightened or turned, once for each clause that it has.

What can be changed: a conjunct of WHERE, ON, HAVING or FILTER left out; LIMIT with a row more (left out in a subquery)
and halved; OFFSET and DISTINCT left out, UNION become UNION ALL; a direction of ORDER BY turned, in aggregates and
windows too.
This is mutation testing, of queries by data (Tuya, Suárez-Cabal and de la Riva, "Mutating database queries", 2007).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.syntax.expressions import enum, words
from bench.syntax.tree import Node, children, deparse, inner, kind, parse, statement, walk

CONDITIONS = {
    "SelectStmt": (("where_clause", "WHERE"), ("having_clause", "HAVING")),
    "UpdateStmt": (("where_clause", "WHERE"),),
    "DeleteStmt": (("where_clause", "WHERE"),),
    "JoinExpr": (("quals", "ON"),),
    "FuncCall": (("agg_filter", "FILTER"),),
    "OnConflictClause": (("where_clause", "WHERE"),),
}
"""Type of a node to its fields that hold conditions, and what the clause is called."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A statement that is another one in one clause."""

    clause: str
    """As in the statement: ``LIMIT 20``."""
    change: str
    """What was done to it: ``left out``."""
    line: int
    """Where it stands in the text, from 1."""
    text: str
    values: tuple[int, ...]
    """The ``$n`` of the original, from 0, that are ``$1``, ``$2``… here."""


Change = Callable[[Node], None]


@dataclass(frozen=True, slots=True)
class _Spot:
    """What can be done to one node: a clause, the change, and the part of the node that says where it is."""

    clause: str
    change: str
    make: Change
    part: Node


def variants(text: str, names: Sequence[str]) -> tuple[Variant, ...]:
    """All variants of the statement ``text``, in which ``names`` stand as ``$1``, ``$2``…

    Raises:
        NotParsed: it is no statement.
    """
    tree = parse(text)
    whole = statement(tree)
    found = []
    for position, node in enumerate(walk(tree)):
        for spot in _spots(node, top=node is whole or _same(node, whole)):
            changed = type(tree)()
            changed.CopyFrom(tree)
            spot.make(_nth(changed, position))
            used = _renumber(changed)
            line = _line(text, spot.part) or _line(text, node)
            clause = re.sub(r"\$(\d+)", lambda match: f":{names[int(match[1]) - 1]}", spot.clause)
            found.append(Variant(clause, spot.change, line, deparse(changed), used))
    return tuple(found)


def _same(node: Node, other: Node) -> bool:
    return node.DESCRIPTOR is other.DESCRIPTOR and node == other


def _nth(tree: Node, position: int) -> Node:
    return next(node for number, node in enumerate(walk(tree)) if number == position)


# ------------------------------------------------------------------------------------------------ what a node has
def _spots(node: Node, *, top: bool) -> Iterator[_Spot]:
    name = kind(node)
    for field, called in CONDITIONS.get(name, ()):
        if node.HasField(field):
            yield from _conjuncts(node, field, called)
    if name == "SelectStmt":
        yield from _limits(node, top=top)
        yield from _distinct(node)
    elif name == "FuncCall" and node.agg_distinct:
        yield _Spot(f"{_words(node)}: DISTINCT", LEFT_OUT, _set("agg_distinct", False), node)
    elif name == "SortBy" and not node.use_op:
        yield _turned(node)


LEFT_OUT, HALVED, MORE, TURNED = "left out", "halved", "one row more", "turned"


def _conjuncts(node: Node, field: str, called: str) -> Iterator[_Spot]:
    condition = getattr(node, field)
    joined = inner(condition)
    parts = joined.args if kind(condition) == "BoolExpr" and enum(joined, "boolop") == "AND_EXPR" else [condition]
    for number, part in enumerate(parts):
        if kind(part) == "A_Const":  # ON true
            continue
        clause = f"{called} {_words(part)}"
        yield _Spot(clause, LEFT_OUT, _without(field, number if len(parts) > 1 else None), part)


def _without(field: str, number: int | None) -> Change:
    def make(node: Node) -> None:
        condition = getattr(node, field)
        if number is None:
            if field == "quals":  # a join needs a condition
                condition.CopyFrom(_true())
            else:
                node.ClearField(field)
            return
        arguments = inner(condition).args
        del arguments[number]
        if len(arguments) == 1:
            (only,) = arguments
            kept = type(condition)()
            kept.CopyFrom(only)
            condition.CopyFrom(kept)

    return make


def _true() -> Node:
    return inner(statement(parse("SELECT true")).target_list[0]).val


def _limits(node: Node, *, top: bool) -> Iterator[_Spot]:
    if node.HasField("limit_count") and not _is_null(node.limit_count):
        clause = f"LIMIT {_words(node.limit_count)}"
        if enum(node, "limit_option") == "LIMIT_OPTION_COUNT":
            if top:  # one row more or all of them: either there is a row beyond the limit, or there is none
                yield _Spot(clause, MORE, _calculated("SELECT 1 + 1"), node.limit_count)
            else:
                yield _Spot(clause, LEFT_OUT, _without_limit, node.limit_count)
            yield _Spot(clause, HALVED, _calculated("SELECT 1 / 2"), node.limit_count)
        else:
            yield _Spot(f"{clause} WITH TIES", LEFT_OUT, _without_limit, node.limit_count)
    if node.HasField("limit_offset") and not _is_zero(node.limit_offset):
        offset = f"OFFSET {_words(node.limit_offset)}"
        yield _Spot(offset, LEFT_OUT, lambda one: one.ClearField("limit_offset"), node.limit_offset)


def _without_limit(node: Node) -> None:
    node.ClearField("limit_count")
    node.limit_option = node.DESCRIPTOR.fields_by_name["limit_option"].enum_type.values_by_name[
        "LIMIT_OPTION_DEFAULT"
    ].number  # fmt: skip


def _calculated(pattern: str) -> Change:
    """The limit in the place of the first operand of ``pattern``."""

    def make(node: Node) -> None:
        value = inner(statement(parse(pattern)).target_list[0]).val
        inner(value).lexpr.CopyFrom(node.limit_count)
        node.limit_count.CopyFrom(value)

    return make


def _distinct(node: Node) -> Iterator[_Spot]:
    if node.distinct_clause:
        first = node.distinct_clause[0]
        on = f" ON ({', '.join(map(_words, node.distinct_clause))})" if first.WhichOneof("node") else ""
        yield _Spot(f"DISTINCT{on}", LEFT_OUT, lambda one: one.ClearField("distinct_clause"), node)
    if enum(node, "op") == "SETOP_UNION" and not node.all:
        yield _Spot("UNION", "ALL added", _set("all", True), node)


def _turned(node: Node) -> _Spot:
    values = node.DESCRIPTOR.fields_by_name["sortby_dir"].enum_type.values_by_name
    down = enum(node, "sortby_dir") == "SORTBY_DESC"
    other = values["SORTBY_ASC" if down else "SORTBY_DESC"].number
    clause = f"ORDER BY {_words(node.node)}{' DESC' if down else ''}"
    return _Spot(clause, TURNED, _set("sortby_dir", other), node.node)


def _set(field: str, value: object) -> Change:
    return lambda node: setattr(node, field, value)


# ----------------------------------------------------------------------------------------------------------- nodes
def _is_null(node: Node) -> bool:
    return kind(node) == "A_Const" and inner(node).isnull


def _is_zero(node: Node) -> bool:
    return kind(node) == "A_Const" and inner(node).HasField("ival") and not inner(node).ival.ival


def _words(expression: Node) -> str:
    """An expression as SQL, parameters without their casts."""
    copy = type(expression)()
    copy.CopyFrom(expression)
    _bare(copy)
    return re.sub(r"\s+", " ", words(copy))


def _bare(node: Node) -> None:
    """Take the casts off parameters, in place."""
    if node.DESCRIPTOR.name == "Node" and kind(node) == "TypeCast" and kind(inner(node).arg) == "ParamRef":
        parameter = type(node)()
        parameter.CopyFrom(inner(node).arg)
        node.CopyFrom(parameter)
    for child in children(node):
        _bare(child)


def _line(text: str, node: Node) -> int:
    """The line of the first of its places; 0 where it has none."""
    places = [place for one in walk(node) if (place := getattr(one, "location", 0)) > 0]
    return text.encode()[: min(places)].count(b"\n") + 1 if places else 0


def _renumber(tree: Node) -> tuple[int, ...]:
    """Give the parameters that are left the numbers from 1 on; return the old ones, from 0."""
    found = [node for node in walk(tree) if kind(node) == "ParamRef"]
    used = sorted({node.number for node in found})
    for node in found:
        node.number = used.index(node.number) + 1
    return tuple(number - 1 for number in used)

"""The rows that a statement would read if its parameters did not narrow them: where values for those come from.

A level's FROM and WHERE are taken from its tree; every condition on a parameter whose value is not known yet is left
out, also in the subqueries below it. What the statement itself says (joins, constants) stays, so a value that is found
in these rows is one that the statement finds again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bench.inference.queries.expressions import outside_subqueries
from bench.inference.queries.scopes import STATEMENTS, Level
from bench.syntax.expressions import conjuncts, enum, expression, words
from bench.syntax.tree import Node, children, deparse, inner, kind, parse, statement, walk

Known = Mapping[int, str]
"""Number of a parameter to an SQL expression for its value."""


def quoted(name: str) -> str:
    """A name as SQL has to write it."""
    import postgast

    plain = name.replace("_", "a").isalnum() and name.lower() == name and not name[0].isdigit() and name.isascii()
    if plain and all(token.keyword_kind == 0 for token in postgast.scan(name).tokens):
        return name
    return '"' + name.replace('"', '""') + '"'


def rows_of(
    level: Level, columns: Sequence[tuple[str, Node]], known: Known, types: Sequence[str], *, linked: bool = False
) -> str:
    """A SELECT of ``columns`` (name, expression in words of the level) over the rows that the level would read.

    ``types`` are those of ``$1``…; NULL of that type takes the place of a parameter in what else remains. ``linked``:
    what stands behind IN gives only rows that its parent meets.
    """
    listed = ", ".join(called(words(_with_known(node, known, types)), quoted(name)) for name, node in columns)
    test = _membership(level) if linked else ""
    tail = _tail(level, known, types, test=test)
    if (level.correlated or test) and level.parent and level.how in ("exists", "in", "scalar", "from"):
        names = ", ".join(f"pgproof_inner.{quoted(name)}" for name, _ in columns)
        return _under(level.parent, f"(SELECT {listed} {tail}) AS pgproof_inner", names, known, types)
    return f"{_ctes(level, known, types)}SELECT {listed} {tail}"


def _membership(level: Level) -> str:
    """What ``a IN (SELECT b …)`` asks of ``b``, where it asks it of one plain column."""
    link = level.link
    if level.how != "in" or level.negated or link is None or not link.HasField("testexpr"):
        return ""
    targets = level.node.target_list
    if (
        len(targets) != 1
        or kind(link.testexpr) == "RowExpr"
        or any(kind(one) == "ParamRef" for one in walk(link.testexpr))
    ):
        return ""
    return f"({words(inner(targets[0]).val)}) = ({words(link.testexpr)})"


def called(text: str, name: str) -> str:
    """An expression under a name, which goes without saying where it is the column of that name."""
    return text if re.fullmatch(rf'(?:[\w"]+\.)?{re.escape(name)}', text) else f"{text} AS {name}"


def _under(parent: Level, part: str, names: str, known: Known, types: Sequence[str]) -> str:
    """The rows of a subquery that names columns of its parent, beside each row of that."""
    tail = _tail(parent, known, types, f"CROSS JOIN LATERAL {part}")
    if parent.correlated and parent.parent:
        return _under(parent.parent, f"(SELECT {names} {tail}) AS pgproof_inner", names, known, types)
    return f"{_ctes(parent, known, types)}SELECT {names} {tail}"


def _tail(level: Level, known: Known, types: Sequence[str], joined: str = "", test: str = "") -> str:
    """``FROM … WHERE …`` of a level, with something joined and one more condition."""
    node = loosened(level.node, known, types)
    tree = parse("SELECT 1 FROM t")
    select = statement(tree)
    del select.from_clause[:]
    if kind(node) != "SelectStmt":
        select.from_clause.add().range_var.CopyFrom(node.relation)
    for name in ("from_clause", "using_clause"):
        for item in getattr(node, name, ()):
            select.from_clause.add().CopyFrom(item)
    source = deparse(tree).removeprefix("SELECT 1").strip()
    condition = ""
    if hasattr(node, "where_clause") and node.HasField("where_clause"):
        condition = f" WHERE {words(node.where_clause)}"
    if test:
        condition = f" WHERE ({condition.removeprefix(' WHERE ')}) AND {test}" if condition else f" WHERE {test}"
    items = ", ".join(_from_items(select)) if joined else ""
    return f"FROM {items} {joined}{condition}" if joined else f"{source}{condition}"


def _from_items(select: Node) -> list[str]:
    found = []
    for item in select.from_clause:
        tree = parse("SELECT 1 FROM t")
        statement(tree).from_clause[0].CopyFrom(item)
        found.append(deparse(tree).removeprefix("SELECT 1 FROM "))
    # CROSS JOIN binds tighter than the comma: what stands beside has to be joined, too.
    return [" CROSS JOIN ".join(found)] if found else []


def _ctes(level: Level, known: Known, types: Sequence[str]) -> str:
    """The WITH that the level's names may need: of itself and its parents, but the query that the level is in."""
    found: list[str] = []
    recursive = False
    below: Level | None = None
    outer: Level | None = level
    while outer:
        clause = outer.node.with_clause if hasattr(outer.node, "with_clause") else None
        own = []
        for cte in clause.ctes if clause else ():
            one = inner(cte)
            if below and below.node == inner(one.ctequery):
                break
            if kind(one.ctequery) == "SelectStmt":
                names = f"({', '.join(quoted(inner(name).sval) for name in one.aliascolnames)})"
                query = _deparsed(loosened(inner(one.ctequery), known, types))
                own.append(f"{quoted(one.ctename)}{names if one.aliascolnames else ''} AS ({query})")
        recursive = recursive or bool(clause and clause.recursive)
        found = own + found
        below, outer = outer, outer.parent
    return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(found)} " if found else ""


def _deparsed(select: Node) -> str:
    tree = parse("SELECT 1")
    statement(tree).CopyFrom(select)
    return deparse(tree)


# --------------------------------------------------------------------------------------------------------- loosening
def loosened(node: Node, known: Known, types: Sequence[str]) -> Node:
    """A copy of a statement without its conditions on parameters that are not ``known``."""
    copy = type(node)()
    copy.CopyFrom(node)
    _loosen(copy, known)
    _substitute(copy, known, types)
    return copy


def _with_known(node: Node, known: Known, types: Sequence[str]) -> Node:
    copy = type(node)()
    copy.CopyFrom(node)
    _substitute(copy, known, types)
    return copy


def _loosen(node: Node, known: Known) -> None:
    one = inner(node)
    name = kind(one)
    for clause in ("where_clause", "having_clause", "quals"):
        if (
            clause in one.DESCRIPTOR.fields_by_name
            and one.HasField(clause)
            and (name in STATEMENTS or name == "JoinExpr")
        ):
            kept = [part for part in _copies(getattr(one, clause)) if not _is_open(part, known)]
            _put_back(one, clause, kept)
    if name == "SelectStmt":
        for limit in ("limit_count", "limit_offset"):
            if one.HasField(limit) and _open_numbers(getattr(one, limit), known):
                one.ClearField(limit)
    for child in children(one):
        _loosen(child, known)


def _copies(condition: Node) -> list[Node]:
    """Copies of the conditions that all have to be met."""
    copies = []
    for part in conjuncts(condition):
        copies.append(type(part)())
        copies[-1].CopyFrom(part)
    return copies


def _put_back(node: Node, clause: str, kept: Sequence[Node]) -> None:
    if not kept and clause == "quals":
        node.quals.CopyFrom(expression("true"))
    elif not kept:
        node.ClearField(clause)
    elif len(kept) == 1:
        getattr(node, clause).CopyFrom(kept[0])
    else:
        both = expression("true AND true")
        del both.bool_expr.args[:]
        both.bool_expr.args.extend(kept)
        getattr(node, clause).CopyFrom(both)


def _is_open(condition: Node, known: Known) -> bool:
    """Whether a condition cannot be kept: it is on an unknown parameter itself, or denies what a subquery asks of one.

    A subquery that only has to give a row is loosened by itself.
    """
    if any(kind(one) == "ParamRef" and one.number not in known for one in outside_subqueries(condition)):
        return True
    one = inner(condition)
    positive = kind(one) == "SubLink" and enum(one, "sub_link_type") in ("EXISTS_SUBLINK", "ANY_SUBLINK")
    return not positive and bool(_open_numbers(condition, known))


def _open_numbers(node: Node, known: Known) -> list[int]:
    return [one.number for one in walk(node) if kind(one) == "ParamRef" and one.number not in known]


def _substitute(node: Node, known: Known, types: Sequence[str]) -> None:
    if node.DESCRIPTOR.name == "Node" and kind(node) == "ParamRef":
        number = inner(node).number
        text = known.get(number) or f"NULL::{types[number - 1]}"
        node.CopyFrom(expression(text))
        return
    for child in children(node):
        _substitute(child, known, types)

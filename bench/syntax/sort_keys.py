"""Which rows of a statement tie in its ORDER BY: another statement that says so of the same rows.

PostgreSQL itself adds the keys of an ORDER BY that are not selected to the target list, and takes them away at the
end (findTargetlistEntrySQL99 in parse_clause.c). Here they stay, under names of their own, and the server numbers the
rows by them: what ties is decided by the operators of the types (1.0 and 1.00 do), never by what a value looks like.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.syntax.tree import Node, NotParsed, deparse, inner, kind, parse, statement


def ranked(text: str, columns: Sequence[str]) -> str | None:
    """The statement with one more column: a number, equal for rows that tie, rising in the order of its ORDER BY.

    The rows themselves come in any order. ``columns`` are the names of its result. None for a statement that promises
    no order: an ORDER BY of a subquery is no promise.

    Raises:
        NotParsed: its ORDER BY cannot be moved out of it.
    """
    select = statement(parse(text))
    if kind(select) != "SelectStmt" or not select.sort_clause:
        return None
    if any(kind(inner(cte).ctequery) != "SelectStmt" for cte in select.with_clause.ctes):
        raise NotParsed("it writes, which no subquery may")
    places = [_place(select, inner(item).node, columns, number) for number, item in enumerate(select.sort_clause)]
    added = sum(place >= len(columns) for place in places)
    names = [f"c{number}" for number in range(len(columns) + added)]
    shown = "".join(f"q.{name}, " for name in names[: len(columns)])
    keys = ", ".join(f"q.{names[place]}" for place in places)
    listed = ", ".join(names)  # names of our own: the statement itself goes in as a tree
    outer = parse(f"SELECT {shown} dense_rank() OVER (ORDER BY {keys}) FROM (SELECT) AS q ({listed})")  # noqa: S608
    whole = statement(outer)
    for key, item in zip(_window_keys(whole), select.sort_clause, strict=True):
        own = inner(item)
        key.sortby_dir, key.sortby_nulls = own.sortby_dir, own.sortby_nulls
        key.use_op.extend(own.use_op)
    inner(whole.from_clause[0]).subquery.select_stmt.CopyFrom(select)
    return deparse(outer)


def _window_keys(select: Node) -> list[Node]:
    call = inner(inner(select.target_list[-1]).val)
    return [inner(item) for item in call.over.order_clause]


def _place(select: Node, key: Node, columns: Sequence[str], number: int) -> int:
    """The column of the result, from 0, that holds a key; one is added where there is none."""
    found = inner(key)
    if kind(key) == "A_Const":
        return int(found.ival.ival) - 1
    if kind(key) == "ColumnRef" and len(found.fields) == 1 and kind(found.fields[0]) == "String":
        name = inner(found.fields[0]).sval
        if name in columns:  # the name of an output column wins over that of a table
            return columns.index(name)
    if select.values_lists or not select.target_list:
        raise NotParsed("an ORDER BY of VALUES by an expression")
    target = select.target_list.add().res_target
    target.name = f"pgproof_key_{number}"
    target.val.CopyFrom(key)
    keys: int = sum(inner(one).name.startswith("pgproof_key_") for one in select.target_list)
    return len(columns) + keys - 1

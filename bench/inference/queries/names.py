"""What a query is called: by the marks of sqlc, aiosql, PgTyped and HugSQL, else by what it does to which tables."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.syntax.tree import Node, NotParsed, inner, kind, parse, statement, walk

_MARKS = (
    re.compile(r"^\s*--\s*:name\s+(?P<name>[\w./-]+[?!*]?)(?:\s+:\S+)*\s*$", re.MULTILINE),  # HugSQL
    re.compile(
        r"^\s*(?:--|\#|/\*)\s*name\s*:\s*(?P<name>[A-Za-z_][\w.-]*)(?:\([^)\n]*\))?\s*"
        r"(?:<!|\*!|[\^$!\#~])?(?:\s+:\w+)?\s*(?:\*/)?\s*$",
        re.MULTILINE,
    ),  # sqlc, aiosql, yesql
    re.compile(r"^\s*(?:/\*+|\*)?\s*@name\s+(?P<name>\w+)", re.MULTILINE),  # PgTyped
)

WRITES = {"InsertStmt": "insert", "UpdateStmt": "update", "DeleteStmt": "delete", "MergeStmt": "merge"}

MOST = 60
"""Characters of a name: PostgreSQL's own are cut at 63, and a file of that name has to be made."""


def marked(comment: str) -> str:
    """The name that a comment gives to the statement below it; empty where it gives none."""
    for pattern in _MARKS:
        if found := pattern.search(comment):
            return found["name"]
    return ""


def snake(name: str) -> str:
    """``GetUser``, ``get-user`` and ``users.get`` as the name of a file: ``get_user``."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"\W+|_+", "_", text).strip("_").lower()[:MOST] or "query"


def title(name: str) -> str:
    """A name as words: ``get_user`` is ``Get user``."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def unique(name: str, taken: Iterable[str]) -> str:
    """``name``, with a number behind it where it is taken."""
    known = set(taken)
    return next(one for number in range(1, len(known) + 2) if (one := _nth(name, number)) not in known)


def _nth(name: str, number: int) -> str:
    return name if number == 1 else f"{name}_{number}"


def described(sql: str) -> str:
    """A name made of what a statement (with ``$n``) does: ``orders_by_customer_id``; empty where it is none."""
    try:
        top = statement(parse(sql))
    except NotParsed:
        return ""
    table = next((node.relname for node in walk(top) if kind(node) == "RangeVar"), "")
    verb = WRITES.get(kind(top), "count" if _counts(top) else "")
    columns = list(dict.fromkeys(_compared(top)))[:2]
    parts = [verb, table or "values", *(["by", "_and_".join(columns)] if columns else [])]
    return snake("_".join(part for part in parts if part))


def _counts(select: Node) -> bool:
    targets = [inner(inner(target).val) for target in getattr(select, "target_list", ())]
    return len(targets) == 1 and kind(targets[0]) == "FuncCall" and targets[0].agg_star


def _compared(top: Node) -> Iterable[str]:
    """Columns that stand opposite to a parameter."""
    for node in walk(top):
        if kind(node) == "A_Expr" and node.HasField("lexpr") and node.HasField("rexpr"):
            for one, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
                if any(kind(part) == "ParamRef" for part in walk(other)):
                    yield from (_last(part) for part in walk(one) if kind(part) == "ColumnRef")


def _last(column: Node) -> str:
    field = inner(column.fields[-1])
    return str(getattr(field, "sval", "")) or "row"

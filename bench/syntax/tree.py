"""A statement as the tree that PostgreSQL's grammar makes of it, and back: libpg_query, loaded when first asked.

Nodes are protobuf messages, named in libpg_query's pg_query.proto as in PostgreSQL's own parsenodes.h.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

WRITING = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}
_ASKS = re.compile(r"\(?\s*(SELECT|VALUES|TABLE)\b", re.IGNORECASE)

Node = Any
"""A protobuf message. One of type ``Node`` holds one of another type, which ``inner`` gives."""


class NotParsed(Exception):
    """The text is no statement of PostgreSQL's grammar, or more than one."""


def parse(text: str) -> Node:
    """The tree of the one statement in ``text``, which may hold ``$1``…

    Raises:
        NotParsed: it is no statement, or more than one.
    """
    import postgast  # a quarter of a second, which only who asks for a tree pays

    try:
        tree = postgast.parse(text)
    except postgast.PgQueryError as error:
        raise NotParsed(str(error)) from None
    if len(tree.stmts) != 1:
        raise NotParsed(f"{len(tree.stmts)} statements")
    return tree


def deparse(tree: Node) -> str:
    """The text of ``tree``, in a form of its own.

    Raises:
        NotParsed: the tree is none of a statement.
    """
    import postgast

    try:
        return str(postgast.deparse(tree))
    except postgast.PgQueryError as error:
        raise NotParsed(str(error)) from None


def statement(tree: Node) -> Node:
    """The statement of a tree: a SelectStmt, UpdateStmt…"""
    return inner(tree.stmts[0].stmt)


def inner(node: Node) -> Node:
    """What a ``Node`` holds; anything else, and an empty one, as it is."""
    if node.DESCRIPTOR.name != "Node":
        return node
    kind = node.WhichOneof("node")
    return getattr(node, kind) if kind else node


def kind(node: Node) -> str:
    """The name of its type: ``ColumnRef``."""
    return str(inner(node).DESCRIPTOR.name)


def walk(node: Node) -> Iterator[Node]:
    """``node`` and all below it, from the top, ``Node`` wrappers left out."""
    node = inner(node)
    yield node
    for child in children(node):
        yield from walk(child)


def children(node: Node) -> Iterator[Node]:
    """The messages in the fields of ``node``, wrappers as they are."""
    for field, value in node.ListFields():
        if field.message_type is not None:
            yield from [value] if hasattr(value, "ListFields") else value


def writes(node: Node | None, text: str) -> bool:
    """Whether a statement changes or locks rows, at any depth; without a tree, by how its text begins."""
    if node is None:
        return not _ASKS.match(text)
    return any(kind(one) in WRITING or kind(one) == "LockingClause" for one in walk(node))

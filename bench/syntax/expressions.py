"""SQL expressions by themselves: to a tree and back, split at AND, and names as SQL writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from bench.syntax.tree import Node, deparse, inner, kind, parse, statement

_UNRESERVED = 1
"""KeywordKind of libpg_query: 0 is no keyword."""
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def expression(text: str) -> Node:
    """An SQL expression as a tree.

    Raises:
        NotParsed: it is none.
    """
    return inner(statement(parse(f"SELECT {text}")).target_list[0]).val


def words(node: Node) -> str:
    """An expression as SQL."""
    tree = parse("SELECT 1")
    target = inner(statement(tree).target_list[0]).val
    if node.DESCRIPTOR.name == "Node":
        target.CopyFrom(node)
    else:
        wrapper = next(field.name for field in target.DESCRIPTOR.fields if field.message_type is node.DESCRIPTOR)
        getattr(target, wrapper).CopyFrom(node)
    return deparse(tree).removeprefix("SELECT ")


def conjuncts(node: Node) -> Iterator[Node]:
    """The parts of a condition that are joined by AND, at any depth."""
    one = inner(node)
    if kind(node) == "BoolExpr" and enum(one, "boolop") == "AND_EXPR":
        for part in one.args:
            yield from conjuncts(part)
    else:
        yield node


def enum(node: Node, field: str) -> str:
    """The name of the value of an enumeration."""
    described = node.DESCRIPTOR.fields_by_name[field]
    return str(described.enum_type.values_by_number[getattr(node, field)].name)


@cache
def quoted(name: str) -> str:
    """A name as SQL has to write it, and as the server's quote_ident does: of the keywords, all but the unreserved."""
    import postgast

    if _PLAIN.fullmatch(name) and all(token.keyword_kind <= _UNRESERVED for token in postgast.scan(name).tokens):
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(name: str, schema: str) -> str:
    """``schema.name``, both as SQL has to write them."""
    return f"{quoted(schema)}.{quoted(name)}"

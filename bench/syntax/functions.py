"""The functions that a statement calls."""

from __future__ import annotations

from functools import cache

from bench.syntax.tree import NotParsed, inner, kind, parse, walk


@cache
def functions_called(text: str) -> tuple[str, ...]:
    """Their names as the statement writes them, schema and all; none of a text that is no statement."""
    if "(" not in text:
        return ()
    try:
        calls = [node for node in walk(parse(text)) if kind(node) == "FuncCall"]
    except NotParsed:
        return ()
    return tuple(dict.fromkeys(".".join(inner(part).sval for part in call.funcname) for call in calls))

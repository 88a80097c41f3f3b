"""The body of a PL/pgSQL routine: the SQL in it, and the texts that it runs as SQL."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

Beyond = Callable[[str], tuple[str, int]]
Words = Callable[..., str]

Json = Any

DYNAMIC = {"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors", "dynquery"}
"""Where libpg_query puts an expression whose value is run as SQL: EXECUTE, a loop over it, RETURN QUERY EXECUTE."""

ASSIGNMENT = re.compile(r"\s*[\w.\"\[\]$]+\s*:?=\s*", re.DOTALL)


ROUTINES = tuple(
    f"CREATE FUNCTION f(new record, old record) RETURNS {returns} LANGUAGE plpgsql AS {{}}"
    for returns in ("record", "void", "SETOF record")
)
"""What a body may be of: libpg_query insists that RETURN fits, and that NEW and OLD are known. A trigger's it would
give as JSON that is not valid."""


def routine_body(body: str, beyond: Beyond, words: Words) -> str:
    """What in the body reaches beyond its database; empty where nothing does.

    The texts that EXECUTE is given count by their words, however they are put together from constants. A body that
    libpg_query cannot take apart (it does not know the user's types) is judged by all its words.
    """
    tree = _tree(body)
    if tree is None:
        return words(body, strings=True)
    for expression, dynamic in _expressions(tree, dynamic=False):
        if found := _in_expression(expression, dynamic, beyond, words):
            return found
    return ""


def _tree(body: str) -> Json:
    from postgast import PgQueryError, parse_plpgsql

    quoted = "E'" + body.replace("'", "''").replace(chr(92), chr(92) * 2) + "'"
    for routine in ROUTINES:
        with contextlib.suppress(PgQueryError, ValueError):
            return parse_plpgsql(routine.format(quoted))
    return None


def _expressions(node: Json, *, dynamic: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(node, list):
        for item in node:
            yield from _expressions(item, dynamic=dynamic)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "PLpgSQL_expr":
                yield value["query"], dynamic
            else:
                # What stands in the body of a loop over EXECUTE is not dynamic itself, but is checked as if: rather
                # one word too many.
                yield from _expressions(value, dynamic=dynamic or key in DYNAMIC)


def _in_expression(text: str, dynamic: bool, beyond: Beyond, words: Words) -> str:
    from postgast import PgQueryError, parse

    for candidate in (text, f"SELECT {text}", f"SELECT {ASSIGNMENT.sub('', text, count=1)}"):
        try:
            parse(candidate)
        except PgQueryError:
            continue
        if found := beyond(candidate)[0]:
            return found
        return _in_constants(candidate, words) if dynamic else ""
    return words(text, strings=True)


def _in_constants(sql: str, words: Words) -> str:
    from postgast import parse
    from postgast.walk import walk

    texts = [node.sval for field, node in walk(parse(sql)) if field == "sval" and hasattr(node, "sval")]
    return words("".join(texts), strings=True) or words(" ".join(texts), strings=True)

"""The column that a parameter meets in the generic plan of its statement: through views and functions, too.

The tree of a statement ends at a view; the server's plan has the tables behind it. The plan is forced to be generic
(``plan_cache_mode``), so that ``$1`` still stands in its conditions, on every version of the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psycopg

from bench.model import Json
from bench.plans.parse import walk as nodes_of
from bench.plans.tree import CONDITIONS
from bench.postgres.connection import Connection
from bench.syntax.tree import Node, NotParsed, inner, kind, parse, statement, walk

NAME = "pgproof_generic"


def plan_columns(connection: Connection, text: str, count: int) -> dict[int, tuple[str, str]]:
    """Number of a parameter to the relation (qualified) and the column that it is compared with.

    ``text`` has ``$n`` with casts. Empty where the server makes no plan of it.
    """
    found: dict[int, tuple[str, str]] = {}
    plan = _generic_plan(connection, text, count)
    for node in nodes_of(plan) if plan else ():
        aliases = _aliases(node)
        for condition in CONDITIONS:
            if isinstance(words := node.get(condition), str):
                for number, column in _pairs(words):
                    qualifier, name = column
                    relation = aliases.get(qualifier) or (next(iter(aliases.values()), "") if not qualifier else "")
                    if relation:
                        found.setdefault(number, (relation, name))
    return found


def _generic_plan(connection: Connection, text: str, count: int) -> Json | None:
    nulls = f"({', '.join(['NULL'] * count)})" if count else ""
    cursor = psycopg.RawCursor(connection)
    try:
        with connection.transaction():
            cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan", prepare=False)
            cursor.execute(f"PREPARE {NAME} AS {text}", prepare=False)
            explained = cursor.execute(
                f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) EXECUTE {NAME}{nulls}", prepare=False
            )
            document = explained.fetchall()[0][0]
            cursor.execute(f"DEALLOCATE {NAME}", prepare=False)
    except psycopg.Error as error:
        if error.diag.sqlstate is None:
            raise
        with suppress(psycopg.Error), connection.transaction():  # a prepared statement outlives its transaction
            cursor.execute(f"DEALLOCATE {NAME}", prepare=False)
        return None
    return document[0]["Plan"]


def _aliases(node: Json) -> dict[str, str]:
    """Names that the conditions of a node use, to the tables below it."""
    return {
        str(one["Alias"]): f"{one['Schema']}.{one['Relation Name']}"
        for one in nodes_of(node)
        if one.get("Relation Name") and one.get("Schema")
    }


def _pairs(condition: str) -> Iterator[tuple[int, tuple[str, str]]]:
    try:
        where = inner(statement(parse(f"SELECT 1 WHERE {condition}"))).where_clause
    except NotParsed:
        return
    for one in walk(where):
        if kind(one) == "A_Expr":
            for side, other in ((one.lexpr, one.rexpr), (one.rexpr, one.lexpr)):
                number, column = _only(side, "ParamRef"), _only(other, "ColumnRef")
                if number is not None and column is not None:
                    names = [str(inner(part).sval) for part in column.fields]
                    yield number.number, (names[-2] if len(names) > 1 else "", names[-1])


def _only(side: Node, wanted: str) -> Node | None:
    """The one node of that kind, where nothing but casts and functions is around it."""
    found = [one for one in walk(side) if kind(one) == wanted]
    other = {"ParamRef", "ColumnRef", "SubLink", "A_Expr"} - {wanted}
    return found[0] if len(found) == 1 and not any(kind(one) in other for one in walk(side)) else None

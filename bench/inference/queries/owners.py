"""Which owner of rows a class asks for: by rank among those that have some, or one that has none."""

# ruff: noqa: S608  (the SELECTs made here are text for a file; every name in them is quoted)
from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.inference.queries.choice import Owner
from bench.inference.queries.found import quoted
from bench.inference.queries.surroundings import Surroundings
from bench.inference.queries.uses import Use

NOBODY = "ffffffff-ffff-4fff-bfff-ffffffffffff"
"""A UUID that no generator gives by chance."""


def ranked(owner: Owner | int, counted: str, listed: str, limit: int) -> str:
    """ORDER BY … LIMIT … over the owners in ``counted``, ties broken by their keys ``listed``."""
    if owner == "tiny":
        return f"ORDER BY row_count, {listed} LIMIT {limit}"
    offset = {
        "hot": "",
        "p90": f" OFFSET (SELECT count(*) / 10 FROM {counted})",
        "median": f" OFFSET (SELECT count(*) / 2 FROM {counted})",
    }.get(str(owner), f" OFFSET {int(owner) - 1 if isinstance(owner, int) else 0}")
    return f"ORDER BY row_count DESC, {listed} LIMIT {limit}{offset}"


def absent(
    around: Surroundings, owners: Sequence[Use], columns: Sequence[str], names: Mapping[str, str], *, listed: bool
) -> str:
    """A SELECT of an owner that has no rows.

    It is a parent without children where there is one, else a key that nobody has; of several parameters the last
    one alone is absent.
    """
    *first, last = columns
    value = _absent(around, owners[-1], last, names)
    if listed:
        value = f"ARRAY[{value}]"
    if not first:
        return f"SELECT {value} AS {last}, 0 AS row_count"
    kept = f"SELECT {', '.join(first)} FROM {names['counted']} ORDER BY row_count DESC, {', '.join(columns)} LIMIT 1"
    others = ", ".join(f"present.{one}" for one in first)
    return f"SELECT {others}, {value} AS {last}, 0 AS row_count FROM ({kept}) AS present"


def _absent(around: Surroundings, use: Use, column: str, names: Mapping[str, str]) -> str:
    counted, unknown = names["counted"], _unknown(around, use, names["found"])
    for key in around.references_of(use.origin):
        parent = around.relations.by_name.get(key.table)
        if len(key.columns) == 1 and parent and use.bare:
            to, table = quoted(key.to[0]), f"{quoted(parent.schema)}.{quoted(parent.table)}"
            without = (  # NOT IN is hashed, where NOT EXISTS may go through the CTE for each parent
                f"SELECT p.{to} FROM {table} AS p WHERE p.{to} NOT IN (SELECT {column} FROM {counted})"
                f" ORDER BY p.{to} LIMIT 1"
            )
            return f"coalesce(({without}), {unknown})" if unknown != "NULL" else f"({without})"
    return unknown


def _unknown(around: Surroundings, use: Use, found: str) -> str:
    """A value that no row has; NULL where the type has none to give."""
    relation = around.relations.by_name.get(use.origin[0])
    kind = relation.columns[use.origin[1]] if relation and use.origin[1] in relation.columns else None
    if not kind or not use.bare:
        return "NULL" if not kind or kind.category != "S" else f"'{NOBODY}'"
    if kind.type == "uuid":
        return f"'{NOBODY}'::uuid"
    if kind.category == "N":
        own = f"{quoted(relation.schema)}.{quoted(relation.table)}" if relation else found
        return f"(SELECT coalesce(max(o.{quoted(use.origin[1])}), 0) + 1 FROM {own} AS o)"
    if kind.category == "S":
        return f"'{NOBODY}'::{kind.type}"
    if kind.category == "D" and ("timestamp" in kind.type or kind.type == "date"):
        return f"'2999-12-31'::{kind.type}"
    return "NULL"

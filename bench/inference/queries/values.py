"""SQL for the values of a single parameter, out of rows that hold what it is compared with."""

# ruff: noqa: S608  (the SELECTs made here are text for a file; every name in them is quoted)
from __future__ import annotations

from bench.inference.queries.choice import Choice
from bench.inference.queries.uses import Use

COMMON = 3
"""Characters of a pattern that many rows have: what is typed before a search answers."""

LONGEST = 40
"""Characters of a pattern that hardly one row has."""

ABSENT = "zqxjkvzz"
"""A word that no row has."""


def bound(use: Use, column: str, type_name: str, share: float) -> str:
    """An aggregate: the bound that leaves ``share`` of the rows inside, moved a little where it is itself outside."""
    place = 1 - share if use.role == "low" else share
    value = f"percentile_disc({round(place, 4)}) WITHIN GROUP (ORDER BY {column})"
    if not use.strict:
        return value
    sign = "-" if use.role == "low" else "+"
    if type_name == "date":
        return f"{value} {sign} 1"
    if "timestamp" in type_name or type_name == "interval":
        return f"{value} {sign} interval '1 second'"
    if type_name in ("smallint", "integer", "bigint", "numeric", "real", "double precision"):
        return f"{value} {sign} 1"
    return value


def searched(use: Use, column: str, type_name: str, rows: tuple[str, str], choice: Choice) -> str:
    """A SELECT of one value ``v`` for a parameter that looks for a part of something.

    ``rows`` are what stands behind FROM, and a WHERE behind that, which may be empty.
    """
    table, where = rows
    text = f"({column})::text"
    match use.role:
        case "pattern" | "regex":
            return _pattern(use, text, f"FROM {table}{where}", choice)
        case "search":
            parts, value = f"unnest(tsvector_to_array({column}))", "e"
        case "member":
            parts, value = f"unnest({column})", "e"
        case "contains" if type_name == "jsonb":
            parts = f"jsonb_each(CASE jsonb_typeof({column}) WHEN 'object' THEN {column} END)"
            value = "jsonb_build_object(e.key, e.value)"
        case "contains" if type_name.endswith("[]"):
            parts, value = f"unnest({column})", "ARRAY[e]"
        case "key" if type_name == "text":
            parts = (
                f"jsonb_object_keys(CASE jsonb_typeof(to_jsonb({column})) WHEN 'object' THEN to_jsonb({column}) END)"
            )
            value = "e"
        case _:
            return f"SELECT {column} AS v FROM {table}{where} ORDER BY {text} LIMIT 1"
    if choice.pattern == "none" and (use.role == "search" or type_name == "text"):
        return f"SELECT '{ABSENT}' AS v"
    order = "count(*)" if choice.pattern == "rare" else "count(*) DESC"
    lateral = f"{table} CROSS JOIN LATERAL {parts} AS e"
    return f"SELECT {value} AS v FROM {lateral}{where} GROUP BY 1 ORDER BY {order}, 1 LIMIT 1"


def _pattern(use: Use, text: str, source: str, choice: Choice) -> str:
    before, behind = use.affixes
    if choice.pattern == "none":
        value, found = "'" + ABSENT + "'", ""
    elif choice.pattern == "rare":
        value = "v"
        found = f"SELECT left({text}, {LONGEST}) AS v {source} GROUP BY 1 ORDER BY count(*), 1 LIMIT 1"
    else:
        part = f"{'right' if before and not behind else 'left'}({text}, {COMMON})"
        found = f"SELECT {part} AS v {source} GROUP BY 1 ORDER BY length({part}) DESC, count(*) DESC, 1 LIMIT 1"
        value = "v"
    if use.role == "regex":
        value = f"regexp_replace({value}, '([^[:alnum:] ])', '\\\\\\1', 'g')"
    else:
        value = f"regexp_replace({value}, '([\\\\%_])', '\\\\\\1', 'g')"
        if not before and not behind:
            value = f"'%' || {value} || '%'"
    return f"SELECT {value} AS v FROM ({found}) AS part" if found else f"SELECT {value} AS v"

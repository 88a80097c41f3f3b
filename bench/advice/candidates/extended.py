"""Extended statistics, where the server is wrong about several columns at once, or about an expression."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bench.advice.candidates.context import EQUALITIES, Context
from bench.advice.candidates.demands import Demand
from bench.advice.candidates.shapes import NAME_BYTES
from bench.model.advice import Candidate
from bench.model.schema import Table
from bench.report.numbers import count, digits
from bench.syntax.expressions import qualified, quoted

OFF = 10.0
"""Times that an estimate and the rows that came differ, from which another plan may be chosen for it."""

END = "_stat"
COLUMNS = 8
"""That one object is about at the most (STATS_MAX_DIMENSIONS in the server's statistics.h)."""


def statistics(demands: Sequence[Demand], context: Context) -> Iterator[Candidate]:
    """One object for each set of columns, or expression, that is estimated wrongly in some class."""
    found: dict[tuple[str, ...], tuple[float, Demand, str]] = {}
    queries: dict[tuple[str, ...], list[str]] = {}
    for demand in demands:
        for parts, off, says in (*_filtered(demand, context), *_grouped(demand)):
            key = (demand.table.name, *parts)
            queries.setdefault(key, []).append(demand.query)
            if off > found.get(key, (0.0,))[0]:
                found[key] = off, demand, says
    for key, (off, demand, says) in sorted(found.items(), key=lambda item: item[0]):
        if not _is_there(demand.table, key[1:], context):
            reason = f"{demand.query}[{demand.parameter_class}] {says}: {digits(off)} times off."
            yield _candidate(demand.table, key[1:], reason, tuple(dict.fromkeys(queries[key])))


Wrong = tuple[tuple[str, ...], float, str]
"""Columns or an expression, how many times the server was wrong about them, and that in words."""


def _filtered(demand: Demand, context: Context) -> Iterator[Wrong]:
    if demand.off < OFF:
        return
    columns, expressions = _about(demand, context)
    for parts in ([columns] if len(columns) > 1 else []) + [(one,) for one in expressions]:
        expected = f"was expected to find {count(demand.estimated)} rows of {demand.table.name} by {', '.join(parts)}"
        yield parts, demand.off, f"{expected}, and found {count(demand.rows)}"


def _grouped(demand: Demand) -> Iterator[Wrong]:
    expected, found = (max(number, 1.0) for number in demand.grouped)
    off = max(expected / found, found / expected)
    parts = tuple(sorted(key.key for key in demand.groups))
    if demand.executed and off >= OFF and 1 < len(parts) <= COLUMNS:
        yield (
            parts,
            off,
            f"was expected to find {count(expected)} groups of {', '.join(parts)}, and found {count(found)}",
        )


def _about(demand: Demand, context: Context) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns that are filtered together, quoted, and expressions of which nothing is known."""
    columns, expressions = set(), set()
    for term in demand.terms:
        if term.others or term.kind not in (*EQUALITIES, "member", "range"):
            continue
        if term.is_column:
            columns.add(term.key)
        elif context.is_expression(demand.table, term.key):
            expressions.add(term.key)
    return tuple(sorted(columns))[:COLUMNS], tuple(sorted(expressions))


def _is_there(table: Table, parts: Sequence[str], context: Context) -> bool:
    for one in context.facts.statistics:
        have = {*map(quoted, one.columns), *one.expressions}
        if one.table == table.name and set(parts) <= have:
            return True
    return len(parts) == 1 and any(
        key.text == parts[0] for index in context.there(table) for key in index.keys
    )  # an index on an expression brings its statistics


def _candidate(table: Table, parts: Sequence[str], reason: str, queries: tuple[str, ...]) -> Candidate:
    single = len(parts) == 1
    words = "_".join(re.findall(r"[^\W_]+", f"{table.table} {' '.join(parts)}".lower().replace(" from ", " ")))
    stem = words.encode()[: NAME_BYTES - len(END)].decode(errors="ignore").rstrip("_")
    full = qualified(stem + END, table.schema)
    on = f"({parts[0]})" if single else ", ".join(parts)
    kinds = "" if single else " (ndistinct, dependencies, mcv)"
    return Candidate(
        name=stem + END,
        kind="statistics",
        family="expression" if single else "columns together",
        tables=(table.name,),
        ddl=f"CREATE STATISTICS {full}{kinds} ON {on} FROM {qualified(table.table, table.schema)}",
        undo=f"DROP STATISTICS {full}",
        queries=queries,
        reason=reason,
    )

"""Probes: queries that any application over a schema is likely to send, where nobody gave its own.

Of each kind those over the most rows come first, and the kinds take turns, so that forty say something of everything.
"""

# ruff: noqa: S608  (the statements made here are text for a file; every name in them is quoted)
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest

from bench.inference.queries import names
from bench.inference.queries.bare import BareQuery
from bench.inference.queries.found import quoted
from bench.inference.queries.surroundings import Reference
from bench.model.schema import Column, ForeignKey, Index, Schema, Table
from bench.workload.sqlfile import HeaderLine

PROBES = "probes"
"""What they have in the place of a file."""

MOST = 40
PAGE = 20
"""Rows of a list, as most applications show them."""

_TIMES = ("created_at", "inserted_at", "created", "created_on", "occurred_at", "timestamp", "sent_at", "updated_at")
"""Columns that say when a row came about, likelier ones first."""

_STATES = re.compile(r"(^|_)(status|state|type|kind|role|category|priority|level|stage)$")
_WORDS = re.compile(r"= ANY \(+ARRAY\[")


@dataclass(frozen=True, slots=True)
class _Probe:
    """One candidate, with the rows that it goes over."""

    kind: str
    rows: int
    name: str
    asks: str
    sql: str
    classes: tuple[tuple[str, str, str], ...] = ()
    """Name, SELECT and reason of classes of its own."""


def probes(
    schema: Schema, sizes: Mapping[str, int], found: Iterable[Reference] = (), most: int = MOST
) -> list[BareQuery]:
    """At most ``most`` of them over tables with rows; ``sizes`` are rows by table, ``found`` undeclared references."""
    extra: dict[str, list[ForeignKey]] = {}
    for name, key in found:
        extra.setdefault(name, []).append(key)
    tables = [table for table in schema.tables if not table.partition_of and sizes.get(table.name, 0) > 0]
    made = [one for table in tables for one in _of_table(table, schema, sizes, extra.get(table.name, []))]
    kinds: dict[str, list[_Probe]] = {kind: [] for kind in _KINDS}
    for one in sorted(made, key=lambda one: (-one.rows, one.name)):
        kinds[one.kind].append(one)
    turns = [one for one in chain.from_iterable(zip_longest(*kinds.values())) if one][:most]
    bare: list[BareQuery] = []
    for one in sorted(turns, key=lambda one: (-one.rows, one.name)):
        name = names.unique(names.snake(one.name), (other.name for other in bare))
        asks = f"Probe: {one.asks}"
        header = [
            HeaderLine(key, value, 1)
            for name_of, select, why in one.classes
            for key, value in ((f"class {name_of}", select), (f"why {name_of}", why))
        ]
        title = f"Probe: {names.title(name)}"
        bare.append(BareQuery(name, one.sql, PROBES, len(bare) + 1, title, asks, header=tuple(header)))
    return bare


_KINDS = ("children", "key", "state", "delete", "count", "time", "unique")


def _of_table(table: Table, schema: Schema, sizes: Mapping[str, int], extra: Iterable[ForeignKey]) -> Iterator[_Probe]:
    rows, name = sizes[table.name], _name(table)
    order = _newest_first(table)
    keys = [*table.foreign_keys, *extra]
    for index in table.indexes:
        if index.unique and index.plain and not index.operators:
            yield _by_key(table, index, rows)
    for key in keys:
        condition = " AND ".join(f"{quoted(one)} = :{_parameter(one)}" for one in key.columns)
        by = _words(key.columns)
        asks = f"The newest {PAGE} rows of {table.table} for one {key.table.partition('.')[2]}, by {by}."
        yield _Probe("children", rows, f"{table.table}_of_{_of(key)}", asks,
                     f"SELECT *\nFROM {name}\nWHERE {condition}\n{order}LIMIT {PAGE}")  # fmt: skip
        listed = ", ".join(quoted(one) for one in key.columns)
        asks = f"How many rows of {table.table} does each {key.table.partition('.')[2]} have? The first {PAGE}."
        yield _Probe("count", rows, f"count_{table.table}_by_{_of(key)}", asks,
                     f"SELECT {listed}, count(*) AS {quoted('rows')}\nFROM {name}\nGROUP BY {listed}\n"
                     f"ORDER BY count(*) DESC, {listed}\nLIMIT {PAGE}")  # fmt: skip
        parent = schema.by_name.get(key.table)
        if parent and key.declared and not _supported(table, key) and sizes.get(key.table, 0) > 0:
            yield _deletion(table, parent, key, schema, rows)
    yield from _filters(table, rows, order)


def _by_key(table: Table, index: Index, rows: int) -> _Probe:
    condition = " AND ".join(f"{quoted(one)} = :{_parameter(one)}" for one in index.keys)
    what = "primary key" if index.primary else "unique key"
    asks = f"One row of {table.table} by its {what} ({_words(index.keys)})."
    name = f"{table.table}_by_{'_and_'.join(index.keys)}"
    return _Probe("key" if index.primary else "unique", rows, name, asks,
                  f"SELECT *\nFROM {_name(table)}\nWHERE {condition}")  # fmt: skip


def _filters(table: Table, rows: int, order: str) -> Iterator[_Probe]:
    name, moment = _name(table), _time(table)
    for column in table.columns:
        if _is_state(table, column):
            asks = f"The newest {PAGE} rows of {table.table} with one {column.name}."
            yield _Probe("state", rows, f"{table.table}_with_{column.name}", asks,
                         f"SELECT *\nFROM {name}\nWHERE {quoted(column.name)} = :{_parameter(column.name)}\n"
                         f"{order}LIMIT {PAGE}")  # fmt: skip
    if moment:
        when = quoted(moment.name)
        stem = _parameter(re.sub(r"_at$", "", moment.name))
        asks = f"The rows of {table.table} in a span of time, the newest {PAGE}."
        yield _Probe("time", rows, f"{table.table}_in_time", asks,
                     f"SELECT *\nFROM {name}\nWHERE {when} >= :{stem}_from AND {when} <= :{stem}_to\n"
                     f"{order}LIMIT {PAGE}")  # fmt: skip


def _deletion(child: Table, parent: Table, key: ForeignKey, schema: Schema, rows: int) -> _Probe:
    """Deleting a row of the parent makes the server look for its children, without an index to look in."""
    condition = " AND ".join(f"{quoted(one)} = :{_parameter(one)}" for one in key.to)
    asks = (
        f"Delete a row of {parent.table}: for {key.name} the server looks through all of {child.table}, since no index"
        f" begins with {_words(key.columns)}."
    )
    chosen = ", ".join(f"p.{quoted(one)}" + (f" AS {_parameter(one)}" if _parameter(one) != quoted(one) else "")
                       for one in key.to)  # fmt: skip
    order = ", ".join(f"p.{quoted(one)}" for one in key.to)
    holders = [(one, other) for one in schema.tables for other in one.foreign_keys if other.table == parent.name]
    childless = " AND ".join(_no_child(one, other) for one, other in holders if not one.partition_of)
    source = f"FROM {_name(parent)} AS p"
    classes = [("childless", f"SELECT {chosen} {source} WHERE {childless} ORDER BY {order} LIMIT 1",
                f"a row of {parent.table} that nothing refers to: nothing forbids that it goes")]  # fmt: skip
    if key.on_delete != "no action" and key.on_delete != "restrict":
        offset = f"(SELECT count(*) / 2 FROM {_name(parent)})"
        classes.append(("median", f"SELECT {chosen} {source} ORDER BY {order} LIMIT 1 OFFSET {offset}",
                        f"a row from the middle of {parent.table}, its children go with it or are let go"))  # fmt: skip
    sql = f"DELETE FROM {_name(parent)}\nWHERE {condition}"
    return _Probe("delete", rows, f"delete_{parent.table}_of_{child.table}", asks, sql, tuple(classes))


def _no_child(child: Table, key: ForeignKey) -> str:
    pairs = zip(key.columns, key.to, strict=True)
    joined = " AND ".join(f"c.{quoted(own)} = p.{quoted(to)}" for own, to in pairs)
    return f"NOT EXISTS (SELECT FROM {_name(child)} AS c WHERE {joined})"


# ----------------------------------------------------------------------------------------------------------- columns
def _supported(table: Table, key: ForeignKey) -> bool:
    """Whether an index begins with the columns of the key, in any order."""
    wanted = set(key.columns)
    return any(
        not index.predicate and index.valid and set(index.keys[: len(wanted)]) == wanted for index in table.indexes
    )


def _is_state(table: Table, column: Column) -> bool:
    plain = column.type.plain
    if plain.kind == "enum":
        return True
    listed = any(column.name in check.columns and _WORDS.search(check.expression) for check in table.checks)
    textual = plain.name in ("text", "varchar", "bpchar", "int2", "int4")
    return textual and (listed or bool(_STATES.search(column.name)))


def _time(table: Table) -> Column | None:
    moments = [one for one in table.columns if one.type.plain.name in ("timestamp", "timestamptz", "date")]
    named = [one for name in _TIMES for one in moments if one.name.lower() == name]
    return next(iter([*named, *(one for one in moments if one.not_null)]), None)


def _newest_first(table: Table) -> str:
    moment, key = _time(table), table.primary_key
    columns = [moment.name] if moment else []
    columns += [one for one in (key.keys if key and key.plain else ()) if one not in columns]
    return f"ORDER BY {', '.join(f'{quoted(one)} DESC' for one in columns)}\n" if columns else ""


def _name(table: Table) -> str:
    named = quoted(table.table)
    return named if table.schema == "public" else f"{quoted(table.schema)}.{named}"


def _parameter(column: str) -> str:
    name = re.sub(r"\W", "_", column)
    return name if re.match(r"[A-Za-z_]", name) else f"p_{name}"


def _words(columns: Iterable[str]) -> str:
    return ", ".join(columns)


def _of(key: ForeignKey) -> str:
    return "_and_".join(re.sub(r"_id$", "", one) for one in key.columns)

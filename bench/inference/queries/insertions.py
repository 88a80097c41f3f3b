"""Values for a row that an INSERT makes: like those of a row that is there, with new keys.

Taken from one row in the middle of the table, so that what its CHECKs ask of several columns together is met; columns
of a unique index get a value that no row has, one column of each index at least.
"""

# ruff: noqa: S608  (the SELECTs made here are text for a file; every name in them is quoted)
from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bench.inference.queries.choice import Choice
from bench.inference.queries.found import quoted
from bench.inference.queries.surroundings import Surroundings
from bench.inference.queries.uses import Use
from bench.model.schema import Column, Index, Table

if TYPE_CHECKING:
    from bench.inference.queries.class_sql import Shape

CANDIDATES = 200
"""Parents of each side among which a pair is looked for that no row has yet."""

SHORT = 40
"""Characters: in less there is no room for a mark before a value that is there already."""


def inserted(shape: Shape, choice: Choice) -> str:
    """A SELECT of the values of all parameters that a statement writes, named like them."""
    around = shape.around
    tables = list(dict.fromkeys(use.origin[0] for use in shape.inserts))
    columns, sources = [], []
    for number, name in enumerate(tables, 1):
        relation, alias = around.relations[name], f"t{number}"
        row = f"{quoted(relation.schema)}.{quoted(relation.table)}"
        order = _order(around, name)
        sources.append(
            f"(SELECT * FROM {row} ORDER BY {order} LIMIT 1 OFFSET (SELECT count(*) / 2 FROM {row})) AS {alias}"
        )
        table = around.table(name)
        given = {use.origin[1] for use in shape.inserts if use.origin[0] == name}
        fresh = _Fresh(around, table, given, alias, row) if table and not choice.existing else None
        seen: Counter[str] = Counter()
        for use in (one for one in shape.inserts if one.origin[0] == name):
            seen[use.origin[1]] += 1
            value = fresh.value(use, seen[use.origin[1]]) if fresh else f"{alias}.{quoted(use.origin[1])}"
            columns.append(f"{value} AS {shape.name(use)}")
        if fresh and fresh.pair:
            sources.append(f"({fresh.pair}) AS {alias}_pair")
    joined = sources[0] + "".join(f" LEFT JOIN {one} ON true" for one in sources[1:])
    return f"SELECT {', '.join(columns)} FROM (SELECT 1) AS one LEFT JOIN {joined} ON true"


def _order(around: Surroundings, name: str) -> str:
    table = around.table(name)
    key = table.primary_key if table else None
    columns = key.keys if key and key.plain else [f"({quoted(one)})::text" for one in around.relations[name].columns]
    return ", ".join(quoted(one) if key and key.plain else one for one in columns)


class _Fresh:
    """New values for the unique columns of a table."""

    def __init__(self, around: Surroundings, table: Table, given: set[str], alias: str, row: str) -> None:
        self.around, self.table, self.given, self.alias, self.row = around, table, given, alias, row
        self.new: set[str] = set()
        self.pair, self.paired = "", tuple[str, ...]()
        for index in sorted((one for one in table.indexes if one.unique), key=lambda one: len(one.columns)):
            if not self.new & set(index.columns):
                self._decide(index)

    def _decide(self, index: Index) -> None:
        own = [name for name in index.columns if not self.around.references_of((self.table.name, name))]
        able = [name for name in own if name in self.given and self._new(self.table.column(name), 1)]
        if able:
            self.new.add(able[-1])
        elif index.plain and not self.pair and set(index.keys) <= self.given:
            self._pair(index)

    def _pair(self, index: Index) -> None:
        """Parents that no row joins yet."""
        sides, columns = [], []
        for number, name in enumerate(index.keys):
            keys = [key for key in self.around.references_of((self.table.name, name)) if len(key.columns) == 1]
            parent = self.around.relations.by_name.get(keys[0].table) if keys else None
            if not keys or not parent:
                return
            source = f"{quoted(parent.schema)}.{quoted(parent.table)}"
            sides.append(
                f"(SELECT {quoted(keys[0].to[0])} AS k FROM {source} ORDER BY 1 LIMIT {CANDIDATES}) AS p{number}"
            )
            columns.append((f"p{number}.k", quoted(name)))
        taken = " AND ".join(f"o.{name} = {value}" for value, name in columns)
        listed = ", ".join(f"{value} AS {name}" for value, name in columns)
        order = ", ".join(value for value, _ in columns)
        self.pair = (
            f"SELECT {listed} FROM {' CROSS JOIN '.join(sides)} WHERE NOT EXISTS (SELECT FROM {self.row} AS o WHERE"
            f" {taken}) ORDER BY {order} LIMIT 1"
        )
        self.paired = index.keys

    def value(self, use: Use, nth: int) -> str:
        name = use.origin[1]
        if name in self.paired:
            return f"{self.alias}_pair.{quoted(name)}"
        if name in self.new:
            return self._new(self.table.column(name), nth)
        return f"{self.alias}.{quoted(name)}"

    def _new(self, column: Column, nth: int) -> str:
        """A value that no row has; empty where the type gives none."""
        kind, own = column.type.plain, f"{self.alias}.{quoted(column.name)}"
        most = f"(SELECT coalesce(max(o.{quoted(column.name)}), 0) + {nth} FROM {self.row} AS o)"
        if kind.name in ("int2", "int4", "int8", "numeric", "float4", "float8"):
            return most
        if kind.name == "bytea":
            return f"substring(sha256({own} || '\\x{nth:02x}') || {own} for greatest(length({own}), 1))"
        if kind.name == "uuid":
            return f"md5('new {nth}' || {own}::text)::uuid"
        if kind.name in ("text", "varchar", "citext", "bpchar"):
            if kind.length and kind.length < SHORT:
                return f"left(md5('new {nth}' || {own}::text), {kind.length})"
            text = f"'new{nth}-' || {own}::text"
            return f"left({text}, {kind.length})" if kind.length else f"({text})"
        if kind.name in ("timestamp", "timestamptz"):
            return f"(SELECT max(o.{quoted(column.name)}) + interval '{nth} day' FROM {self.row} AS o)"
        if kind.name == "date":
            return f"(SELECT max(o.{quoted(column.name)}) + {nth} FROM {self.row} AS o)"
        return ""

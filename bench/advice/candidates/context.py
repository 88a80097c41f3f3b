"""What every rule looks up: sizes, shares of values, types, what other queries have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.advice.candidates.demands import Demand
from bench.advice.candidates.immutable import is_immutable
from bench.advice.candidates.shapes import Key, known
from bench.advice.candidates.terms import Term
from bench.model.attribution import IndexFacts
from bench.model.facts import ColumnFacts, Facts, TableFacts
from bench.model.schema import DataType, Schema, Table
from bench.syntax.expressions import quoted

WIDE_BYTES = 512
"""Mean width from which a column is no key of a B-tree: of 8 kB, a page has room for so few entries that the tree gets
deep, and one entry may have 2,704 bytes at most (BTMaxItemSize in the server's nbtree.h)."""

WEAK_SHARE = 0.8
"""Share of the rows that an equality lets pass, from which its column does not narrow a search: no key then."""

EQUALITIES = ("equal", "null", "true", "false")
_POLYMORPHIC = {"enum": "anyenum", "array": "anyarray", "range": "anyrange", "multirange": "anymultirange",
                "composite": "record"}  # fmt: skip
_HELD_AS = {"varchar": "text", "cidr": "inet"}
"""Types that an operator class of another one is for, because both look the same inside."""


@dataclass(frozen=True, slots=True)
class Context:
    """Schema and facts, and what the demands of all queries share."""

    schema: Schema
    facts: Facts
    shared: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Table and key to the number of queries that compare it for equality; of all tables under no name."""
    indexes: dict[str, tuple[IndexFacts, ...]] = field(default_factory=dict)
    """Table to what is there already, as ``known`` gives it."""

    def table(self, table: Table) -> TableFacts:
        """Its size; that of an empty table where nothing is known."""
        return self.facts.tables.get(table.name, TableFacts(0, 0))

    def column(self, table: Table, name: str) -> ColumnFacts | None:
        """Its statistics."""
        return self.table(table).columns.get(name)

    def distinct(self, table: Table, key: str, columns: tuple[str, ...]) -> float:
        """Distinct values of a key; of an expression those of its columns."""
        size = self.table(table)
        found = [one.distinct_in(size.rows) for name in columns if (one := size.columns.get(name))]
        return max(found, default=1.0)

    def share(self, table: Table, term: Term) -> float:
        """The share of the rows that a term lets pass; 1 where nobody knows."""
        facts = self.column(table, term.columns[0])
        if facts is None or not term.is_column:
            return 0.1 if term.kind == "equal" else 1.0
        if term.kind in ("null", "not null"):
            return facts.null_share if term.kind == "null" else 1 - facts.null_share
        if term.kind in ("true", "false"):
            return facts.common.get("t" if term.kind == "true" else "f", 0.0)
        if term.kind != "equal":
            return 1.0
        if term.value is not None and term.value in facts.common:
            return facts.common[term.value]
        left = max(0.0, 1 - facts.null_share - sum(facts.common.values()))
        others = max(1.0, facts.distinct_in(self.table(table).rows) - len(facts.common))
        return left / others if term.value is not None else 1 / facts.distinct_in(self.table(table).rows)

    def opclass(self, method: str, type_: DataType) -> str:
        """The operator class that is a type's own for an access method; empty where it has none."""
        plain = type_.plain
        by_type = self.facts.opclasses.get(method, {})
        names = (plain.name, _HELD_AS.get(plain.name, ""), _POLYMORPHIC.get(plain.kind, ""))
        return next((by_type[name] for name in names if name in by_type), "")

    def is_key(self, table: Table, key: str, columns: tuple[str, ...]) -> bool:
        """Whether a B-tree can have it as a key: a type that can be ordered, values that are short."""
        own = {column.name for column in table.columns}
        if not columns or not own.issuperset(columns) or any(self.too_wide(table, name) for name in columns):
            return False
        if key == quoted(columns[0]):
            column = table.column(columns[0])
            return column.generated != "virtual" and bool(self.opclass("btree", column.type))
        return self.is_expression(table, key)

    def is_expression(self, table: Table, key: str) -> bool:
        """Whether an index may have it as a key: a column, or an expression that never changes for a row."""
        if not key:
            return False
        return is_immutable(key, table, self.facts) and not any(
            column.generated == "virtual" and quoted(column.name) == key for column in table.columns
        )

    def narrows(self, table: Table, term: Term) -> bool:
        """Whether so few rows pass an equality that an index should begin with it."""
        return self.share(table, term) < WEAK_SHARE

    def can_have(self, extension: str) -> bool:
        """Whether an extension is in the database, or could be."""
        return extension in self.facts.installed or extension in self.facts.available

    def too_wide(self, table: Table, name: str) -> bool:
        """Whether its values are too long for a B-tree."""
        facts = self.column(table, name)
        return facts is not None and facts.width > WIDE_BYTES

    def ordered(self, table: Table, keys: Iterable[Key]) -> tuple[Key, ...]:
        """Keys that are compared for equality: those that most queries share first, then the most selective.

        Of two that as many queries of the table share, the one that queries of other tables have too comes first: that
        is the tenant's.
        """
        unique = {key.text: key for key in keys}
        return tuple(
            sorted(
                unique.values(),
                key=lambda key: (
                    -self.shared[table.name, key.text],
                    -self.shared["", key.text],
                    -self.distinct(table, key.text, key.columns),
                    key.text,
                ),
            )
        )

    def there(self, table: Table) -> tuple[IndexFacts, ...]:
        """The indexes of a table that are there."""
        if table.name not in self.indexes:
            self.indexes[table.name] = known(self.facts, table)
        return self.indexes[table.name]


def context_of(schema: Schema, facts: Facts, demands: Iterable[Demand]) -> Context:
    """Count what the queries have in common."""
    seen = {
        (demand.query, demand.table.name, term.key)
        for demand in demands
        for term in (*demand.terms, *(join.term for join in demand.joins))
        if term.kind in EQUALITIES
    }
    everywhere = {(query, "", key) for query, _, key in seen}
    return Context(schema, facts, Counter((table, key) for _, table, key in (*seen, *everywhere)))

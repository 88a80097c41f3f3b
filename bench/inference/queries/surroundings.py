"""What there is to know about a database when queries for it are described: its schema, its names, its clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.inference.queries.relations import Relations, read_relations
from bench.model.schema import Column, ForeignKey, Schema, Table
from bench.postgres.connection import Connection

Reference = tuple[str, ForeignKey]
"""A table, and a reference that it holds."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A database with its rows, as far as queries are concerned."""

    connection: Connection
    schema: Schema
    relations: Relations
    clock: str = ""
    """ISO 8601: what ``now()`` is taken for; empty leaves it alone."""
    references: tuple[Reference, ...] = ()
    """Declared and found."""
    cluster_sql: bool = False
    """Whether statements may reach beyond the database, because the user said so."""
    _by_column: dict[tuple[str, str], list[ForeignKey]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for table, key in self.references:
            for column in key.columns:
                self._by_column.setdefault((table, column), []).append(key)

    def references_of(self, origin: tuple[str, str]) -> list[ForeignKey]:
        """The references that a column of a table is part of, those of the fewest columns first."""
        return sorted(self._by_column.get(origin, ()), key=lambda key: len(key.columns))

    def table(self, name: str) -> Table | None:
        """The table of that name, qualified; None for a view."""
        return self.schema.by_name.get(name)

    def column(self, origin: tuple[str, str]) -> Column | None:
        """The column of a table; None of a view."""
        table = self.table(origin[0])
        return next((one for one in table.columns if one.name == origin[1]), None) if table else None

    def category(self, origin: tuple[str, str]) -> str:
        """The kind of its type, as ``pg_type.typcategory``; empty where it is not known."""
        relation = self.relations.by_name.get(origin[0])
        column = relation.columns.get(origin[1]) if relation else None
        return column.category if column else ""

    def is_key(self, origin: tuple[str, str]) -> bool:
        """Whether the column alone tells the rows of its table apart."""
        table = self.table(origin[0])
        return any(
            index.unique and index.keys == (origin[1],) and not index.predicate
            for index in (table.indexes if table else ())
        )

    def is_reference(self, origin: tuple[str, str]) -> bool:
        """Whether it names a row: a key, a part of a primary key, or a reference."""
        table = self.table(origin[0])
        primary = table.primary_key if table else None
        return bool(self.references_of(origin)) or self.is_key(origin) or bool(primary and origin[1] in primary.keys)


def surroundings(
    connection: Connection,
    schema: Schema,
    *,
    clock: str = "",
    found: Sequence[Reference] = (),
    cluster_sql: bool = False,
) -> Surroundings:
    """Look around in the database of ``connection``, which holds ``schema``; ``found`` are undeclared references."""
    declared = [(table.name, key) for table in schema.tables for key in table.foreign_keys]
    known = {(table, key.columns) for table, key in declared}
    more = [one for one in found if (one[0], one[1].columns) not in known]
    return Surroundings(connection, schema, read_relations(connection), clock, tuple(declared + more), cluster_sql)

"""What the names in a statement stand for: a database's tables and views, as its search path has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.postgres import catalog
from bench.postgres.connection import Connection


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column, domains taken away."""

    type: str
    category: str
    """``pg_type.typcategory``: N number, S text, D time, B boolean, E enum, A array, R range, U other."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view."""

    schema: str
    table: str
    visible: bool
    """Whether its name without the schema means it."""
    is_view: bool
    rows: int
    is_guarded: bool = False
    """Whether row-level security decides which of its rows the role that asks sees."""
    columns: dict[str, ColumnType] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Qualified as ``Table.name`` is."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True, slots=True)
class Relations:
    """All of a database but the system's, by qualified name."""

    by_name: dict[str, Relation]

    def find(self, schema: str, table: str) -> Relation | None:
        """The relation that a statement means by this name; ``schema`` may be empty."""
        if schema:
            return self.by_name.get(f"{schema}.{table}")
        return next((one for one in self.by_name.values() if one.table == table and one.visible), None)

    def __getitem__(self, name: str) -> Relation:
        return self.by_name[name]


def castable(type_name: str) -> str:
    """A type as a cast has to name it: ``character`` and ``bit`` alone mean one of them."""
    element, brackets, _ = type_name.partition("[]")
    return {"character": "bpchar", "bit": '"bit"'}.get(element, element) + brackets


def read_relations(connection: Connection) -> Relations:
    """Ask the server for all of them."""
    return relations_of(catalog.rows(connection, "list_relation_columns"))


def relations_of(rows: Iterable[dict[str, object]]) -> Relations:
    """From rows of list_relation_columns.sql."""
    found: dict[str, Relation] = {}
    for row in rows:
        schema, table = str(row["schema_name"]), str(row["relation"])
        one = found.setdefault(
            f"{schema}.{table}",
            Relation(
                schema,
                table,
                bool(row["visible"]),
                bool(row["is_view"]),
                int(str(row["rows"])),
                bool(row["is_guarded"]),
            ),
        )
        one.columns[str(row["column_name"])] = ColumnType(castable(str(row["type"])), str(row["category"]))
    return Relations(found)

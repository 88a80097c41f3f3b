"""A schema as the server's catalog has it: what rows have to obey, and what queries may lean on.

Expressions are the server's own text (``pg_get_expr``, ``pg_get_constraintdef``), every name in them qualified.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

TypeKind = Literal["base", "enum", "composite", "range", "multirange", "array", "domain", "pseudo"]


@dataclass(frozen=True, slots=True)
class DataType:
    """A type as a column has it, modifiers included."""

    name: str
    """``pg_type.typname``: int4, text, varchar, timestamptz; of an array the element's with a leading underscore."""
    schema: str
    kind: TypeKind
    text: str
    """``format_type``: ``character varying(20)``, what a cast is written with."""
    length: int | None = None
    """Characters of varchar(n) and char(n), bits of bit(n); None where there is no limit."""
    precision: int | None = None
    """Digits of numeric(p, s); of time and interval those of the second."""
    scale: int | None = None
    labels: tuple[str, ...] = ()
    """Of an enum, in its order."""
    element: DataType | None = None
    """Of an array its element, of a range or multirange its subtype."""
    fields: tuple[Column, ...] = ()
    """Of a composite type."""
    base: DataType | None = None
    """Of a domain the type it is over, which may be a domain again."""
    not_null: bool = False
    """Of a domain."""
    checks: tuple[Check, ...] = ()
    """Of a domain, about ``VALUE``."""
    extension: str = ""
    """The extension that the type belongs to."""

    @property
    def plain(self) -> DataType:
        """The type below all domains."""
        return self.base.plain if self.base else self


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, or a field of a composite type."""

    name: str
    type: DataType
    not_null: bool = False
    """By itself; what its domain forbids stands with the type."""
    default: str = ""
    generated: Literal["", "stored", "virtual"] = ""
    """A generated column gets no value from anybody; its expression is ``default``."""
    identity: Literal["", "always", "by default"] = ""
    sequence: str = ""
    """The sequence that belongs to it (serial, identity), qualified."""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK of a table, a partition's bounds, or a domain."""

    name: str
    """What is checked."""
    expression: str
    """Without the word CHECK and the brackets around it."""
    columns: tuple[str, ...] = ()
    validated: bool = True
    enforced: bool = True


@dataclass(frozen=True, slots=True)
class Index:
    """An index; a PRIMARY KEY, UNIQUE or EXCLUDE constraint has one, too."""

    name: str
    method: str
    keys: tuple[str, ...]
    """Columns by name; of an expression its text."""
    columns: tuple[str, ...]
    """All columns that keys and predicate mention."""
    include: tuple[str, ...] = ()
    unique: bool = False
    primary: bool = False
    nulls_not_distinct: bool = False
    predicate: str = ""
    """Of a partial index."""
    operators: tuple[str, ...] = ()
    """Of an exclusion constraint, or WITHOUT OVERLAPS: one for each key."""
    deferrable: bool = False
    is_constraint: bool = False
    valid: bool = True

    @property
    def plain(self) -> bool:
        """Whether its keys are columns, and it holds all rows."""
        return not self.predicate and set(self.keys) <= set(self.columns)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key, or (``declared`` false) a reference that the schema does not declare."""

    name: str
    columns: tuple[str, ...]
    table: str
    """The table that it refers to, qualified as ``Table.name``."""
    to: tuple[str, ...]
    match_full: bool = False
    deferrable: bool = False
    on_delete: Literal["no action", "restrict", "cascade", "set null", "set default"] = "no action"
    validated: bool = True
    enforced: bool = True
    period: bool = False
    """The last column is a period, within which the parent's rows have to cover it (PostgreSQL 18)."""
    declared: bool = True
    reason: str = ""
    """Of one that is not declared: why it is taken for one."""


@dataclass(frozen=True, slots=True)
class Partitioning:
    """Of a partitioned table."""

    strategy: Literal["range", "list", "hash"]
    keys: tuple[str, ...]
    """Columns by name; of an expression its text."""
    leaves: tuple[str, ...] = ()
    """Qualified names of the partitions that hold rows, at any depth."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that holds rows, or whose partitions do."""

    schema: str
    table: str
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    partitioning: Partitioning | None = None
    partition_of: str = ""
    """The table that it is a partition of, qualified."""
    bounds: str = ""
    """Of a partition: ``pg_get_partition_constraintdef``, a condition that its rows meet."""
    inherits: tuple[str, ...] = ()
    foreign: bool = False
    rows: int = 0
    """That the file brought with it."""
    triggers: tuple[str, ...] = ()
    """Names of those that somebody made and that would fire for an INSERT."""
    always_triggers: tuple[str, ...] = ()
    """Those that fire in the role of a replica, too (ENABLE ALWAYS, ENABLE REPLICA)."""
    has_insert_rule: bool = False
    row_security: bool = False
    owner: str = ""
    comment: str = ""

    @property
    def name(self) -> str:
        """Qualified, quoted nowhere: ``public.orders``."""
        return f"{self.schema}.{self.table}"

    @property
    def primary_key(self) -> Index | None:
        """Its primary key."""
        return next((index for index in self.indexes if index.primary), None)

    def column(self, name: str) -> Column:
        """The column of that name. Raises ``KeyError``."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """A function that is one expression: a CHECK that calls it says what its body says."""

    name: str
    """Qualified."""
    arguments: tuple[str, ...]
    """Names, ``$1`` where it has none."""
    body: str
    """The expression, with every name in it qualified as far as the server does so."""


@dataclass(frozen=True, slots=True)
class Schema:
    """All tables of a database that are the application's, by name."""

    tables: tuple[Table, ...]
    extensions: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()
    """Extensions whose functions are stand-ins of ours."""
    functions: tuple[SqlFunction, ...] = ()
    """Those that are one expression, of the application's own."""
    by_name: dict[str, Table] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.by_name.update({table.name: table for table in self.tables})

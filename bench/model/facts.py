"""What a server's catalog and statistics know of filled tables, beyond what a schema says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.model.attribution import ForeignKeyFacts, IndexFacts


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """The statistics of one column: pg_stats, of a partitioned table with its partitions."""

    distinct: float
    """Distinct values: a number of them, or where negative minus their share of the rows (pg_stats.n_distinct)."""
    null_share: float = 0.0
    width: int = 0
    """Mean bytes of a value, as stored in the row."""
    common: Mapping[str, float] = field(default_factory=dict)
    """The most common values as text, and the share of the rows that each has."""
    correlation: float | None = None
    """Between the order of the values and that of the rows on disk, -1 to 1; None where it was not measured."""

    def distinct_in(self, rows: int) -> float:
        """Distinct values among so many rows; at least one."""
        return max(1.0, self.distinct if self.distinct >= 0 else -self.distinct * rows)


@dataclass(frozen=True, slots=True)
class TableFacts:
    """The size of one table, partitions included, and the statistics of its columns by name."""

    rows: int
    pages: int
    """Of 8 kB, without TOAST and indexes."""
    columns: Mapping[str, ColumnFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatisticsFacts:
    """One object of extended statistics."""

    name: str
    """``schema.name``, quoted where it has to be."""
    table: str
    """Qualified as ``Table.name``."""
    kinds: tuple[str, ...]
    """Of ``ndistinct``, ``dependencies``, ``mcv``, ``expressions``."""
    columns: tuple[str, ...]
    expressions: tuple[str, ...] = ()
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything beyond the schema that deciding on indexes takes."""

    tables: Mapping[str, TableFacts]
    """By ``Table.name``; only what ANALYZE has seen has columns."""
    indexes: tuple[IndexFacts, ...] = ()
    definitions: Mapping[str, str] = field(default_factory=dict)
    """``CREATE INDEX …`` of each index, by ``IndexFacts.name``."""
    foreign_keys: tuple[ForeignKeyFacts, ...] = ()
    statistics: tuple[StatisticsFacts, ...] = ()
    installed: Mapping[str, str] = field(default_factory=dict)
    """Extensions in the database, and the schema that each is in."""
    available: frozenset[str] = frozenset()
    """Extensions that the server has files of, installed ones too."""
    collation_is_c: bool = False
    """Whether the database's own collation sorts by bytes."""
    collations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By table and column, where it is not the database's own."""
    opclasses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Access method to types (``pg_type.typname``) to the operator class that is the default for them."""
    changing_functions: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    """Name of each function that is not immutable, to the types of its arguments, once for each of that name."""
    changing_casts: frozenset[tuple[str, str]] = frozenset()
    """Types between which a cast is not immutable."""
    version: int = 0
    """``server_version_num``."""

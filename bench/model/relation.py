"""A table or an index, as large as it was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or an index, as large as it was when it was measured; names without schema, as in a plan."""

    name: str
    table: str
    """Its own name where it is a table."""
    method: str
    """Access method: heap, btree, gin, brin…"""
    pages: int
    """Blocks of 8 kB."""
    rows: int
    """By the statistics."""
    key_bytes: int = 0
    """Mean width of what an index is ordered by, by the statistics; 0 for a table."""
    keys: tuple[str, ...] = ()
    """Columns that an index is ordered by; empty text for an expression."""
    correlations: tuple[float, ...] = ()
    """Of each key, how far its order is that of the rows in the table: 1 the same or the reverse, 0 none of it."""
    distinct: tuple[float, ...] = ()
    """Of each key, how many values it has in the table, by the statistics; 0 where they do not say."""

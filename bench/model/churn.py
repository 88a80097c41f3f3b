"""What was seen of a phase of writes that ages a database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableChurned:
    """What the churn did to a table, as the server counted it."""

    name: str
    rows: int
    """Before it."""
    inserted: int
    """Rows, as the server counted them."""
    updated: int
    hot_updated: int
    """Updates that no index had to hear of (heap-only tuples)."""
    deleted: int
    dead_rows: int
    """After it, by the server's own estimate."""

    @property
    def written(self) -> int:
        """Rows written in any way."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True, slots=True)
class ChurnPhase:
    """The phase of writes."""

    source: str
    """Where its statements come from: ``churn.sql``, ``writes/``, ``made up``, or a mixture of the last two."""
    rounds: int
    """Of ``churn.sql`` or of made-up statements; 0 where nothing was written."""
    seconds: float
    wal_bytes: int
    tables: tuple[TableChurned, ...] = ()
    """Those that were written."""

    @property
    def written(self) -> int:
        """Rows written in all tables."""
        return sum(table.written for table in self.tables)


@dataclass(frozen=True, slots=True)
class Aged:
    """The same phase on both states of a run, before they were measured."""

    share: float
    """Rows that it wrote, as a share of the rows of each table: 0.2."""
    churn_hash: str
    """Of churn.sql."""
    before: ChurnPhase
    """What it did to the state before."""
    after: ChurnPhase
    """And to the state after: the same statements in the same order."""
    kept_up: tuple[str, ...] = ()
    """Optimizations of the state after whose upkeep ran once afterwards, because a rewrite reads what they keep."""

    @property
    def differing(self) -> tuple[str, ...]:
        """Tables of both states of which it wrote other numbers of rows: then they are no longer the same data."""
        wrote = [
            {t.name: (t.inserted, t.updated, t.deleted) for t in phase.tables} for phase in (self.before, self.after)
        ]
        return tuple(sorted(name for name in wrote[0].keys() & wrote[1].keys() if wrote[0][name] != wrote[1][name]))

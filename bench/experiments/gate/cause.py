"""What probably made a cell change: the differences between the two arms that concern it, nearest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.experiments.gate.record import Catalog, Counted
from bench.model import Optimization, Query
from bench.plans import index_names

ROWS_MOVED = 0.01
"""A table whose rows differ by this share holds other data, not another estimate."""


@dataclass(frozen=True, slots=True)
class Blame:
    """The likely cause in words, and the line to look at."""

    cause: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Suspects:
    """What differs between the arms, whatever the query."""

    base: Catalog
    head: Catalog
    statements_changed: frozenset[str]
    """Queries whose statement differs."""
    queries: Mapping[str, Query]
    optimizations: Mapping[str, Optimization]
    """Of the head arm."""

    def blame(self, base: Counted, head: Counted | None) -> Blame:
        """Find the difference that concerns this cell, nearest first: statement, indexes, blocks, rows, statistics."""
        query = self.queries[base.query]
        here = Blame("", query.file, query.line)
        if base.query in self.statements_changed:
            return Blame("its statement changed", query.file, query.line)
        if found := self._index(base, head):
            return found if found.file else Blame(found.cause, query.file, query.line)
        if found := self._block(base, head, query):
            return found if found.file else Blame(found.cause, query.file, query.line)
        for table, rows in sorted(self.base.tables.items()):
            now = self.head.tables.get(table)
            if now is not None and table in query.tables and abs(now - rows) > ROWS_MOVED * max(rows, 1):
                return Blame(f"data changed: {table} has {now:,} rows, before {rows:,}", query.file, query.line)
        if head and base.fingerprint != head.fingerprint:
            cause = "same statement, indexes and rows, another plan: statistics or settings changed"
            return Blame(cause, query.file, query.line)
        return here

    def _index(self, base: Counted, head: Counted | None) -> Blame | None:
        now, before = self.head.indexes, self.base.indexes
        for short in (*index_names(base.plan), *(index_names(head.plan) if head else ())):
            for name in sorted(key for key in before.keys() | now.keys() if _bare(key) == short):
                if name not in now:
                    return self._located(f"index {name} was dropped", short)
                if name not in before:
                    return self._located(f"new index {name}", short)
                if before[name] != now[name]:
                    return self._located(f"index {name} changed: {_moved(before[name], now[name])}", short)
        return None

    def _block(self, base: Counted, head: Counted | None, query: Query) -> Blame | None:
        now, before = self.head.optimizations, self.base.optimizations
        moved = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        serving = [n for n in moved if n in self.optimizations and query.name in self.optimizations[n].serves]
        for name in [*serving, *(n for n in moved if n not in serving)]:
            what = "was removed" if name not in now else "is new" if name not in before else "changed"
            return self._located(f"optimization {name} {what}", name)
        for index in sorted(self.base.indexes.keys() ^ self.head.indexes.keys()):
            what = "was dropped" if index in self.base.indexes else "is new"
            return self._located(f"index {index} {what}", _bare(index))
        return None

    def _located(self, cause: str, name: str) -> Blame:
        block = self.optimizations.get(name)
        return Blame(cause, block.file, block.line) if block else Blame(cause, "", 0)


def _moved(old: str, new: str) -> str:
    """Two index definitions from the access method on, where what stands before it is the same."""
    start, sign, rest = old.partition(" USING ")
    other_start, _, other_rest = new.partition(" USING ")
    return f"{rest} became {other_rest}" if sign and start == other_start else f"{old} became {new}"


def _bare(name: str) -> str:
    """The relation's name without its schema and quotes."""
    return name.rpartition(".")[2].strip('"')

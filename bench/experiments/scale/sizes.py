"""How large tables and indexes are at a scale, and what follows from it without measuring. Pure.

A b-tree is as many pages deep as its pages, by the entries of an inner page, have levels; an index-only scan looks at
the visibility map again whenever the next row is on another of its pages (docs/performance.md, "The visibility map").
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.model import Relation

MAP_PAGES = 32_672
"""Pages of a table that one page of its visibility map covers: two bits each in 8,168 bytes (visibilitymap.c)."""
PAGE_BYTES = 8_152
"""What is left of a page of 8 kB without its header and a b-tree's own data (nbtree.h)."""
ENTRY_BYTES = 12
"""An index entry's header and its place in the page (itup.h, itemid.h), beside the keys."""
ALIGNED = 8
"""Keys take whole words of that many bytes; an address of a row, which tells equal keys apart, takes one too."""
INNER_FULL, LEAF_FULL = 0.7, 0.9
"""How full CREATE INDEX makes inner pages and leaves (nbtree.h: BTREE_NONLEAF_FILLFACTOR, BTREE_DEFAULT_FILLFACTOR)."""
SHARED = 1.2
"""Factor by which leaves hold more rows than entries would fit, from which on rows are said to share entries."""


NEARLY_ALL = 0.5
"""Share of the rows from which on values of the keys so far are taken to order them all: two rows for each."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The relations of each step."""

    steps: Mapping[int, Mapping[str, Relation]]

    @classmethod
    def of(cls, steps: Iterable[tuple[int, Iterable[Relation]]]) -> Sizes:
        """From the relations by scale."""
        return cls({scale: {one.name: one for one in relations} for scale, relations in sorted(steps)})

    def pages(self, name: str, scale: int) -> float:
        """Pages of ``name``: as measured, or along the last two steps; 0 where it is unknown."""
        return self._at({one: float(those[name].pages) for one, those in self.steps.items() if name in those}, scale)

    def rows(self, name: str, scale: int) -> float:
        """The same of rows."""
        return self._at({one: float(those[name].rows) for one, those in self.steps.items() if name in those}, scale)

    @staticmethod
    def _at(seen: Mapping[int, float], scale: int) -> float:
        if scale in seen:
            return seen[scale]
        known = [(one, value) for one, value in seen.items() if value > 0]
        if len(known) < 2:
            return known[0][1] if known else 0.0
        (first, low), (last, high) = known[-2:]
        return float(high * (scale / last) ** (math.log(high / low) / math.log(last / first)))

    def relation(self, name: str) -> Relation | None:
        """``name`` as it was last seen."""
        return next((those[name] for those in reversed(list(self.steps.values())) if name in those), None)

    def depth(self, index: str, scale: int) -> int | None:
        """Pages that a search in ``index`` goes through, the leaf included; None where it is no b-tree."""
        found = self.relation(index)
        if found is None or found.method != "btree":
            return None
        pages = max(1.0, self.pages(index, scale))
        entry = ENTRY_BYTES + ALIGNED * math.ceil(max(found.key_bytes, ALIGNED) / ALIGNED)
        if self.rows(index, scale) / pages > SHARED * LEAF_FULL * PAGE_BYTES / entry:
            entry += ALIGNED
        fan = INNER_FULL * PAGE_BYTES / entry
        leaves = pages * (1 - 1 / fan) - 1
        return 1 + (math.ceil(math.log(leaves) / math.log(fan)) if leaves > 1 else 0)

    def apart(self, table: str, scale: int) -> float:
        """The chance that two rows of ``table`` are on different pages of its visibility map."""
        parts = self.pages(table, scale) / MAP_PAGES
        if parts <= 1:
            return 0.0
        return float(1 - (math.floor(parts) + (parts % 1) ** 2) / parts**2)

    def looks(self, index: str, bound: Iterable[str], read: float, scale: int) -> float:
        """How often the visibility map is looked at again over ``read`` rows of ``index`` with ``bound`` of one value.

        Equal keys are in the table's order (nbtree keeps them by address), so that a key of few values only begins a
        new run with each of them: it goes through the pages of the map that its rows are on. The first key that has
        nearly as many values as rows gives the order: then it is the standard deviation of a row's place in the table,
        given its place in the index, by the correlation that the statistics have.
        """
        found = self.relation(index)
        apart = self.apart(found.table, scale) if found else 1.0
        if not apart or read < 1:
            return 0.0
        if found is None or not found.keys:
            return read * apart
        held, runs = set(bound), 1.0
        distinct = found.distinct or (0.0,) * len(found.keys)
        # What has no more values than there are tenants is common to them; what has more belongs to one each.
        tenants = max((values for key, values in zip(found.keys, distinct, strict=True) if key in held), default=1.0)
        for key, r, values in zip(found.keys, found.correlations, distinct, strict=True):
            if key in held:
                continue
            own = min(values, read) if values <= tenants else values * read / max(1.0, found.rows)
            runs *= max(1.0, own) if values else read
            if runs >= read * NEARLY_ALL:
                return float(read * apart * math.sqrt(max(0.0, 1 - r**2)))
        pages = 1 / (1 - apart)
        through = pages * (1 - (1 - 1 / pages) ** (read / runs)) - 1
        return float(min(read * apart, runs * through + (runs - 1) * apart))

"""Whether a cell does more work than it did: rules on the counters of EXPLAIN, which carry no noise.

Limits and floors: docs/gate.md. In 320 repetitions of 12 cells, prepared as pgproof prepares them, no counter moved at
all, so the limits are not there for noise: they let a page split or a handful of rows pass.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.model import Counters

WITHOUT_INFLUENCE = frozenset({
    "checkpoint_timeout", "fsync", "io_method", "lc_collate", "max_wal_size", "shared_buffers", "synchronous_commit",
    "track_io_timing",
})  # fmt: skip
"""Settings in the run's record that change no counter: each block counts once, whether it was cached or not. Databases
of pgproof have the C collation whatever the server's own."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One work counter that moved beyond its limit; ``limit`` in words."""

    counter: str
    """``buffers``, ``rows touched``, ``temporary blocks``, ``heap fetches`` or ``bytes of WAL``."""
    base: int
    head: int
    limit: str
    """What it exceeded, in words."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A counter may grow by ``share`` of the base or by less than ``floor``, whichever is more."""

    counter: str
    words: str
    share: float
    floor: int


SHARE = 0.02
"""Two per cent, as RegreSQL 2 uses for buffers."""

LIMITS = (
    Limit("buffers", "buffers", SHARE, 8),
    Limit("temp_blocks", "temporary blocks", SHARE, 8),
    Limit("heap_fetches", "heap fetches", SHARE, 8),
    Limit("rows", "rows touched", SHARE, 50),
)
WAL = Limit("wal_bytes", "bytes of WAL", SHARE, 256)
"""For queries that write. 256 bytes are two or three small records: less than one more index entry and its page's
header."""


def more_work(base: Counters, head: Counters, *, writes: bool) -> tuple[Difference, ...]:
    """The counters that grew beyond their limit.

    Temporary blocks where there were none count from the first: the query spilled.
    """
    found = []
    for limit in (*LIMITS, WAL) if writes else LIMITS:
        old, new = getattr(base, limit.counter), getattr(head, limit.counter)
        spilled = limit.counter == "temp_blocks" and not old and new
        if spilled or (new > old * (1 + limit.share) and new - old >= limit.floor):
            found.append(Difference(limit.words, old, new, f"{limit.share:.0%} and {limit.floor}"))
    return tuple(found)


def less_work(base: Counters, head: Counters, *, writes: bool) -> tuple[Difference, ...]:
    """The counters that shrank by as much, while none grew beyond its limit."""
    if more_work(base, head, writes=writes):
        return ()
    shrunk = more_work(head, base, writes=writes)
    return tuple(Difference(d.counter, d.head, d.base, d.limit) for d in shrunk)

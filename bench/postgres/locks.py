"""Which locks an optimization takes while it is applied, and for how long, as pg_locks has them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from bench.postgres.catalog import rows
from bench.postgres.connection import Connection

HINDER_WRITERS = ("AccessExclusiveLock", "ExclusiveLock", "ShareRowExclusiveLock", "ShareLock")
"""The modes that conflict with RowExclusiveLock, which INSERT, UPDATE and DELETE take (PostgreSQL manual, 13.3),
strongest first."""

STRENGTH = (*HINDER_WRITERS, "ShareUpdateExclusiveLock")

SAMPLING_S = 0.005
"""Between looks at a statement that cannot be looked at from within: a lock held for less can be missed."""


@dataclass(slots=True)
class Locks:
    """Seconds for which each (relation, mode) was held, the longest time of each."""

    existing: Collection[int]
    """Relations (oid) that were there before: a lock on a relation of one's own hinders nobody."""
    held_s: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, found: dict[tuple[str, str], float]) -> None:
        """Take in what one transaction or statement held."""
        for key, seconds in found.items():
            self.held_s[key] = max(seconds, self.held_s.get(key, 0.0))

    def look(self, connection: Connection, pid: int) -> list[tuple[str, str]]:
        """The (relation, mode) that the backend ``pid`` holds now on relations that were there before."""
        found = rows(connection, "list_locks_of", pid)
        return [(row["relation"], row["mode"]) for row in found if row["oid"] in self.existing]

    def strongest(self) -> tuple[str, ...]:
        """``"<mode> on <relation>"`` with the strongest mode for each relation, strongest first."""
        ordered = sorted(self.held_s, key=lambda key: (STRENGTH.index(key[1]), key[0]))
        best = dict(reversed(ordered))
        return tuple(f"{mode} on {relation}" for relation, mode in ordered if best[relation] == mode)

    def hindering_ms(self) -> float | None:
        """How long the strongest lock that hinders writers was held; None where there was none."""
        for mode in HINDER_WRITERS:
            if held := [seconds for (_, other), seconds in self.held_s.items() if other == mode]:
                return max(held) * 1e3
        return None


@contextmanager
def sampled(locks: Locks, watcher: Connection, pid: int) -> Iterator[None]:
    """Look at the backend's locks again and again during the block, over ``watcher``, and add them up."""
    done = Event()

    def look_until_done() -> dict[tuple[str, str], float]:
        first: dict[tuple[str, str], float] = {}
        last: dict[tuple[str, str], float] = {}
        while not done.is_set():
            now = time.perf_counter()
            for key in locks.look(watcher, pid):
                first.setdefault(key, now)
                last[key] = time.perf_counter()
            done.wait(SAMPLING_S)
        return {key: last[key] - first[key] for key in first}

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look_until_done)
        try:
            yield
        finally:
            done.set()
            locks.add(looking.result())

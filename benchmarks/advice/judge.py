"""What an adviser's set of changes is worth, decided from what was executed. Pure.

Work is counted in blocks (EXPLAIN's buffers). Of a statement that writes it is the rows that it reads, those read by
the checks of foreign keys included, which no EXPLAIN counts; the statistics of its transaction do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

HELPS = 2.0
"""A planted index helps where work or time is at most one part in so many."""

AS_GOOD = 1.1
"""An advised set finds a planted index where the work of its query is at most so many times that with the planted."""

ROOT = 3
"""Blocks by which it may be more: a tree of another height or kind reads other blocks above its leaves."""

SLOWER = 1.1
"""A cell is slower where work and time both are so many times what they were."""

FASTER = 0.9
"""A proposal helps a query where work or time falls to so much, by another plan."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One cell as it was executed: the binding that works most."""

    work: int
    ms: float
    """On a processor, the mean of several executions."""
    fingerprint: str
    indexes: tuple[str, ...] = ()
    error: str = ""


Look = Mapping[str, Seen]
"""By ``query[class]``."""


def query_of(label: str) -> str:
    """The query of ``query[class]``."""
    return label.partition("[")[0]


def helped(bare: Look, planted: Look, query: str) -> tuple[str, ...]:
    """The cells of ``query`` in which the planted index helps."""
    return tuple(label for label, seen in planted.items() if query_of(label) == query and helps(bare[label], seen))


def helps(before: Seen, after: Seen) -> bool:
    """Whether it does so by another plan, or (a statement that writes, whose checks have no plan) by its work."""
    return after.work * HELPS <= before.work or (
        after.fingerprint != before.fingerprint and after.ms * HELPS <= before.ms
    )


def all_help(bare: Look, advised: Look, cells: Collection[str]) -> bool:
    """Whether the advised set helps in every one of ``cells``."""
    return bool(cells) and all(helps(bare[label], advised[label]) for label in cells)


def finds(planted: Look, advised: Look, cells: Collection[str]) -> bool:
    """Whether the advised set is as good as the planted index in every cell in which that helps."""
    return bool(cells) and all(
        advised[label].work <= max(planted[label].work * AS_GOOD, planted[label].work + ROOT) for label in cells
    )


def met(look: Look, target_ms: float) -> tuple[str, ...]:
    """Queries all of whose cells take at most ``target_ms``."""
    over = {query_of(label) for label, seen in look.items() if seen.error or seen.ms > target_ms}
    return tuple(sorted({query_of(label) for label in look} - over))


def slower(bare: Look, advised: Look) -> tuple[str, ...]:
    """Cells in which the advised set does more work and takes longer."""
    return tuple(
        label for label, seen in advised.items()
        if seen.work >= SLOWER * bare[label].work and seen.ms >= SLOWER * bare[label].ms
        and seen.work > bare[label].work + ROOT
    )  # fmt: skip


def improves(bare: Look, alone: Look, queries: Iterable[str]) -> bool:
    """Whether a change alone, built and executed, helps any cell of the queries that it was advised for."""
    wanted = set(queries)
    return any(
        query_of(label) in wanted
        and (seen.work <= FASTER * bare[label].work
             or (seen.fingerprint != bare[label].fingerprint and seen.ms <= FASTER * bare[label].ms))
        for label, seen in alone.items()
    )  # fmt: skip

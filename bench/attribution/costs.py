"""What each optimization costs: to write, to store, to ship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.model import Attribution, Shipped, Stored, WriteCost, WriteSeen

WAL_MUCH = 0.15
"""Share by which an optimization may make a write statement's WAL grow before the word says that it costs."""
DISK_MUCH = 0.25
"""The same for the size of what it made, as a share of its table."""
HOT_LOST = 0.5
"""Share of updates that were heap-only without it and are not with it, from which on the word says that it costs."""


@dataclass(frozen=True, slots=True)
class WritePrice:
    """What one row costs more in one write statement, with the optimization than without."""

    write: str
    rows: int
    wal_bytes: float
    buffers: float
    ms: float | None
    """None where the fastest with it is no slower than the slowest without, nor the other way: noise."""
    wal_share: float
    """More WAL as a share of that without it."""
    hot_with: float | None
    hot_without: float | None
    """Shares of updates that were heap-only; None where nothing was updated."""


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of one optimization."""

    writes: tuple[WritePrice, ...]
    """By write statement, the dearest in WAL first."""
    size_bytes: int
    table_share: float | None
    """Size as a share of the tables that its indexes stand on; None where it made no index on a table of others."""
    churned_bytes: int | None
    build_wal_bytes: int | None
    plain: Shipped | None
    concurrent: Shipped | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is dear, in words; empty where it is not."""
        found = []
        if self.writes and (dearest := self.writes[0]).wal_share >= WAL_MUCH:
            found.append(f"{dearest.write} writes {dearest.wal_share:.0%} more WAL")
        lost = [
            one for one in self.writes
            if one.hot_with is not None and one.hot_without is not None and one.hot_without - one.hot_with >= HOT_LOST
        ]  # fmt: skip
        if lost:
            found.append(f"updates of {lost[0].write} are no longer heap-only")
        if self.table_share is not None and self.table_share >= DISK_MUCH:
            found.append(f"it takes {self.table_share:.0%} of its table's size")
        return tuple(found)


def costs(attribution: Attribution, name: str, build_wal_bytes: int | None) -> Costs:
    """Sum up what ``name`` costs."""
    made = [one for one in attribution.stored if one.optimization == name]
    indexes = [one for one in made if one.method != "heap"]
    own = {one.name for one in made}
    tables = {one.table: one.table_bytes for one in indexes if one.table_bytes and one.table not in own}
    churned = [one.churned_bytes for one in made]
    ways = {one.way: one for one in attribution.shipped if one.optimization == name}
    return Costs(
        writes=write_prices(attribution, name),
        size_bytes=sum(one.size_bytes for one in made),
        table_share=_size([one for one in indexes if one.table in tables]) / sum(tables.values()) if tables else None,
        churned_bytes=sum(size for size in churned if size) if made and None not in churned else None,
        build_wal_bytes=build_wal_bytes,
        plain=ways.get("plain"),
        concurrent=ways.get("concurrent"),
    )


def write_prices(attribution: Attribution, name: str) -> tuple[WritePrice, ...]:
    """What ``name`` adds to each write statement; an empty name: what all optimizations together add."""
    found = [_price(cost) for cost in attribution.write_costs if cost.optimization == name and cost.with_it.rows]
    return tuple(sorted(found, key=lambda one: -one.wal_share))


def _price(cost: WriteCost) -> WritePrice:
    more, less = cost.with_it, cost.without_it
    rows = more.rows
    return WritePrice(
        write=cost.write,
        rows=rows,
        wal_bytes=(more.wal_bytes - less.wal_bytes) / rows,
        buffers=(more.buffers - less.buffers) / rows,
        ms=(median(more.samples_ms) - median(less.samples_ms)) / rows if _apart(more, less) else None,
        wal_share=(more.wal_bytes - less.wal_bytes) / less.wal_bytes if less.wal_bytes else 0.0,
        hot_with=more.hot_updated / more.updated if more.updated else None,
        hot_without=less.hot_updated / less.updated if less.updated else None,
    )


def _apart(one: WriteSeen, other: WriteSeen) -> bool:
    return min(one.samples_ms) > max(other.samples_ms) or max(one.samples_ms) < min(other.samples_ms)


def _size(made: Sequence[Stored]) -> int:
    return sum(one.size_bytes for one in made)

"""Decide what maintenance was worth: which cells aged, which procedure mends them, at what price. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.experiments.maintain.record import (
    ALL,
    CHURNED,
    FRESH,
    CellTimed,
    CellWork,
    IndexStored,
    MaintenanceRun,
    MaintenanceStage,
    ProcedureSeen,
)
from bench.statistics.quantiles import Ratio, median, ratio

MORE = 1.25
"""A cell reads more, or less, where its blocks differ by this factor: a quarter is what one feels. From one copy to
another the same statement reads the same blocks, so noise is no reason for it (docs/method.md)."""

TAKEN_BACK = 0.9
"""A cell is mended where this share of the blocks that the churn added is gone: where the churn inserted rows, some of
them are rightly there. So is one that does not read more than before it, by ``MORE``."""

FEW_BLOCKS = 8
"""Blocks by which it must differ as well: below, a page that was split or pruned decides (docs/attribution.md)."""

TIMED = 1.1
"""Factor of blocks or rows from which on a cell is timed beside the churned copy."""

COPIES_DIFFER = 1.05
"""Two copies of one database differ by up to 5 % in the time of a query (docs/method.md): an interval must clear it."""

SHORT_MS = 0.2
"""Difference of two medians below which a client times mostly its own wake-up (docs/gate.md), and no word is said."""

GROWN = 1.1
"""An index is listed where it grew by this factor and by ``GROWN_BYTES``."""
GROWN_BYTES = 64 * 1024
INDEXES_MOST = 12

COPIES = 3
"""Databases beside the filled one at the most: the aged one, its untouched copy, and the one of a procedure."""
OPTIMIZED_SHARE = 0.5
"""What optimizations add to a database, as a share of it: the CRM's add 27 %."""
VERSIONS = 2.0
"""Bytes that a written row adds, in those of the row with its index entries: a new version, and what splits of pages
leave empty."""
SPARE = 1.15
"""Factor on top: write-ahead log, the new index that REINDEX CONCURRENTLY builds beside the old one."""

BLOCKS_READS = ("AccessExclusiveLock",)
BLOCKS_WRITES = ("ExclusiveLock", "ShareRowExclusiveLock", "ShareLock")
"""Modes of locks that stop SELECT, and those that stop INSERT, UPDATE and DELETE alone (PostgreSQL manual, 13.3)."""

Key = tuple[str, str]
"""Query and parameter class."""


@dataclass(frozen=True, slots=True)
class Aged:
    """A cell that reads more after the churn than before it."""

    query: str
    title: str
    parameter_class: str
    fresh: CellWork
    churned: CellWork
    mended_by: tuple[str, ...]
    """Procedures that mend it alone, the cheapest first."""
    mended_by_all: bool

    @property
    def factor(self) -> float | None:
        """Blocks after the churn over blocks before it; None where it ran into the timeout."""
        if self.fresh.counters is None or self.churned.counters is None:
            return None
        return self.churned.counters.buffers / max(self.fresh.counters.buffers, 1)

    @property
    def extra_blocks(self) -> float:
        """Blocks more than before the churn."""
        if self.fresh.counters is None or self.churned.counters is None:
            return float("inf")
        return self.churned.counters.buffers - self.fresh.counters.buffers


@dataclass(frozen=True, slots=True)
class Timing:
    """A cell by the clock: ``ratio`` is the churned copy's median over the maintained one's."""

    query: str
    parameter_class: str
    ratio: Ratio
    word: str
    """``faster``, ``slower``, or ``cannot tell``."""


@dataclass(frozen=True, slots=True)
class Worth:
    """A procedure, or all together: what it cost, and what it was worth."""

    name: str
    title: str
    procedures: tuple[ProcedureSeen, ...]
    seconds: float
    wal_bytes: int
    size_before_bytes: int
    size_after_bytes: int
    lock: str
    """The strongest that was seen; empty where none was that anybody could feel."""
    blocks: str
    """Whom it stops: ``nobody``, ``writers``, ``readers and writers``."""
    mends: tuple[str, ...]
    """Titles of queries whose aged cells it mends, all of them."""
    less: int
    """Cells that read less than in the churned copy."""
    more: int
    others: int
    """Cells that answer with other rows than in the churned copy."""
    timings: tuple[Timing, ...]
    error: str
    skipped: str

    @property
    def not_removable(self) -> int:
        """Dead rows that VACUUM had to leave."""
        return sum(sum(one.not_removable.values()) for one in self.procedures)

    @property
    def written(self) -> int:
        """Rows that it wrote."""
        return sum(sum(one.written.values()) for one in self.procedures)


@dataclass(frozen=True, slots=True)
class IndexLine:
    """An index that grew, at each stage that matters."""

    index: IndexStored
    fresh_bytes: int
    churned_bytes: int
    rebuilt_bytes: int | None


@dataclass(frozen=True, slots=True)
class MaintenanceSummary:
    """What a report shows."""

    aged: tuple[Aged, ...]
    """The most extra blocks first."""
    worth: tuple[Worth, ...]
    """In the order in which they were carried out, all together last."""
    queries: int
    moved: tuple[Key, ...]
    """Cells whose blocks or plan differ from the fresh or the churned copy at any stage."""
    indexes: tuple[IndexLine, ...]

    def of(self, name: str) -> Worth | None:
        """The procedure of that name."""
        return next((one for one in self.worth if one.name == name), None)

    @property
    def aged_queries(self) -> tuple[str, ...]:
        """Titles of the queries with an aged cell, in order."""
        return tuple(dict.fromkeys(one.title for one in self.aged))


def needed_bytes(template_bytes: int, share: float) -> int:
    """Bytes that the copies take at their peak, beside a filled database of ``template_bytes``."""
    return round(template_bytes * (1 + OPTIMIZED_SHARE) * (1 + VERSIONS * share) * COPIES * SPARE)


def stage_of(run: MaintenanceRun, name: str) -> MaintenanceStage | None:
    """The stage of that name, if it was reached."""
    return next((stage for stage in run.stages if stage.name == name), None)


def cells_at(stage: MaintenanceStage | None) -> dict[Key, CellWork]:
    """The cells of a stage by query and class."""
    return {(cell.query, cell.parameter_class): cell for cell in stage.cells} if stage else {}


def reads_more(one: CellWork, other: CellWork, factor: float = MORE) -> bool:
    """Whether ``one`` reads more blocks than ``other``; a timeout is more than anything that finished."""
    if one.counters is None or other.counters is None:
        return one.counters is None and other.counters is not None
    more, less = one.counters.buffers, other.counters.buffers
    return more > factor * less and more - less >= FEW_BLOCKS


def differs(one: CellWork, other: CellWork) -> bool:
    """Whether two cells do not do the same work, in either direction, or not by the same plan."""
    if one.counters is None or other.counters is None:
        return one.counters is not other.counters
    rows = sorted((one.counters.rows, other.counters.rows))
    more_rows = rows[1] > TIMED * rows[0] and rows[1] - rows[0] >= 10 * FEW_BLOCKS  # ten rows weigh as much as a block
    return (
        reads_more(one, other, TIMED) or reads_more(other, one, TIMED) or more_rows
        or one.fingerprint != other.fingerprint
    )  # fmt: skip


def same_rows(one: CellWork, other: CellWork) -> bool:
    """Whether both answer alike, as far as both answered."""
    return not one.result_hash or not other.result_hash or one.result_hash == other.result_hash


def worth_timing(churned: MaintenanceStage, stage: MaintenanceStage) -> set[Key]:
    """The cells of ``stage`` that do other work than in the churned copy, and answer alike."""
    before = cells_at(churned)
    return {
        key for key, cell in cells_at(stage).items()
        if cell.counters and before[key].counters and differs(cell, before[key]) and same_rows(cell, before[key])
    }  # fmt: skip


def summarize_maintenance(run: MaintenanceRun) -> MaintenanceSummary:
    """Compute everything that a report of ``run`` shows; partial and failed runs alike."""
    fresh, churned = stage_of(run, FRESH), stage_of(run, CHURNED)
    stages = [stage for stage in run.stages if stage.procedures]
    old, aged_keys = cells_at(fresh), []
    for key, cell in cells_at(churned).items():
        if reads_more(cell, old[key]):
            aged_keys.append(key)
    worth = tuple(_worth(run, stage, fresh, churned, aged_keys) for stage in stages)
    aged = [_aged(run, key, old[key], cells_at(churned)[key], stages, worth) for key in aged_keys]
    return MaintenanceSummary(
        aged=tuple(sorted(aged, key=lambda one: (-one.extra_blocks, one.query, one.parameter_class))),
        worth=worth,
        queries=len({cell.query for cell in fresh.cells}) if fresh else 0,
        moved=tuple(_moved(fresh, churned, stages)),
        indexes=tuple(_indexes(run, fresh, churned)),
    )


def still_aged(cell: CellWork, fresh: CellWork, churned: CellWork) -> bool:
    """Whether a cell reads more than before the churn, and most of what the churn added is still there."""
    if not reads_more(cell, fresh):
        return False
    if cell.counters is None or fresh.counters is None or churned.counters is None:
        return True
    added = churned.counters.buffers - fresh.counters.buffers
    return churned.counters.buffers - cell.counters.buffers < TAKEN_BACK * added


def _mended(cell: CellWork | None, fresh: CellWork, churned: CellWork) -> bool:
    """Whether a procedure took back what the churn did to a cell, and did so without changing its answer."""
    return cell is not None and same_rows(cell, churned) and not still_aged(cell, fresh, churned)


def _aged(
    run: MaintenanceRun, key: Key, fresh: CellWork, churned: CellWork, stages: Sequence[MaintenanceStage],
    worth: Sequence[Worth],
) -> Aged:  # fmt: skip
    price = {one.name: one.seconds for one in worth}
    menders = [stage.name for stage in stages if _mended(cells_at(stage).get(key), fresh, churned)]
    alone = sorted((name for name in menders if name != ALL), key=lambda name: price[name])
    title = run.titles.get(key[0], key[0])
    return Aged(key[0], title, key[1], fresh, churned, tuple(alone), ALL in menders)


def _worth(
    run: MaintenanceRun, stage: MaintenanceStage, fresh: MaintenanceStage | None, churned: MaintenanceStage | None,
    aged: Sequence[Key],
) -> Worth:  # fmt: skip
    now, before, old = cells_at(stage), cells_at(churned), cells_at(fresh)
    lock, blocks = strongest([lock for one in stage.procedures for lock in one.locks])
    by_query: dict[str, bool] = {}
    for key in aged:
        by_query[key[0]] = by_query.get(key[0], True) and _mended(now.get(key), old[key], before[key])
    skipped = [one.skipped for one in stage.procedures if one.skipped]
    return Worth(
        name=stage.name,
        title="All together" if stage.name == ALL else stage.procedures[0].title,
        procedures=stage.procedures,
        seconds=sum(one.seconds for one in stage.procedures),
        wal_bytes=sum(one.wal_bytes for one in stage.procedures),
        size_before_bytes=_size(churned),
        size_after_bytes=_size(stage),
        lock=lock,
        blocks=blocks,
        mends=tuple(run.titles.get(query, query) for query, mended in by_query.items() if mended),
        less=sum(reads_more(before[key], cell) for key, cell in now.items()),
        more=sum(reads_more(cell, before[key]) for key, cell in now.items()),
        others=sum(not same_rows(cell, before[key]) for key, cell in now.items()),
        timings=tuple(_timings(stage.timed)),
        error="; ".join(one.error for one in stage.procedures if one.error),
        skipped=skipped[0] if len(skipped) == len(stage.procedures) else "",
    )


def strongest(locks: Sequence[str]) -> tuple[str, str]:
    """Of ``"<mode> on <relation>"`` the strongest mode, and whom it stops."""
    modes = [lock.partition(" on ")[0] for lock in locks]
    for known, whom in ((BLOCKS_READS, "readers and writers"), (BLOCKS_WRITES, "writers")):
        for mode in known:
            if mode in modes:
                return mode, whom
    return modes[0] if modes else "", "nobody"


def _size(stage: MaintenanceStage | None) -> int:
    return sum(table.size_bytes + table.index_bytes for table in stage.tables) if stage else 0


def _timings(timed: Sequence[CellTimed]) -> Iterator[Timing]:
    for one in timed:
        found = ratio(one.before, one.after)
        if found is None:
            continue
        word, churned, maintained = "cannot tell", median(one.before), median(one.after)
        if churned and maintained and abs(churned.ms - maintained.ms) < SHORT_MS:
            word = "cannot tell"
        elif found.low is not None and found.low > COPIES_DIFFER:
            word = "faster"
        elif found.high is not None and found.high < 1 / COPIES_DIFFER:
            word = "slower"
        yield Timing(one.query, one.parameter_class, found, word)


def _moved(
    fresh: MaintenanceStage | None, churned: MaintenanceStage | None, stages: Sequence[MaintenanceStage]
) -> Iterator[Key]:
    old, before = cells_at(fresh), cells_at(churned)
    later = [cells_at(stage) for stage in stages]
    for key, cell in before.items():
        if differs(cell, old[key]) or any(key in found and differs(found[key], cell) for found in later):
            yield key


def _indexes(
    run: MaintenanceRun, fresh: MaintenanceStage | None, churned: MaintenanceStage | None
) -> Iterator[IndexLine]:
    old = {one.name: one.size_bytes for one in fresh.indexes} if fresh else {}
    rebuilt_at = stage_of(run, "reindex")
    rebuilt = {one.name: one.size_bytes for one in rebuilt_at.indexes} if rebuilt_at else {}
    found = [
        IndexLine(one, old.get(one.name, 0), one.size_bytes, rebuilt.get(one.name))
        for one in (churned.indexes if churned else ())
    ]
    grown = [
        line for line in found
        if line.churned_bytes > GROWN * line.fresh_bytes and line.churned_bytes - line.fresh_bytes >= GROWN_BYTES
    ]  # fmt: skip
    yield from sorted(grown, key=lambda line: (line.fresh_bytes - line.churned_bytes, line.index.name))[:INDEXES_MOST]

"""What the churn did to the queries, and what each procedure did about it, at what price. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.experiments.maintain.cell_changes import Key, cells_at, is_mended, reads_more, same_rows, stage_of
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

COPIES_DIFFER = 1.05
"""Two copies of one database differ by up to 5 % in the time of a query (docs/method.md): an interval must clear it."""

SHORT_MS = 0.2
"""Difference of two medians below which a client times mostly its own wake-up (docs/gate.md), and no word is said."""

GROWN = 1.1
"""An index is listed where it grew by this factor and by ``GROWN_BYTES``."""
GROWN_BYTES = 64 * 1024
INDEXES_MOST = 12

BLOCKS_READS = ("AccessExclusiveLock",)
BLOCKS_WRITES = ("ExclusiveLock", "ShareRowExclusiveLock", "ShareLock")
"""Modes of locks that stop SELECT, and those that stop INSERT, UPDATE and DELETE alone (PostgreSQL manual, 13.3)."""


WrongRows = tuple[str, str, str]
"""Stage, query and class of a cell that answers otherwise after what must not change any row."""

TimingVerdict = Literal["faster", "slower", "cannot tell"]


@dataclass(frozen=True, slots=True)
class AgedCell:
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
    verdict: TimingVerdict


@dataclass(frozen=True, slots=True)
class ProcedureSummary:
    """A procedure, or all together: what it cost, and what it was worth."""

    name: str
    title: str
    seen: tuple[ProcedureSeen, ...]
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
        return sum(sum(one.not_removable.values()) for one in self.seen)

    @property
    def grew_bytes(self) -> int:
        """Bytes that it added to the churned copy; negative where it freed some."""
        return self.size_after_bytes - self.size_before_bytes

    @property
    def faster(self) -> int:
        """Cells that are faster by the clock."""
        return sum(one.verdict == "faster" for one in self.timings)

    @property
    def slower(self) -> int:
        """Cells that are slower by the clock."""
        return sum(one.verdict == "slower" for one in self.timings)

    @property
    def done(self) -> bool:
        """Whether there is anything to say of it: not where there was nothing to do, nor where it failed alone."""
        return not self.skipped and (not self.error or self.name == ALL)

    @property
    def upkeep(self) -> bool:
        """Whether it is the workload's own, which may change what a query answers."""
        return any(one.optimization for one in self.seen)

    @property
    def written(self) -> int:
        """Rows that it wrote."""
        return sum(sum(one.written.values()) for one in self.seen)


@dataclass(frozen=True, slots=True)
class GrownIndex:
    """An index that grew, at each stage that matters."""

    index: IndexStored
    fresh_bytes: int
    churned_bytes: int
    rebuilt_bytes: int | None


@dataclass(frozen=True, slots=True)
class Effects:
    """What maintenance mends, and what mends it."""

    aged: tuple[AgedCell, ...]
    """The most extra blocks first."""
    procedures: tuple[ProcedureSummary, ...]
    """In the order in which they were carried out, all together last."""
    queries: int

    def of(self, name: str) -> ProcedureSummary | None:
        """The procedure of that name."""
        return next((one for one in self.procedures if one.name == name), None)

    @property
    def alone(self) -> tuple[ProcedureSummary, ...]:
        """Without the one that is all together."""
        return tuple(one for one in self.procedures if one.name != ALL)

    @property
    def aged_queries(self) -> tuple[str, ...]:
        """Titles of the queries with an aged cell, in order."""
        return tuple(dict.fromkeys(one.title for one in self.aged))


def effects(run: MaintenanceRun) -> Effects:
    """Compute what aged and what each procedure was worth."""
    fresh, churned = stage_of(run, FRESH), stage_of(run, CHURNED)
    stages = [stage for stage in run.stages if stage.procedures]
    old, before = cells_at(fresh), cells_at(churned)
    aged_keys = [key for key, cell in before.items() if reads_more(cell, old[key])]
    procedures = tuple(_procedure(run, stage, fresh, churned, aged_keys) for stage in stages)
    seconds = {one.name: one.seconds for one in procedures}
    aged = [_aged(run, key, old[key], before[key], stages, seconds) for key in aged_keys]
    return Effects(
        aged=tuple(sorted(aged, key=lambda one: (-one.extra_blocks, one.query, one.parameter_class))),
        procedures=procedures,
        queries=len({cell.query for cell in fresh.cells}) if fresh else 0,
    )


def wrong_rows(run: MaintenanceRun) -> tuple[WrongRows, ...]:
    """Give the cells that answer otherwise after procedures that change no row."""
    before = cells_at(stage_of(run, CHURNED))
    return tuple(
        (stage.name, *key)
        for stage in run.stages
        if stage.procedures and not any(one.optimization for one in stage.procedures)
        for key, cell in cells_at(stage).items()
        if not same_rows(cell, before[key])
    )


def _aged(
    run: MaintenanceRun, key: Key, fresh: CellWork, churned: CellWork, stages: Sequence[MaintenanceStage],
    seconds: Mapping[str, float],
) -> AgedCell:  # fmt: skip
    menders = [stage.name for stage in stages if is_mended(cells_at(stage).get(key), fresh, churned)]
    alone = sorted((name for name in menders if name != ALL), key=lambda name: seconds[name])
    title = run.titles.get(key[0], key[0])
    return AgedCell(key[0], title, key[1], fresh, churned, tuple(alone), ALL in menders)


def _procedure(
    run: MaintenanceRun, stage: MaintenanceStage, fresh: MaintenanceStage | None, churned: MaintenanceStage | None,
    aged: Sequence[Key],
) -> ProcedureSummary:  # fmt: skip
    now, before, old = cells_at(stage), cells_at(churned), cells_at(fresh)
    lock, blocks = strongest([lock for one in stage.procedures for lock in one.locks])
    by_query: dict[str, bool] = {}
    for key in aged:
        by_query[key[0]] = by_query.get(key[0], True) and is_mended(now.get(key), old[key], before[key])
    skipped = [one.skipped for one in stage.procedures if one.skipped]
    return ProcedureSummary(
        name=stage.name,
        title="All together" if stage.name == ALL else stage.procedures[0].title,
        seen=stage.procedures,
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
        verdict: TimingVerdict = "cannot tell"
        churned, maintained = median(one.before), median(one.after)
        if churned and maintained and abs(churned.ms - maintained.ms) < SHORT_MS:
            pass
        elif found.low is not None and found.low > COPIES_DIFFER:
            verdict = "faster"
        elif found.high is not None and found.high < 1 / COPIES_DIFFER:
            verdict = "slower"
        yield Timing(one.query, one.parameter_class, found, verdict)


def grown_indexes(run: MaintenanceRun) -> tuple[GrownIndex, ...]:
    """Give the indexes that the churn made grow most."""
    fresh, churned, rebuilt = (
        {one.name: one for one in stage.indexes} if (stage := stage_of(run, name)) else {}
        for name in (FRESH, CHURNED, "reindex")
    )
    found = [
        GrownIndex(
            one,
            fresh[name].size_bytes if name in fresh else 0,
            one.size_bytes,
            rebuilt[name].size_bytes if name in rebuilt else None,
        )
        for name, one in churned.items()
    ]
    grown = [
        one for one in found
        if one.churned_bytes > GROWN * one.fresh_bytes and one.churned_bytes - one.fresh_bytes >= GROWN_BYTES
    ]  # fmt: skip
    grown.sort(key=lambda one: (one.fresh_bytes - one.churned_bytes, one.index.name))
    return tuple(grown[:INDEXES_MOST])

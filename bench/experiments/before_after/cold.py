"""Cold beside warm: what the executions with emptied caches say, and how far they were cold. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.cells.cell import rank
from bench.cells.query import GRAVITY
from bench.cells.records import Outcome
from bench.cells.tally import Tally, tally
from bench.model import STATES, CellSide, ColdBlocks, ColdCaches, Pair, Run, State, Verdict
from bench.report import numbers
from bench.report.numbers import plural
from bench.statistics.quantiles import CLOCK_MS, Figure, Ratio, longest, median
from bench.statistics.verdicts import judge

UNSEEN = "What the disk itself, its controller or a hypervisor had cached is in every cold time: nobody can see it."
STOPPED = "it hit the timeout warm, so it was not executed cold"


@dataclass(frozen=True, slots=True)
class ColdSide:
    """One cell: its warm median, and its executions with emptied caches."""

    n: int
    censored: int
    warm: Figure | None
    cold: Figure | None
    """The median."""
    slowest: Figure | None
    times: Ratio | None
    """Cold median over warm median, without an interval."""
    blocks: ColdBlocks | None
    outcome: Verdict | None
    """Of the cold executions; of the warm ones where those hit the timeout already, None where there is nothing."""
    reason: str
    assumes: str = ""
    """What the outcome rests on beside what was seen."""


@dataclass(frozen=True, slots=True)
class ColdRow:
    """The two cells of a query and class."""

    query: str
    title: str
    parameter_class: str
    before: ColdSide
    after: ColdSide

    def side(self, state: State) -> ColdSide:
        """The cell of ``state``."""
        return self.before if state == "before" else self.after


@dataclass(frozen=True, slots=True)
class ColdSummary:
    """What a report shows of the cold executions of a run."""

    sentence: str
    """How many queries miss the target cold, or why nothing was executed cold."""
    how: tuple[str, ...]
    """How the caches were emptied, and what stayed in them."""
    rows: tuple[ColdRow, ...]
    """By query in the order of the worst, then by class as measured."""
    worst: tuple[ColdRow, ...]
    """Of each query the class that is slowest cold, in the same order."""
    state: State
    """The state that decides: after, or before where there is no after."""


def cold_rows(run: Run) -> dict[tuple[str, str], ColdRow]:
    """Compute the figures of every pair by query and class, whether it was executed cold or not."""
    titles = {query.name: query.title or query.name for query in run.queries}
    return {
        (pair.query, pair.parameter_class): _row(pair, titles.get(pair.query, pair.query), run.options.target_ms)
        for pair in run.pairs
    }


def summarize_cold(run: Run, found: Mapping[tuple[str, str], ColdRow]) -> ColdSummary | None:
    """Compute what the cold executions of ``run`` say; None where none were asked for. ``found``: all its pairs."""
    if run.cold is None:
        return None
    asked = {query.name for query in run.queries if not query.writes}
    rows = [row for row in found.values() if row.query in asked and (row.before.n or row.after.n)]
    state: State = "after" if any(row.after.n for row in rows) else "before"
    worst: dict[str, ColdRow] = {}
    for row in rows:
        best = worst.setdefault(row.query, row)
        if _slowness(row, state) > _slowness(best, state):
            worst[row.query] = row
    order = sorted(worst.values(), key=lambda row: _slowness(row, state), reverse=True)
    places = {row.query: place for place, row in enumerate(order)}
    return ColdSummary(
        sentence=_sentence(run, run.cold, rows, state),
        how=tuple(_how(run, run.cold, rows)) if rows else (),
        rows=tuple(sorted(rows, key=lambda row: places[row.query])),
        worst=tuple(order),
        state=state,
    )


def cold_side(side: CellSide, target_ms: float) -> ColdSide:
    """Compute the figures of one cell."""
    warm, cold = median(side.samples), median(side.cold)
    judgement = judge(side.cold, target_ms)
    outcome: Verdict | None = judgement.verdict if side.cold else None
    reason = judgement.reason
    if not side.cold and any(sample.censored and sample.ms >= target_ms for sample in side.samples):
        outcome, reason = judge(side.samples, target_ms).verdict, STOPPED
    return ColdSide(
        n=len(side.cold),
        censored=sum(sample.censored for sample in side.cold),
        warm=warm,
        cold=cold,
        slowest=longest(side.cold),
        times=_times(cold, warm) if cold and warm else None,
        blocks=side.cold_blocks,
        outcome=outcome,
        reason=reason,
        assumes=judgement.assumes if side.cold else "",
    )


def _row(pair: Pair, title: str, target_ms: float) -> ColdRow:
    before, after = (cold_side(pair.side(state), target_ms) for state in STATES)
    return ColdRow(pair.query, title, pair.parameter_class, before, after)


def _times(cold: Figure, warm: Figure) -> Ratio:
    value = max(cold.ms, CLOCK_MS) / max(warm.ms, CLOCK_MS)
    return Ratio(value, None, None, "at least" if cold.censored else "exactly", paired=False)


def _slowness(row: ColdRow, state: State) -> tuple[bool, bool, float]:
    """Order rows: those that hit the timeout warm, then those that hit it cold, then the highest cold median."""
    side = row.side(state)
    return (side.reason == STOPPED, *rank(side.cold))


# -------------------------------------------------------------------------------------------------------- words
def _sentence(run: Run, caches: ColdCaches, rows: Sequence[ColdRow], state: State) -> str:
    if caches.buffers == "kept":
        return f"Nothing was executed cold: {caches.buffers_why}."
    if not rows:
        return "Nothing was executed cold yet." if run.status != "complete" else "There was nothing to execute cold."
    now = _counted(rows, state)
    verb = "meets" if 1 in (now.meets, now.total) else "meet"
    said = f"Cold, {now.meets} of {plural(now.total, 'query', 'queries')} {verb} {run.options.target_ms:g} ms"
    said += f"{now.assumed}, {now.rest}"
    if state == "after" and (before := _counted(rows, "before")).total:
        said += f"; before: {before.words}"
    kept = " Only the server's buffers were emptied, not the system's cache." if caches.system == "kept" else ""
    return f"{said}.{kept}"


def _counted(rows: Sequence[ColdRow], state: State) -> Tally:
    """Count the queries: one meets where all its classes do, by what any of them assumes."""
    found: dict[str, tuple[Outcome, str]] = {}
    for row in rows:
        side = row.side(state)
        if side.outcome:
            best, assumes = found.get(row.query, (side.outcome, ""))
            worse = min((side.outcome, best), key=GRAVITY.index)
            found[row.query] = worse, max(assumes, side.assumes, key=len)
    return tally(found.values())


def _how(run: Run, caches: ColdCaches, rows: Sequence[ColdRow]) -> Iterator[str]:
    if caches.buffers == "evicted":
        stayed = caches.skipped_blocks_most
        yield (
            f"Before each of {caches.times:,} executions the server's buffers were emptied (pg_buffercache_evict_all); "
            + (f"{plural(stayed, 'block')} that somebody was using stayed at most." if stayed else "none stayed.")
        )
        yield "The connection was warm: it had executed the statement once, and knew catalog and plan."
    else:
        yield f"Before each of {caches.times:,} executions the server was restarted."
        yield "Its new connection had planned the statement once, not executed it; that left a few blocks of indexes."
    yield _system(caches)
    yield UNSEEN
    yield from _proof(rows)
    if any(query.writes for query in run.queries):
        yield "Queries that write were not executed cold: they would read the dead rows of those before."
    if any(row.side(state).outcome == "cannot tell" for row in rows for state in STATES):
        yield f'Where a verdict is "cannot tell", more executions may: --cold {3 * caches.executions}.'


def _system(caches: ColdCaches) -> str:
    if caches.system == "kept":
        return (
            f"The operating system's cache was not dropped: {caches.system_why}. What the server reads may come from "
            "there, and from a disk it would take longer."
        )
    if caches.system == "machine":
        return "Then the operating system dropped what the whole machine had cached; whether all went cannot be seen."
    said = "Then the operating system dropped its cache of the database's files"
    if caches.left_pages_most is None or caches.file_pages is None:
        return f"{said}; whether all of it went could not be seen."
    pages = plural(caches.file_pages, "page")
    if not caches.left_pages_most:
        return f"{said}: of {pages} none was still there (mincore)."
    return f"{said}: of {pages} {caches.left_pages_most:,} were still there at most (mincore)."


def _proof(rows: Sequence[ColdRow]) -> Iterator[str]:
    """Whether blocks were in fact read: one more execution of each cell says it."""
    seen = [side.blocks for row in rows for state in STATES if (side := row.side(state)).blocks]
    touched = [blocks for blocks in seen if blocks and blocks.read + blocks.hit]
    if not touched:
        return
    unread = sum(not blocks.read for blocks in touched)
    asked = f"One more cold execution of each of {plural(len(touched), 'cell')}, under EXPLAIN,"
    if unread:
        yield f"{asked} found all its blocks in the server's buffers in {plural(unread, 'cell')}: those are not cold."
    else:
        read = numbers.count(sum(blocks.read for blocks in touched))
        yield f"{asked} had to read {read} blocks in all; none found everything in the server's buffers."

"""Decide what a run says: verdicts, effects, what each optimization earned, and the words for it. Pure.

Every report format shows a ``RunSummary`` and decides nothing itself, so they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.cells.cell import summarize_pair
from bench.cells.coverage import CoverageSummary, summarize_coverage
from bench.cells.index_use import indexes_used, summarize_optimizations
from bench.cells.query import importance, summarize_query
from bench.cells.records import OptimizationSummary, QuerySummary
from bench.cells.sentences import answer, tallies
from bench.cells.tally import Tally
from bench.errors import WorkloadError
from bench.experiments.attribution.summary import AttributionSummary
from bench.experiments.attribution.summary import summarize as summarize_attribution
from bench.experiments.before_after import beside, sentences
from bench.experiments.before_after.beside import Beside
from bench.experiments.before_after.cold import ColdSummary, cold_rows, summarize_cold
from bench.experiments.before_after.details import QueryDetails, details, is_dense
from bench.experiments.before_after.distributions import Shares, shares
from bench.experiments.before_after.limitations import limitations
from bench.experiments.before_after.next_steps import NextStep, next_steps
from bench.experiments.before_after.noise import NoiseSummary, summarize_noise
from bench.experiments.before_after.settings_seen import SettingSeen, settings_seen
from bench.experiments.before_after.spread import SpreadSummary, summarize_spread
from bench.experiments.before_after.tables import TableWork, tables
from bench.model import Run, Since
from bench.model.vocabulary import Mark, mark
from bench.shipping import ship_script


@dataclass(frozen=True, slots=True)
class Applied:
    """What all optimizations that were applied took together."""

    number: int
    build_ms: float
    size_bytes: int
    wal_bytes: int


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run, decided."""

    target_ms: float
    sentence: str
    """The answer in one sentence."""
    alarms: tuple[str, ...]
    """What makes a claim void: other rows, failed statements. To be shown before any figure."""
    paragraph: tuple[str, ...]
    """What was found, sentence by sentence."""
    next_steps: tuple[NextStep, ...]
    """What to do now, the most urgent first."""
    details: tuple[QueryDetails, ...]
    """The queries, the most important first: what is wrong or misses, then what gained or lost most."""
    dense: bool
    """So many queries that not all can be shown of each."""
    optimizations: tuple[OptimizationSummary, ...]
    attribution: AttributionSummary | None
    applied: Applied
    script: str
    """What ships all that was applied to a live database; a comment where none can be written."""
    tables: tuple[TableWork, ...]
    cold: ColdSummary | None
    coverage: CoverageSummary | None
    """Which clauses of the queries their classes exercise; None where that was not asked for."""
    spread: SpreadSummary | None
    """How the queries were spread over a cluster; None on one server."""
    beside: tuple[Beside, ...]
    """The queries that read, once more in other circumstances."""
    before: Tally
    after: Tally | None
    """None where only the before state was measured."""
    pairs_measured: int
    pairs_total: int
    distributions: tuple[Shares, ...]
    noise: NoiseSummary
    settings: tuple[SettingSeen, ...]
    limitations: tuple[str, ...]

    since: Since | None
    """What moved since the run before; None where the record does not say."""

    @property
    def queries(self) -> tuple[QuerySummary, ...]:
        """The queries, decided, in the same order."""
        return tuple(one.summary for one in self.details)

    @property
    def has_after(self) -> bool:
        """False when only the before state was measured."""
        return self.after is not None

    @property
    def mark(self) -> Mark:
        """How the sentence is meant: as its worst query, and where a claim is void as that."""
        found = self.after or self.before
        return mark("failed" if self.alarms else found.outcome if self.pairs_measured else "")

    @property
    def good(self) -> bool:
        """True when every query meets the target and nothing is wrong."""
        met = (self.after or self.before).meets
        return bool(self.queries) and met == len(self.queries) and not self.alarms


def summarize(run: Run) -> RunSummary:
    """Compute everything that a report of ``run`` shows; complete, partial and failed runs alike."""
    queries, optimizations = _queries(run), summarize_optimizations(run)
    attributed, cold = summarize_attribution(run), cold_rows(run)
    cells = [cell for query in queries for cell in query.cells if not cell.absent]
    before, after = tallies(queries)
    measured = sum(cell.after.measured if after else cell.before.measured for cell in cells)
    colder, covered = summarize_cold(run, cold), _covered(run)
    others = tuple(found for found in (beside.fresh(run), beside.as_set(run)) if found)
    return RunSummary(
        target_ms=run.options.target_ms,
        sentence=answer(run, queries),
        alarms=tuple(sentences.alarms(run, queries)),
        paragraph=tuple(sentences.paragraph(run, queries, optimizations, colder, others, covered, measured)),
        next_steps=next_steps(run, queries, optimizations, attributed) if measured or run.attribution else (),
        details=tuple(details(run, sorted(queries, key=importance), cold)),
        dense=is_dense(run),
        optimizations=optimizations,
        attribution=attributed,
        applied=_applied(run),
        script=_script(run),
        tables=tables(run),
        cold=colder,
        coverage=covered,
        spread=summarize_spread(run),
        beside=others,
        before=before,
        after=after,
        pairs_measured=measured,
        pairs_total=len(cells),
        distributions=shares(run.dataset),
        noise=summarize_noise(run),
        settings=settings_seen(run.server),
        limitations=limitations(run),
        since=run.since,
    )


def _covered(run: Run) -> CoverageSummary | None:
    if run.coverage is None:
        return None
    titles = {query.name: query.title for query in run.queries}
    return summarize_coverage(run.coverage, titles, sum(run.phases_s.values()))


def _queries(run: Run) -> tuple[QuerySummary, ...]:
    options = run.options
    cells = [
        summarize_pair(pair, options.target_ms, copies=run.copies, in_turn=not options.one_copy) for pair in run.pairs
    ]
    return tuple(
        summarize_query(query, tuple(cell for cell in cells if cell.query == query.name), indexes_used(run, query.name))
        for query in run.queries
        if run.pairs or not run.attribution  # an attribution by itself times no query
    )


def _applied(run: Run) -> Applied:
    return Applied(
        number=len(run.applied),
        build_ms=sum(found.build_ms for found in run.applied),
        size_bytes=sum(found.size_bytes for found in run.applied),
        wal_bytes=sum(found.wal_bytes for found in run.applied),
    )


def _script(run: Run) -> str:
    names = {one.name for one in run.applied}
    chosen = [block for block in run.optimizations if block.name in names]
    try:
        return ship_script(run.workload, chosen, queries=run.queries)
    except WorkloadError as error:
        return f"-- There is no script for these optimizations: {error}"

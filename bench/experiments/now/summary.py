"""Decide what a run of one state says: verdicts, what reads far more than it returns, what the schema lacks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.cells.cell import rank, summarize_pair
from bench.cells.query import GRAVITY, summarize_query
from bench.cells.records import CellSummary, QuerySummary, SideSummary
from bench.cells.tally import Tally, tally
from bench.experiments import about
from bench.experiments.now.record import NowRun
from bench.hygiene.findings import HygieneFinding, findings
from bench.model import Pair, Query
from bench.model.assumed import ASSUMED_KINDS, Assumed, AssumedKind
from bench.model.vocabulary import Mark, mark
from bench.report import numbers
from bench.report.numbers import listed, plural
from bench.report.plans import ComparedPlans, compare_plans

WASTEFUL = 100.0
"""Rows read for each returned from which on a query is named for it: an index that fits reads a few for each."""

WASTEFUL_ROWS = 1_000
"""Rows read below which nobody notices, however few are returned."""

PROBE = "Probe: "
"""Before the title of what was made from the schema; a report of probes says that once."""

NAMED = 3
PLANS_MOST = 60
"""Plans that a page has room for: those of the worst class of so many queries, the worst first."""


@dataclass(frozen=True, slots=True)
class NowCell:
    """A query and class."""

    summary: CellSummary
    pair: Pair

    @property
    def side(self) -> SideSummary:
        """Its figures."""
        return self.summary.before

    @property
    def rows_read(self) -> int | None:
        """Rows that the nodes of its plan passed on or threw away in one execution."""
        return self.side.counters.rows if self.side.counters else None

    @property
    def for_each(self) -> float | None:
        """Rows read for each row returned; None where it is not known."""
        if self.rows_read is None or self.summary.result_rows is None:
            return None
        return self.rows_read / max(self.summary.result_rows, 1)

    @property
    def wasteful(self) -> bool:
        """Whether it reads far more than it returns."""
        each = self.for_each
        return each is not None and each >= WASTEFUL and (self.rows_read or 0) >= WASTEFUL_ROWS


@dataclass(frozen=True, slots=True)
class NowQuery:
    """A query with all its classes; ``plans`` is the plan of the worst one, where the page has room for it."""

    query: Query
    summary: QuerySummary
    cells: tuple[NowCell, ...]
    worst: NowCell | None
    plans: ComparedPlans | None


@dataclass(frozen=True, slots=True)
class NowSummary:
    """A run of one state, decided; the queries that a reader must know first come first."""

    target_ms: float
    headline: str
    alarms: tuple[str, ...]
    paragraph: tuple[str, ...]
    next_steps: tuple[str, ...]
    queries: tuple[NowQuery, ...]
    tally: Tally
    findings: tuple[HygieneFinding, ...]
    assumed: tuple[tuple[AssumedKind, tuple[Assumed, ...]], ...]
    """What was assumed, by kind, what is missing first."""
    cells: int
    rows: int
    tables: int
    """That have rows."""

    @property
    def good(self) -> bool:
        """Whether every query meets the target."""
        return bool(self.queries) and self.tally.meets == len(self.queries) and not self.alarms

    @property
    def mark(self) -> Mark:
        """How the headline is meant: as its worst query."""
        return mark(self.tally.outcome if self.cells else "")

    def count(self, kind: AssumedKind) -> int:
        """How many assumptions of a kind there are."""
        return sum(len(found) for one, found in self.assumed if one == kind)


def summarize(run: NowRun) -> NowSummary:
    """Compute everything that a report of ``run`` shows; complete, partial and failed runs alike."""
    queries = _queries(run)
    counted = tally((one.summary.outcome, one.summary.assumption) for one in queries)
    found = findings(run.indexes, run.foreign_keys, None)
    measured = sum(cell.side.measured for one in queries for cell in one.cells)
    return NowSummary(
        target_ms=run.options.target_ms,
        headline=_headline(run, counted, measured),
        alarms=about.unfinished("This run", run.status),
        paragraph=tuple(_paragraph(run, queries, found)),
        next_steps=tuple(_next_steps(run, queries, found)),
        queries=queries,
        tally=counted,
        findings=found,
        assumed=tuple(
            (kind, own) for kind in ASSUMED_KINDS if (own := tuple(one for one in run.assumed if one.kind == kind))
        ),
        cells=measured,
        rows=sum(table.rows for table in run.dataset.tables),
        tables=sum(table.rows > 0 for table in run.dataset.tables),
    )


def _queries(run: NowRun) -> tuple[NowQuery, ...]:
    by_query: dict[str, list[NowCell]] = {}
    for pair in run.pairs:
        found = NowCell(summarize_pair(pair, run.options.target_ms, alone=True), pair)
        by_query.setdefault(pair.query, []).append(found)
    queries = [_query(query, by_query.get(query.name, [])) for query in run.queries]
    ordered = sorted(queries, key=_importance)
    return tuple(
        one if number >= PLANS_MOST or one.worst is None else _with_plan(one, one.worst)
        for number, one in enumerate(ordered)
    )


def _query(query: Query, cells: Sequence[NowCell]) -> NowQuery:
    query = replace(query, title=query.title.removeprefix(PROBE))
    summary = summarize_query(query, tuple(cell.summary for cell in cells))
    worst = next((cell for cell in cells if cell.summary is summary.worst), None)
    return NowQuery(query, summary, tuple(cells), worst, None)


def _with_plan(one: NowQuery, worst: NowCell) -> NowQuery:
    return NowQuery(one.query, one.summary, one.cells, worst, compare_plans(worst.pair.before.plan, None))


def _importance(one: NowQuery) -> tuple[int, float, float]:
    """What fails or misses first, then what takes longest."""
    p95 = one.worst.side.p95 if one.worst else None
    cut_off, ms = rank(p95)
    return (GRAVITY.index(one.summary.outcome), -float(cut_off), -ms)


# -------------------------------------------------------------------------------------------------------- in words
def _headline(run: NowRun, counted: Tally, measured: int) -> str:
    noun = plural(counted.total, "probe") if run.inferred_queries else plural(counted.total, "query", "queries")
    size = f"{run.dataset.scale:,} {run.dataset.unit}"
    if not measured:
        return f"Nothing was measured at {size}"
    verb = "meets" if 1 in (counted.total, counted.meets) else "meet"
    said = f"{counted.meets} of {noun} {verb} {run.options.target_ms:g} ms at {size}"
    return f"{counted.trouble}, {said}" if counted.trouble else said


def _left_out(found: Sequence[Assumed], one: str, several: str) -> Iterator[str]:
    """What of the user's is missing in all the figures, each with its reason."""
    if found:
        named = numbers.listed([f"{each.what} ({each.why})" for each in found], most=NAMED)
        yield f"{plural(len(found), one, several)} {found[0].how}: {named}."


def _paragraph(run: NowRun, queries: Sequence[NowQuery], found: Sequence[HygieneFinding]) -> Iterator[str]:
    if run.source:
        tables = [table for table in run.dataset.tables if table.rows]
        said = f"{numbers.count(sum(table.rows for table in tables))} rows in {plural(len(tables), 'table')}"
        yield f"The rows are made from {run.source} alone: {said}; what was assumed for that is listed below."
    if run.inferred_queries:
        yield "The queries are probes made from keys, foreign keys and columns: give your own with --queries FILE."
    yield from _left_out(
        [one for one in run.assumed if one.kind == "query"], "statement of yours is", "statements of yours are"
    )
    yield from _left_out([one for one in run.assumed if one.kind == "left out"], "table has", "tables have")
    if slow := [one for one in queries if one.summary.outcome == "misses"]:
        yield f"Slowest: {_named(slow[0])}."
    wasteful = sorted((cell for one in queries if (cell := _wasteful(one))), key=lambda cell: -(cell.rows_read or 0))
    if wasteful:
        first = wasteful[0]
        title = next(one.summary.title for one in queries if first in one.cells)
        yield (
            f"{plural(len(wasteful), 'query reads', 'queries read')} {WASTEFUL:g} rows or more for each returned, most "
            f"{title} ({first.summary.parameter_class}): {read_for_returned(first)}."
        )
    bare = [one for one in found if one.kind == "unindexed foreign key"]
    if bare:
        yield f"No index supports {plural(len(bare), 'foreign key')}: deleting a parent reads all its children's table."
    if twins := [one for one in found if one.kind != "unindexed foreign key"]:
        size = numbers.size(sum(one.size_bytes for one in twins))
        yield f"{plural(len(twins), 'index', 'indexes')} ({size}) could go or want mending."
    counted = tally((one.summary.outcome, one.summary.assumption) for one in queries)
    if counted.assuming:
        yield f"{counted.assuming} of those that meet assume {counted.assumption}: a longer --budget assumes less."
    if not slow and not wasteful and not found and queries:
        yield "Nothing stands out at this size."


def _wasteful(one: NowQuery) -> NowCell | None:
    found = [cell for cell in one.cells if cell.wasteful]
    return max(found, key=lambda cell: cell.rows_read or 0, default=None)


def read_for_returned(cell: NowCell) -> str:
    """How many rows it reads for how many, in words."""
    rows = cell.summary.result_rows or 0
    return f"{plural(cell.rows_read or 0, 'row')} read for {numbers.count(rows)} returned"


def _named(one: NowQuery) -> str:
    if one.worst is None:
        return one.summary.title
    return f"{one.summary.title} ({one.worst.summary.parameter_class}: p95 {numbers.figure(one.worst.side.p95)})"


def _next_steps(run: NowRun, queries: Sequence[NowQuery], found: Sequence[HygieneFinding]) -> Iterator[str]:
    if failed := [one.summary.title for one in queries if one.summary.outcome == "failed"]:
        yield f"Mend what stopped {listed(failed, NAMED)}."
    slow = [one for one in queries if one.summary.outcome == "misses"]
    if slow:
        named = listed([_named(one) for one in slow], NAMED)
        yield f"Over {run.options.target_ms:g} ms: {named}. Their plans show why."
    if bare := [one for one in found if one.kind == "unindexed foreign key"]:
        yield f"Try the missing indexes of foreign keys: {bare[0].fix.rstrip(';')}{_more(len(bare) - 1)}."
    if drops := [one for one in found if one.fix.startswith("DROP")]:
        yield f"Drop what another index does: {drops[0].index}{_more(len(drops) - 1)}."
    if open_ := [one for one in queries if one.summary.outcome == "cannot tell" and one.cells]:
        named = listed([one.summary.title for one in open_], NAMED)
        yield f"No verdict yet: {named}. A longer --budget takes more samples."
    if slow or found:
        yield "Put a change that you propose into optimizations.sql of the workload: the next run compares the two."
    elif queries:
        yield "Run it again with more rows (--rows 2M) to see how long that lasts."


def _more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""

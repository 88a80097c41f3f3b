"""Each query of a run with all that is known of it: its classes, their plans compared, their cold times. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.cells.records import CellSummary, QuerySummary
from bench.experiments.before_after.by_binding import slowest
from bench.experiments.before_after.cold import ColdRow
from bench.model import Pair, Query, Run
from bench.report.plans import ComparedPlans, compare_plans

DENSE_FROM = 60
"""Queries above which a report is short of words, so that the page of 200 queries stays under 10 MB: samples are drawn
as boxes, plans are those of the hot and the worst class, and the cold table has the class that is slowest cold."""
OPENED_MOST = 12
"""Queries that a page shows opened, those that a reader must know first: more are a list, from which one chooses."""


def is_dense(run: Run) -> bool:
    """Whether a report of ``run`` is short of words."""
    return len(run.queries) > DENSE_FROM


@dataclass(frozen=True, slots=True)
class CellDetails:
    """A class of a query."""

    summary: CellSummary
    pair: Pair
    slow: str
    """Which of its bindings takes clearly longer than the others."""
    plans: ComparedPlans | None
    plans_left_out: bool
    """There are plans, and no room for them."""
    cold: ColdRow
    """Its executions with emptied caches, if there were any."""


@dataclass(frozen=True, slots=True)
class QueryDetails:
    """A query."""

    query: Query
    summary: QuerySummary
    cells: tuple[CellDetails, ...]
    opened: bool
    """It misses, cannot be told, or got worse since the run before, and is among the first of those: a page shows all
    of it at once."""

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """What was seen of it, class by class."""
        return tuple(cell.pair for cell in self.cells)


def details(
    run: Run, queries: Sequence[QuerySummary], cold: Mapping[tuple[str, str], ColdRow]
) -> Iterator[QueryDetails]:
    """Give the details of ``queries``, in their order."""
    known = {query.name: query for query in run.queries}
    pairs: dict[str, list[Pair]] = {}
    for pair in run.pairs:
        pairs.setdefault(pair.query, []).append(pair)
    dense = is_dense(run)
    worse = {cell.query for cell in run.since.moved if cell.worse} if run.since else set()
    open_ones = [found.name for found in queries if found.outcome != "meets" or found.name in worse][:OPENED_MOST]
    for found in queries:
        cells = _cells(found, pairs.get(found.name, ()), cold, dense=dense)
        yield QueryDetails(known[found.name], found, tuple(cells), opened=found.name in open_ones)


def _cells(
    found: QuerySummary, pairs: Iterable[Pair], cold: Mapping[tuple[str, str], ColdRow], *, dense: bool
) -> Iterator[CellDetails]:
    for cell, pair in zip(found.cells, pairs, strict=True):
        before, after = pair.before.plan, pair.after.plan
        left_out = bool(dense and (before or after) and cell is not found.hot and cell is not found.worst)
        yield CellDetails(
            summary=cell,
            pair=pair,
            slow=slowest(pair),
            plans=None if left_out else compare_plans(before, after, texts=not dense),
            plans_left_out=left_out,
            cold=cold[cell.query, cell.parameter_class],
        )

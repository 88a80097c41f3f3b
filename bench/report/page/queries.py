"""A query as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from bench.model import Pair, Query, Run
from bench.report.page.plans import NodeView, plans_of
from bench.summary import CellSummary, QuerySummary, Summary


@dataclass(frozen=True, slots=True)
class CellView:
    """A class of a query as the page shows it."""

    summary: CellSummary
    pair: Pair
    plans: dict[str, tuple[NodeView, ...]]


@dataclass(frozen=True, slots=True)
class QueryView:
    """A query as the page shows it; ``anchor`` is its place in the page."""

    query: Query
    summary: QuerySummary
    anchor: str
    cells: tuple[CellView, ...]


def query_views(run: Run, summary: Summary) -> tuple[QueryView, ...]:
    """Lay out the queries of ``run``, in its order."""
    views = []
    for number, (query, found) in enumerate(zip(run.queries, summary.queries, strict=False), start=1):
        pairs = [pair for pair in run.pairs if pair.query == query.name]
        cells = tuple(CellView(cell, pair, plans_of(pair)) for cell, pair in zip(found.cells, pairs, strict=True))
        views.append(QueryView(query, found, f"query-{number}", cells))
    return tuple(views)

"""A query as the page shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.cells.records import CellSummary, QuerySummary, Summary
from bench.experiments.before_after import figures
from bench.experiments.before_after.by_binding import slowest
from bench.experiments.before_after.cold import ColdRow, ColdSummary, summarize_cold
from bench.experiments.before_after.page.plans import PlansView, plans_of
from bench.model import STATES, Pair, Query, Run
from bench.report.html.anchors import anchors
from bench.report.html.environment import drawn
from bench.report.html.sql import filled

DENSE_FROM = 60
"""Queries above which the page is short of words, so that one of 200 queries stays under 10 MB: samples are drawn as
boxes, plans are those of the hot and the worst class, and the cold table has the class that is slowest cold."""


@dataclass(frozen=True, slots=True)
class CellView:
    """A class of a query as the page shows it; ``anchor`` is its place in the page."""

    anchor: str
    summary: CellSummary
    pair: Pair
    slow: str
    """Which of its bindings takes clearly longer than the others."""
    plans: PlansView | None
    plans_left_out: bool
    """There are plans, and the page has no room for them."""
    cold: ColdRow | None
    """Its executions with emptied caches."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A text to show and to copy."""

    title: str
    sql: str


@dataclass(frozen=True, slots=True)
class QueryView:
    """A query as the page shows it; ``anchor`` is its place in the page, ``find`` what the filter looks at."""

    query: Query
    summary: QuerySummary
    anchor: str
    worst: str
    """The place of its worst class."""
    cells: tuple[CellView, ...]
    statements: tuple[Statement, ...]
    find: str
    spread: Markup
    """The samples of each class; empty where there is none."""
    spread_in_words: str


def query_views(run: Run, summary: Summary) -> tuple[QueryView, ...]:
    """Lay out the queries of ``run``, in the order of ``summary``."""
    views = []
    # Places come from the order of the run, which stays when the figures move.
    placed = zip(run.queries, anchors("query", [query.name for query in run.queries]), strict=True)
    known = {query.name: (query, place) for query, place in placed}
    dense = len(run.queries) > DENSE_FROM
    cold = summarize_cold(run)
    for found in summary.queries:
        query, place = known[found.name]
        pairs = [pair for pair in run.pairs if pair.query == query.name]
        classes = anchors(f"{place}-", [pair.parameter_class for pair in pairs])
        cells = tuple(_cells(found, pairs, classes, cold, dense=dense))
        worst = next((cell.anchor for cell in cells if cell.summary is found.worst), place)
        drawing = figures.spread(pairs, summary.target_ms, f"{place}-spread", dense=dense)
        views.append(
            QueryView(
                query, found, place, worst, cells, tuple(_statements(query, pairs)), _find(query, found),
                spread=drawn(drawing), spread_in_words=figures.describe_spread(pairs, summary.target_ms),
            )
        )  # fmt: skip
    return tuple(views)


def _cells(
    found: QuerySummary, pairs: Sequence[Pair], places: Sequence[str], cold: ColdSummary | None, *, dense: bool
) -> Iterator[CellView]:
    for anchor, cell, pair in zip(places, found.cells, pairs, strict=True):
        planned = any(pair.side(state).plan for state in STATES)
        left_out = dense and planned and cell is not found.hot and cell is not found.worst
        yield CellView(
            anchor, cell, pair, slowest(pair), None if left_out else plans_of(pair, texts=not dense), left_out,
            cold=cold.of(cell.query, cell.parameter_class) if cold else None,
        )  # fmt: skip


def _statements(query: Query, pairs: Sequence[Pair]) -> Iterator[Statement]:
    """The statement as written, and with the values of the first class filled in; each again where it is rewritten."""
    asked = next((pair for pair in pairs if pair.bindings), None)
    for state in STATES if query.rewrite else STATES[:1]:
        where = f" in the {state} state" if query.rewrite else ""
        by = f", rewritten by {query.rewrite.optimization}" if query.rewrite and state == "after" else ""
        yield Statement(f"As written{where}{by}", query.text(state))
        if asked and query.parameters:
            ready = filled(query.text(state), query.parameters, asked.bindings[0])
            yield Statement(f"With the values of {asked.parameter_class}{where}, for psql", ready)


def _find(query: Query, found: QuerySummary) -> str:
    return " ".join((found.title, query.name, query.asks, found.outcome, *query.tables, *found.indexes)).lower()

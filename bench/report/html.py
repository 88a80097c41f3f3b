"""A run as one page: no network, no script, readable from a phone to a wide screen, in light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bench import figures
from bench.model import STATES, Applied, Pair, PlanSeen, Query, Run
from bench.plans import PlanNode, tree
from bench.report import side_words
from bench.report.sides import TONES, view
from bench.report.text import clean
from bench.summary import CellSummary, QuerySummary, Summary, summarize, words
from bench.summary.hygiene import UNSEEN

# From here on a wrong estimate is likely to have cost a better plan.
WRONG_ESTIMATE = 10
READS_ALL = ("Sort", "Aggregate", "Hash", "Bitmap Index Scan")
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class NodeView:
    """A row of a plan: the node, and its own buffers in percent of those of the larger of the two plans."""

    node: PlanNode
    percent: float
    estimate: str


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


def render(run: Run) -> str:
    """Write the page. The same run gives the same bytes."""
    summary = summarize(run)
    drawing = figures.dumbbells(summary, "overview")
    page = _environment().get_template("report.html")
    text = page.render(
        run=run,
        summary=summary,
        queries=_views(run, summary),
        applied={found.name: found for found in run.applied},
        totals=_totals(run.applied),
        # Drawn by us, its texts escaped by matplotlib.
        drawing=Markup(clean(drawing)),  # noqa: S704
        css=_style("report.css"),
        sides=view(run),
        sides_css=_style("sides.css"),
        tones=TONES,
        unseen=UNSEEN,
        side_words=side_words,
        words=words,
        states=STATES,
    )
    return text if text.endswith("\n") else f"{text}\n"


def _style(name: str) -> Markup:
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Escaping makes text harmless as markup; this makes it harmless as text.
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    made.filters["clean"] = clean
    return made


def _views(run: Run, summary: Summary) -> tuple[QueryView, ...]:
    views = []
    for number, (query, found) in enumerate(zip(run.queries, summary.queries, strict=False), start=1):
        pairs = [pair for pair in run.pairs if pair.query == query.name]
        cells = tuple(CellView(cell, pair, _plans(pair)) for cell, pair in zip(found.cells, pairs, strict=True))
        views.append(QueryView(query, found, f"query-{number}", cells))
    return tuple(views)


def _plans(pair: Pair) -> dict[str, tuple[NodeView, ...]]:
    seen = {state: plan for state in STATES if (plan := pair.side(state).plan)}
    # One scale for both, so that the bars can be compared.
    full = max((plan.counters.buffers for plan in seen.values()), default=1) or 1
    return {state: tuple(_nodes(plan, full)) for state, plan in seen.items()}


def _nodes(seen: PlanSeen, full: int) -> Iterable[NodeView]:
    stopped: list[bool] = []
    for node in tree(seen.plan):
        # Whether a Limit above may have stopped this node early; a node that reads all its input first shields it.
        above = stopped[node.depth - 1] if node.depth else False
        del stopped[node.depth :]
        stopped.append(node.kind == "Limit" or (above and node.kind not in READS_ALL))
        yield NodeView(node, round(100 * node.buffers_self / full, 1), _estimate(node, stopped=above))


def _estimate(node: PlanNode, *, stopped: bool) -> str:
    """Say how far off the planner's row estimate was, where that is more than tenfold.

    A node that was stopped early gave fewer rows than it has: that is no wrong estimate.
    """
    guessed, real = max(node.estimated_rows, 1.0), max(node.actual_rows, 1.0)
    factor = max(guessed / real, real / guessed)
    if not node.executed or factor < WRONG_ESTIMATE or (stopped and guessed > real):
        return ""
    return f"{factor:,.0f}× too {'many' if guessed > real else 'few'} rows expected"


def _totals(applied: Iterable[Applied]) -> dict[str, Any]:
    known = list(applied)
    return {
        "build_ms": sum(found.build_ms for found in known),
        "size_bytes": sum(found.size_bytes for found in known),
        "wal_bytes": sum(found.wal_bytes for found in known),
    }

"""A run as one page: no network, readable from a phone to a wide screen, in light and dark, and without its script."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from bench.cells.records import Summary
from bench.cells.sentences import effect
from bench.errors import WorkloadError
from bench.experiments.attribution import document as attribution
from bench.experiments.attribution.summary import summarize as summarize_attribution
from bench.experiments.before_after import figures
from bench.experiments.before_after.cold import summarize_cold
from bench.experiments.before_after.page.data import distribution_views
from bench.experiments.before_after.page.method import method_view
from bench.experiments.before_after.page.queries import DENSE_FROM, query_views
from bench.experiments.before_after.summary import summarize
from bench.experiments.before_after.tables import tables
from bench.model import STATES, Applied, Run
from bench.report import numbers
from bench.report.html.environment import drawn, fill
from bench.report.html.render import HELPERS
from bench.shipping import ship_script

FILES_OF_A_RUN = (
    ("run.json", "everything that was seen, every sample and plan: all of this page can be made again from it"),
    ("report.md", "the same answer for a pull request"),
    ("cells.csv", "a row for every query, class and state"),
    ("samples.csv", "a row for every time that was taken"),
    ("junit.xml", "the verdicts for a CI server"),
)


def render(run: Run) -> str:
    """Write the page. The same run gives the same bytes."""
    summary = summarize(run)
    queries = query_views(run, summary)
    titles = {view.query.name: (view.anchor, view.summary.title) for view in queries}
    attributed = summarize_attribution(run)
    return fill(
        "report.html",
        pgproof=run.pgproof,
        run=run,
        summary=summary,
        queries=queries,
        titles=titles,
        totals=_totals(run.applied),
        drawings=_drawings(summary),
        drawing_in_words=figures.describe_dumbbells(summary),
        ship=_ship(run),
        tables=tables(run),
        files=FILES_OF_A_RUN,
        attributed=attribution.sections(attributed, titles) if attributed else (),
        words=numbers,
        effect_in_words=effect,
        states=STATES,
        cold=summarize_cold(run),
        dense=len(queries) > DENSE_FROM,
        shapes=distribution_views(run.dataset),
        basis=method_view(run),
        **HELPERS,
    )


def _drawings(summary: Summary) -> dict[str, Markup]:
    """The chart of the first screen, by the screen it is for; empty where there is nothing to draw."""
    made = {
        "wide": figures.dumbbells(summary, "overview"),
        "narrow": figures.dumbbells(summary, "overview-narrow", narrow=True),
    }
    return {name: drawn(svg) for name, svg in made.items() if svg}


def _ship(run: Run) -> str:
    """The script for a live database with all that was applied; a comment where none can be written."""
    names = {one.name for one in run.applied}
    chosen = [block for block in run.optimizations if block.name in names]
    try:
        return ship_script(run.workload, chosen, queries=run.queries)
    except WorkloadError as error:
        return f"-- There is no script for these optimizations: {error}"


def _totals(applied: Iterable[Applied]) -> dict[str, Any]:
    known = list(applied)
    return {
        "build_ms": sum(found.build_ms for found in known),
        "size_bytes": sum(found.size_bytes for found in known),
        "wal_bytes": sum(found.wal_bytes for found in known),
    }

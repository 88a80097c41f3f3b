"""A run as one page: no network, no script, readable from a phone to a wide screen, in light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from bench import figures
from bench.model import STATES, Applied, Run
from bench.report import side_words
from bench.report.page.environment import fill
from bench.report.page.queries import query_views
from bench.report.page.sides import TONES, view
from bench.report.text import clean
from bench.summary import summarize, words
from bench.summary.hygiene import UNSEEN


def render(run: Run) -> str:
    """Write the page. The same run gives the same bytes."""
    summary = summarize(run)
    drawing = figures.dumbbells(summary, "overview")
    return fill(
        "report.html",
        pgproof=run.pgproof,
        run=run,
        summary=summary,
        queries=query_views(run, summary),
        applied={found.name: found for found in run.applied},
        totals=_totals(run.applied),
        # Drawn by us, its texts escaped by matplotlib.
        drawing=Markup(clean(drawing)),  # noqa: S704
        sides=view(run),
        tones=TONES,
        unseen=UNSEEN,
        side_words=side_words,
        words=words,
        states=STATES,
    )


def _totals(applied: Iterable[Applied]) -> dict[str, Any]:
    known = list(applied)
    return {
        "build_ms": sum(found.build_ms for found in known),
        "size_bytes": sum(found.size_bytes for found in known),
        "wal_bytes": sum(found.wal_bytes for found in known),
    }

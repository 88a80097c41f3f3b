"""Runs side by side as one page."""

from __future__ import annotations

from dataclasses import dataclass

from bench.experiments.compare import sentences as said
from bench.experiments.compare.record import Comparison, QueryLines
from bench.model import STATES
from bench.report import numbers
from bench.report.html.environment import fill


@dataclass(frozen=True, slots=True)
class QueryView:
    """A query of a comparison; ``anchor`` is its place in the page."""

    query: QueryLines
    anchor: str


def render(found: Comparison, pgproof: str) -> str:
    """Write the page of a comparison. The same runs give the same bytes."""
    return fill(
        "compare.html",
        pgproof=pgproof,
        found=found,
        queries=[QueryView(query, f"query-{number}") for number, query in enumerate(found.queries, start=1)],
        facts=said.facts(found),
        others=[state for state in STATES if state != found.state],
        said=said,
        words=numbers,
    )

"""Decide what plans that can turn mean: which queries have a trap, what it costs, in which class. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bench.experiments.traps import sentences
from bench.experiments.traps.hazards import QueryTraps, Verdict, summarize_query
from bench.experiments.traps.record import TrapsRun


@dataclass(frozen=True, slots=True)
class TrapsSummary:
    """What a report shows."""

    headline: str
    alarms: tuple[str, ...]
    queries: tuple[QueryTraps, ...]
    """Those with a trap first, the dearest first."""
    advice: tuple[tuple[Verdict, str, tuple[str, ...]], ...]
    """What helps: verdict, advice, and titles of the queries that have it, traps and risks alike."""
    notes: tuple[str, ...]
    draws: int
    """How often statistics were gathered anew."""
    drawn: int
    """Cells that were looked at each time."""
    unchanged: int
    """Of these, with one and the same plan each time."""


def summarize(run: TrapsRun) -> TrapsSummary:
    """Compute everything that a report of ``run`` shows; partial and failed ones alike."""
    queries = sorted((summarize_query(query, run) for query in run.queries), key=lambda one: one.order)
    drawn = [one for query in queries for one in query.draws if one.total]
    return TrapsSummary(
        headline=sentences.headline(queries, run),
        alarms=tuple(sentences.alarms(run)),
        queries=tuple(queries),
        advice=tuple(sentences.advice(queries)),
        notes=tuple(sentences.notes(run)),
        draws=max((one.total for one in drawn), default=0),
        drawn=len(drawn),
        unchanged=sum(len(one.plans) == 1 for one in drawn),
    )

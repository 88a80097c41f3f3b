"""A scale experiment as one page: when each query crosses, a curve for each, and how far to trust them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from bench.experiments.scale import figure as chart
from bench.experiments.scale import summary as said
from bench.experiments.scale.check import FEW_BLOCKS, GOOD
from bench.experiments.scale.record import Reading, Scaling, Track
from bench.experiments.scale.summary import QueryGrowth
from bench.report import numbers
from bench.report.html.environment import drawn, fill
from bench.statistics.quantiles import Figure


@dataclass(frozen=True, slots=True)
class Row:
    """One step of one cell, as text."""

    scale: int
    tenant: str
    p50: str
    p95: str
    buffers: str
    verdict: str
    changed: bool


@dataclass(frozen=True, slots=True)
class TrackView:
    """One cell: what is said of it, and its steps."""

    track: Track
    over: bool
    """It crosses the target within what was measured."""
    notes: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class QueryView:
    """One query: its chart with the text alternative, and its cells."""

    query: QueryGrowth
    anchor: str
    drawing: Markup
    alternative: str
    before: Track | None
    shown: Track | None
    hot: Track | None
    over: bool
    tracks: tuple[TrackView, ...]


def render(found: Scaling) -> str:
    """Write the page. The same experiment gives the same bytes."""
    last = found.steps[-1].scale if found.steps else 0
    return fill(
        "growth.html",
        pgproof=found.pgproof,
        found=found,
        headline=said.headline(found),
        remarks=list(said.remarks(found)),
        state=said.state_shown(found),
        queries=[_query(one, found, number, last) for number, one in enumerate(said.by_query(found), start=1)],
        classes=list(dict.fromkeys(name for step in found.steps for name in step.tenant_rows)),
        tallies=[("Buffers", said.work_tally(found)), ("Median time", said.time_tally(found))],
        few=FEW_BLOCKS,
        good=f"{GOOD:.0%}".replace("%", " %"),
        said=said,
        words=numbers,
    )


def _query(one: QueryGrowth, found: Scaling, number: int, last: int) -> QueryView:
    state = said.state_shown(found)
    shown = one.first(state)
    return QueryView(
        query=one,
        anchor=f"query-{number}",
        drawing=drawn(chart.growth(one, found, f"growth-{number}")),
        alternative=chart.describe(one, found),
        before=one.first("before") if state == "after" else None,
        shown=shown,
        hot=one.hot(state),
        over=shown is not None and said.crosses_by(shown.crossing, last),
        tracks=tuple(_track(track, last) for track in one.tracks),
    )


def _track(track: Track, last: int) -> TrackView:
    return TrackView(
        track, said.crosses_by(track.crossing, last), tuple(dict.fromkeys(_notes(track))), tuple(_rows(track))
    )


def _notes(track: Track) -> Iterator[str]:
    if track.crossing.reason:
        yield f"Crossing: {track.crossing.reason}."
    if track.work.reason:
        yield f"Buffers: {track.work.reason}."
    if track.time.reason:
        yield f"Median: {track.time.reason}."


def _rows(track: Track) -> Iterator[Row]:
    for reading in track.readings:
        yield Row(
            scale=reading.scale,
            tenant=numbers.count(reading.tenant_rows),
            p50=numbers.figure(_figure(reading.p50_ms, reading.p50_censored)),
            p95=numbers.figure(_figure(reading.p95_ms, reading.p95_censored)),
            buffers=numbers.count(reading.buffers),
            verdict=_verdict(reading),
            changed=reading.scale in track.changes,
        )


def _figure(ms: float | None, censored: bool) -> Figure | None:
    return None if ms is None else Figure(ms, censored)


def _verdict(reading: Reading) -> str:
    return f"failed: {reading.error}" if reading.error else reading.verdict

"""A scale experiment as Markdown: what a comment may hold, the most important first."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.scale.record import Scaling, Track
from bench.experiments.scale.summary import by_query, crossing, error, exponent, headline, remarks, state_shown
from bench.report import numbers
from bench.report.markdown import NAME, PROSE, escape, fitted


def render(found: Scaling) -> str:
    """Write the headline, the crossing of each query, the steps, and every cell."""
    alarms = [f"> 🛑 **{escape(alarm, PROSE)}**\n" for alarm in found.alarms]
    sections = [
        [f"## {escape(found.asked.workload, NAME)}: {escape(headline(found), PROSE)}\n", *alarms],
        [*(f"- {escape(sentence, PROSE)}" for sentence in remarks(found)), ""],
        list(_queries(found)),
        list(_steps(found)),
        *(list(_cells(title, tracks)) for title, tracks in ((one.title, one.tracks) for one in by_query(found))),
    ]
    return fitted(sections, "scale.html")


def _queries(found: Scaling) -> Iterator[str]:
    state, unit = state_shown(found), escape(found.asked.unit, NAME)
    yield f"### When p95 crosses {found.asked.options.target_ms:g} ms, in {unit}\n"
    yield f"| Query | Before | {state.capitalize()} | Class | Buffers, hot | Exponent |"
    yield "|---|---|---|---|---|---|"
    for query in by_query(found):
        before, shown, hot = query.first("before"), query.first(state), query.hot(state)
        cells = [
            escape(query.title, NAME),
            crossing(before.crossing) if before else numbers.NOTHING,
            f"**{crossing(shown.crossing)}**" if shown else numbers.NOTHING,
            escape(shown.parameter_class, NAME) if shown else numbers.NOTHING,
            hot.work.shape if hot else numbers.NOTHING,
            exponent(hot.work) if hot else numbers.NOTHING,
        ]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _steps(found: Scaling) -> Iterator[str]:
    yield f"### Steps ({escape(found.server, NAME)})\n"
    yield f"| {escape(found.asked.unit, NAME)} | Database | Optimizations | Took |"
    yield "|---:|---:|---:|---:|"
    for step in found.steps:
        sizes = f"{numbers.size(step.database_bytes)} | {numbers.size(step.optimized_bytes)}"
        yield f"| {step.scale:,} | {sizes} | {numbers.seconds(step.seconds)} |"
    yield ""


def _cells(title: str, tracks: tuple[Track, ...]) -> Iterator[str]:
    yield f"<details><summary>{escape(title, NAME)}</summary>\n"
    yield "| Class | State | Crosses | Buffers | Exponent | p50 | Exponent | Plan changed at | Prediction off by |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for track in tracks:
        cells = [
            escape(track.parameter_class, NAME), track.state, crossing(track.crossing), track.work.shape,
            exponent(track.work), track.time.shape, exponent(track.time),
            numbers.listed([f"{scale:,}" for scale in track.changes]) or numbers.NOTHING, error(track.work_check),
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"
    yield "\n</details>\n"

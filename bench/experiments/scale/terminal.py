"""A scale experiment on a terminal: a row for each query, the one that crosses first on top."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from bench.experiments.scale.record import Crossing, Scaling
from bench.experiments.scale.summary import (
    QueryGrowth,
    by_query,
    crosses_by,
    crossing,
    exponent,
    headline,
    remarks,
    short,
    state_shown,
)
from bench.report.fitting import Column, Fitting
from bench.report.text import one_line

TITLE_MOST, CLASS_MOST, LINE_MOST = 32, 24, 400
COLUMNS = {
    "query": Column("left", 0),
    "crosses before": Column("left", 4),
    "crosses after": Column("left", 0),
    "class": Column("left", 2),
    "buffers, hot": Column("left", 1),
    "exponent": Column("left", 5),
    "p50, hot": Column("left", 3),
}


def show(found: Scaling) -> RenderableType:
    """Give the headline, what a reader must know, and a row for each query."""
    parts: list[RenderableType] = [_line(headline(found), style="bold")]
    parts += [_line(f"‼ {alarm}", style="bold red") for alarm in found.alarms]
    if queries := by_query(found):
        parts += [Text(""), Fitting(COLUMNS, [_row(one, found) for one in queries])]
        parts.append(_line(f"crosses {found.asked.options.target_ms:g} ms at p95: {found.asked.unit}, with the 95 % "
                           "interval; of the class that crosses first", style="dim"))  # fmt: skip
    parts += [_line(f"- {sentence}") for sentence in remarks(found)]
    return Group(*parts)


def _row(query: QueryGrowth, found: Scaling) -> dict[str, Text]:
    state = state_shown(found)
    before, shown, hot = query.first("before"), query.first(state), query.hot(state)
    return {
        "query": Text(one_line(query.title, TITLE_MOST)),
        "crosses before": _crossing(before.crossing if before and state == "after" else None, found),
        "crosses after": _crossing(shown.crossing if shown else None, found),
        "class": Text(one_line(shown.parameter_class, CLASS_MOST) if shown else "–", style="dim"),
        "buffers, hot": Text(hot.work.shape if hot else "–"),
        "exponent": Text(exponent(hot.work) if hot else "–", style="dim"),
        "p50, hot": Text(hot.time.shape if hot else "–"),
    }


def _crossing(one: Crossing | None, found: Scaling) -> Text:
    if one is None:
        return Text("–", style="dim")
    over = found.steps and crosses_by(one, found.steps[-1].scale)
    style = "red" if over else "yellow" if one.kind in ("crosses", "cannot tell") else "green"
    return Text(crossing(one, short), style=style)


def _line(text: str, *, style: str = "") -> Text:
    return Text(one_line(text, LINE_MOST), style=style)

"""A look for plan traps on a terminal: the headline, what went wrong, a row for each query, and the traps in words."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from bench.experiments.traps.record import TrapsRun
from bench.experiments.traps.sentences import TrapsSummary, summarize_traps
from bench.experiments.traps.summary import Finding, QueryTraps
from bench.report import numbers
from bench.report.fitting import Column, Fitting
from bench.report.text import one_line

LINE_MOST, CELL_MOST = 500, 40
COLUMNS = {
    "query": Column("left", 0),
    "verdict": Column("left", 0),
    "class": Column("left", 1),
    "buffers more": Column("right", 2),
    "ms lost": Column("right", 3),
    "found": Column("right", 4),
}


def show(run: TrapsRun) -> RenderableType:
    """Give the headline, the alarms, a row for each query, and a line for each trap."""
    summary = summarize_traps(run)
    parts: list[RenderableType] = [_line(summary.headline, "bold")]
    parts += [_line(f"✗ {alarm}", "bold red") for alarm in summary.alarms]
    if summary.queries:
        parts += [Text(""), Fitting(COLUMNS, [_row(one) for one in summary.queries]), Text("")]
    parts += [_line(f"- {text}", "") for text in _traps(summary)]
    parts += [_line(f"against '{kind}': {text}", "") for kind, text, _ in summary.advice]
    parts += [_line(note, "dim") for note in summary.notes]
    return Group(*parts)


def _row(one: QueryTraps) -> dict[str, Text]:
    first = one.findings[0] if one.findings else None
    style = "red" if one.trap else "yellow" if one.verdict == "cannot tell" or first else "green"
    lost = first.price.extra_ms if first and first.price else 0.0
    risk = " (risk)" if first and not one.trap and one.verdict != "cannot tell" else ""
    return {
        "query": Text(one_line(one.query.title, CELL_MOST)),
        "verdict": Text(f"{one.verdict}{risk}", style=style),
        "class": Text(one_line(first.parameter_class, CELL_MOST) if first else numbers.NOTHING, style="dim"),
        "buffers more": Text(_more(first)),
        "ms lost": Text(numbers.digits(lost) if lost > 0 else numbers.NOTHING),
        "found": Text(str(len(one.findings)) if one.findings else numbers.NOTHING, style="dim"),
    }


def _more(first: Finding | None) -> str:
    if first is None or first.price is None:
        return numbers.NOTHING
    more = first.price.extra_blocks
    return "cut off" if first.cut_off else numbers.count(more) if more > 0 else numbers.NOTHING


def _traps(summary: TrapsSummary) -> list[str]:
    return [f"{one.query.name}: {one.sentence}" for one in summary.queries if one.trap or one.verdict == "cannot tell"]


def _line(text: str, style: str) -> Text:
    return Text(one_line(text, LINE_MOST), style=style)

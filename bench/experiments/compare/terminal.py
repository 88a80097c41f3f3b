"""Runs side by side on a terminal: whether they compare, a row for each cell that moved, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from bench.experiments.compare import sentences as said
from bench.experiments.compare.record import Change, Comparison, Line, Seen, Versus
from bench.model import State
from bench.report import numbers
from bench.report.fitting import Column, Fitting
from bench.report.text import one_line
from bench.statistics.quantiles import Figure

NAME_MOST, LINE_MOST = 44, 400
CELLS_MOST = 60
"""Rows of a table on a terminal; all are on the page."""
COLUMNS = {
    "cell": Column("left", 0),
    "p50, ms": Column("right", 2),
    "clock": Column("left", 3),
    "p95, ms": Column("right", 4),
    "buffers": Column("right", 0),
    "work": Column("left", 0),
    "plan": Column("left", 1),
    "verdict": Column("left", 0),
}
SIDE_BY_SIDE = ("cell", "p50, ms", "p95, ms", "buffers")
"""Columns of runs that do not compare."""
WITH_ARROW = ("p50, ms", "p95, ms", "buffers")


def show(found: Comparison, state: State | None = None, *, everything: bool = False) -> RenderableType:
    """Give the headline, and for each run after the first its reasons and its cells in ``state``.

    Only cells that moved, unless ``everything`` is asked for; where nothing compares, the hot class of each query.
    """
    parts: list[RenderableType] = [_line(found.headline, style="bold")]
    parts += [_line(f"‼ {alarm}", style="bold red") for alarm in found.alarms]
    parts.append(Text(""))
    for label, facts, sentence in zip(found.labels, found.facts, found.sentences, strict=True):
        parts.append(_line(f"{label}  {said.when(facts.started_at)}  {sentence}"))
    for position, one in enumerate(found.versus):
        parts += [Text(""), *_versus(found, position, one, state or found.state, everything=everything)]
    return Group(*parts)


def _versus(
    found: Comparison, position: int, one: Versus, state: State, *, everything: bool
) -> Iterator[RenderableType]:
    if len(found.versus) > 1:
        yield _line(f"{one.label} against {found.labels[0]}: {one.sentence}", style="bold")
    lines = [line for query in found.queries for line in query.of(state)]
    chosen = lines if everything else said.telling(found, position, state)
    if chosen:
        yield _table(found, position, chosen[:CELLS_MOST])
    if len(chosen) > CELLS_MOST:
        yield _line(f"{len(chosen) - CELLS_MOST:,} more cells are on the page", style="dim")
    if not everything and len(lines) > len(chosen):
        rest = numbers.plural(len(lines) - len(chosen), "cell")
        ending = "not shown" if one.comparable.level == "nothing" else "that did not move"
        yield _line(f"{rest} of state {state} {ending}: --all shows them", style="dim")
    yield from (_line(f"- {sentence}", style="dim") for sentence in said.remarks(one))


def _table(found: Comparison, position: int, lines: Sequence[Line]) -> Fitting:
    one = found.versus[position]
    arrow = f" {found.labels[0]} → {one.label}"
    shown = SIDE_BY_SIDE if one.comparable.level == "nothing" else tuple(COLUMNS)
    titles = {name: name + arrow if name in WITH_ARROW else name for name in shown}
    rows = [_row(line, position) for line in lines]
    return Fitting(
        {titles[name]: COLUMNS[name] for name in shown}, [{titles[name]: row[name] for name in shown} for row in rows]
    )


def _row(line: Line, position: int) -> dict[str, Text]:
    base, head, change = line.seen[0], line.seen[position + 1], line.changes[position]
    styles = {"more": "red", "slower": "red", "less": "green", "faster": "green"}
    return {
        "cell": Text(one_line(f"{line.query}[{line.parameter_class}]", NAME_MOST)),
        "p50, ms": Text(_both(_bare(_p50(base)), _bare(_p50(head)))),
        "clock": Text(said.clock(change), style=styles.get(change.clock if change else "", "dim")),
        "p95, ms": Text(_both(_bare(_p95(base)), _bare(_p95(head)))),
        "buffers": Text(_both(said.buffers(base), said.buffers(head))),
        "work": Text(said.work(change, base, head), style=styles.get(change.work if change else "", "dim")),
        "plan": Text(said.plan(change), style="yellow" if change and change.plan_changed else "dim"),
        "verdict": _verdict(change, head),
    }


def _verdict(change: Change | None, head: Seen | None) -> Text:
    if change and change.other_rows:
        return Text("‼ other rows", style="bold white on red")
    if change and change.goal:
        return Text(change.goal, style="red" if change.goal.startswith("met") else "green")
    if change and change.why_not:
        return Text(one_line(change.why_not, 30), style="dim")
    return Text(head.summary.outcome if head else numbers.NOTHING, style="dim")


def _both(base: str, head: str) -> str:
    return f"{base} → {head}"


def _p50(seen: Seen | None) -> Figure | None:
    return seen.summary.p50 if seen else None


def _p95(seen: Seen | None) -> Figure | None:
    return seen.summary.p95 if seen else None


def _bare(found: Figure | None) -> str:
    """Write a time without its unit, which the head of the column has."""
    return f"{'> ' if found.censored else ''}{numbers.digits(found.ms)}" if found else numbers.NOTHING


def _line(text: str, *, style: str = "") -> Text:
    return Text(one_line(text, LINE_MOST), style=style)

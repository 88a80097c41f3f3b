"""The four sides of every optimization on a terminal: what the planner got wrong, the smallest set, and one table."""

from __future__ import annotations

from rich import box
from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from bench.experiments.attribution import sentences
from bench.experiments.attribution.summary import Sides, SidesSummary, summarize_sides
from bench.experiments.attribution.verdicts import Word
from bench.model import Run
from bench.report import numbers
from bench.report.text import one_line

STYLES: dict[Word, str] = {
    "keep": "green",
    "keep, but it costs": "yellow",
    "substitutable": "yellow",
    "unused": "yellow",
    "harmful": "red",
    "cannot tell": "yellow",
}
"""Of the words that are not plain; the word itself carries the meaning."""
PROOF_STYLES = {"meets": "green", "cannot tell": "yellow", "misses": "bold red"}
NAME_MOST, NAME_LEAST, ALARM_MOST = 44, 10, 400
BETWEEN = 3
"""Characters between two columns."""

WIDE, MEDIUM, SMALL = 120, 92, 76
COLUMNS: dict[str, tuple[JustifyMethod, int]] = {
    "optimization": ("left", 0),
    "verdict": ("left", 0),
    "best gain, buffers": ("right", 0),
    "share": ("right", WIDE),
    "WAL a row": ("right", MEDIUM),
    "size": ("right", SMALL),
    "stall plain → concurrent": ("right", WIDE),
}
"""By heading: how it is set, and the width of terminal from which on it is shown."""


def show_sides(run: Run) -> RenderableType:
    """Give the table and what it comes down to; nothing where ``run`` has no attribution."""
    summary = summarize_sides(run)
    if summary is None:
        return Text("")
    parts: list[RenderableType] = []
    if summary.rows:
        parts += [_Fitting(summary), Text("")]
    for said in summary.disagreements:
        parts.append(Text(f"‼ {one_line(f'The planner promised the opposite. {said}', ALARM_MOST)}", style="bold red"))
    if proof := summary.smallest:
        parts.append(Text(f"* {one_line(proof.sentence, 2 * ALARM_MOST)}", style=PROOF_STYLES[proof.verdict]))
    if summary.findings:
        found = numbers.plural(len(summary.findings), "thing")
        parts.append(Text(f"Index hygiene: {found} to look at, with their fixes in report.html.", style="dim"))
    return Group(*parts)


class _Fitting:
    """The table, made for the width that it gets."""

    def __init__(self, summary: SidesSummary) -> None:
        self._summary = summary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield table(self._summary, options.max_width)


def table(summary: SidesSummary, width: int) -> Table:
    """Give a row per optimization; ``width`` in characters decides how much of it is shown."""
    shown = [name for name, (_, least) in COLUMNS.items() if width >= least]
    rows = [_row(row) for row in summary.rows]
    widths = {name: max([len(name), *(row[name].cell_len for row in rows)]) for name in shown}
    # Only the name gives way where the terminal is too narrow.
    left = width - sum(widths[name] + BETWEEN for name in shown[1:])
    widths[shown[0]] = max(NAME_LEAST, min(widths[shown[0]], left))
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in shown:
        made.add_column(name, justify=COLUMNS[name][0], no_wrap=True, overflow="ellipsis", width=widths[name])
    for row in rows:
        made.add_row(*(row[name] for name in shown))
    return made


def _row(row: Sides) -> dict[str, Text]:
    made = dict.fromkeys(COLUMNS, Text(numbers.NOTHING))
    made["optimization"] = Text(one_line(row.optimization.name, NAME_MOST))
    made["size"] = Text(numbers.size(row.size_bytes))
    if row.verdict is None:
        made["verdict"] = Text(numbers.NOTHING if row.costs else "not applied", style="dim")
    else:
        gain, word = row.verdict.gain, row.verdict.word
        made["verdict"] = Text(f"{word}{' *' if row.verdict.in_smallest else ''}", style=STYLES.get(word, ""))
        if gain.best:
            made["best gain, buffers"] = Text(sentences.buffers(gain.best))
        made["share"] = Text(numbers.count(round(gain.share_buffers)))
    if row.costs:
        if row.costs.writes:
            made["WAL a row"] = Text(sentences.wal(row.costs.writes[0]))
        both = f"{sentences.stall(row.costs.plain)} → {sentences.stall(row.costs.concurrent)}"
        made["stall plain → concurrent"] = Text(both)
    return made

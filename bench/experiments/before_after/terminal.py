"""A run on a terminal: a row per query, what was found, what to do. Whether to colour it is the caller's choice."""

from __future__ import annotations

from rich import box
from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from bench.cells.records import CellSummary, Outcome, QuerySummary, Summary
from bench.cells.sentences import effect
from bench.experiments.attribution import document as attribution
from bench.experiments.attribution.summary import summarize as summarize_attribution
from bench.experiments.before_after.cold_terminal import show_cold
from bench.experiments.before_after.summary import summarize
from bench.model import Run
from bench.report import numbers
from bench.report.terminal import blocks
from bench.report.text import one_line
from bench.statistics.quantiles import Figure

# The word carries the meaning; sign and colour only help to find it.
SHOWN: dict[Outcome, tuple[str, str]] = {
    "meets": ("✓ meets", "green"),
    "misses": ("✗ misses", "red"),
    "cannot tell": ("? cannot tell", "yellow"),
    "other rows": ("‼ other rows", "bold white on red"),
    "failed": ("‼ failed", "bold white on red"),
}
TITLE_MOST, TITLE_MOST_NARROW, TITLE_LEAST, CLASS_MOST, ALARM_MOST = 30, 20, 10, 18, 400

# Characters from which on there is room for everything, and for the column of how much faster.
WIDE, MEDIUM = 125, 78
COLUMNS: dict[str, tuple[JustifyMethod, int]] = {
    "query": ("left", 0),
    "verdict": ("left", 0),
    "hot p95, ms": ("right", 0),
    "worst class": ("left", WIDE),
    "worst p95, ms": ("right", 0),
    "faster, hot": ("right", MEDIUM),
    "buffers, hot": ("right", WIDE),
}
"""By heading: how it is set, and the width of terminal from which on it is shown."""


def show(run: Run) -> RenderableType:
    """Give the sentence, what makes it void, the table, what was found, what to do next, and the attribution.

    Text from data is never read as markup.
    """
    summary = summarize(run)
    parts: list[RenderableType] = [Text(one_line(summary.sentence), style="bold"), Text("")]
    parts += [Text(f"‼ {one_line(alarm, ALARM_MOST)}", style="bold red") for alarm in summary.alarms]
    if summary.queries:
        parts += [_Fitting(summary), Text("")]
    parts.append(Text(one_line(" ".join(summary.paragraph))))
    parts += [Text(f"→ {one_line(step)}") for step in summary.next_steps]
    if run.cold is not None:
        parts += [Text(""), show_cold(run)]
    if attributed := summarize_attribution(run):
        parts += [
            Text(""),
            *(one for section in attribution.sections(attributed, {}) for one in blocks(section.blocks)),
        ]
    return Group(*parts)


def table(summary: Summary, width: int) -> Table:
    """Give a row per query: verdict, p95 in the hot and the worst class, gain and buffers of the hot class.

    ``width`` in characters decides how much of it is shown; the verdict always is.
    """
    shown = [name for name, (_, least) in COLUMNS.items() if width >= least]
    rows = [_row(query, summary, wide=width >= WIDE) for query in summary.queries]
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in shown:
        # Only the title gives way where the terminal is too narrow.
        longest = max((row[name].cell_len for row in rows), default=0)
        least = TITLE_LEAST if name == "query" else max(longest, len(name))
        made.add_column(name, justify=COLUMNS[name][0], no_wrap=True, overflow="ellipsis", min_width=least)
    for row in rows:
        made.add_row(*(row[name] for name in shown))
    return made


class _Fitting:
    """The table, made for the width that it gets."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield table(self._summary, options.max_width)


def _row(query: QuerySummary, summary: Summary, *, wide: bool) -> dict[str, Text]:
    verdict, style = SHOWN[query.outcome]
    row = dict.fromkeys(COLUMNS, Text(numbers.NOTHING))
    row["query"] = Text(one_line(query.title, TITLE_MOST if wide else TITLE_MOST_NARROW))
    row["verdict"] = Text(verdict, style=style)
    if query.hot is None or query.worst is None:
        return row
    gain = effect(query.hot)
    claims = query.hot.effect in ("faster", "slower")
    row["hot p95, ms"] = Text(_p95(query.hot, summary))
    row["worst class"] = Text(one_line(query.worst.parameter_class, CLASS_MOST), style="dim")
    row["worst p95, ms"] = Text(_p95(query.worst, summary))
    row["faster, hot"] = Text(gain if wide else gain.split(" (")[0], style="" if claims else "dim")
    row["buffers, hot"] = Text(_buffers(query.hot, summary))
    return row


def _p95(cell: CellSummary, summary: Summary) -> str:
    before = _bare(cell.before.p95)
    return f"{before} → {_bare(cell.after.p95)}" if summary.has_after else before


def _bare(found: Figure | None) -> str:
    """Write a time without its unit, which the head of the column has."""
    if found is None:
        return numbers.NOTHING
    return f"{'> ' if found.censored else ''}{numbers.digits(found.ms)}"


def _buffers(cell: CellSummary, summary: Summary) -> str:
    before, after = (side.counters.buffers if side.counters else None for side in (cell.before, cell.after))
    return numbers.change(before, after) if summary.has_after else numbers.count(before)

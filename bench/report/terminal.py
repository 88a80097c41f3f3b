"""A run on a terminal: one table, a row per query, and a paragraph. Whether to colour it is the caller's choice."""

from __future__ import annotations

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from bench.model import Run
from bench.report.text import one_line
from bench.stats import Figure
from bench.summary import CellSummary, Outcome, QuerySummary, Summary, summarize, words

# The word carries the meaning; sign and colour only help to find it.
SHOWN: dict[Outcome, tuple[str, str]] = {
    "meets": ("✓ meets", "green"),
    "misses": ("✗ misses", "red"),
    "cannot tell": ("? cannot tell", "yellow"),
    "other rows": ("‼ other rows", "bold white on red"),
    "failed": ("‼ failed", "bold white on red"),
}
TITLE_CHARACTERS = 30
TITLE_CHARACTERS_NARROW = 20
CLASS_CHARACTERS = 18
ALARM_CHARACTERS = 400
# Columns from which on every figure fits.
WIDE = 110


def show(run: Run) -> RenderableType:
    """Give the sentence, what makes it void, the table, and the paragraph. Text from data is never read as markup."""
    summary = summarize(run)
    parts: list[RenderableType] = [Text(one_line(summary.sentence), style="bold"), Text("")]
    parts += [Text(f"‼ {one_line(alarm, ALARM_CHARACTERS)}", style="bold red") for alarm in summary.alarms]
    if summary.queries:
        parts += [_Fitting(summary), Text("")]
    parts.append(Text(one_line(" ".join(summary.paragraph))))
    return Group(*parts)


def table(summary: Summary, *, wide: bool) -> Table:
    """Give a row per query: p95 in the hot and the worst class, gain and buffers of the hot class, verdict."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    made.add_column("query", no_wrap=True, overflow="ellipsis", min_width=12)
    for title in ("hot p95, ms", *(("worst class",) if wide else ()), "worst p95, ms", "faster, hot"):
        made.add_column(title, justify="left" if title == "worst class" else "right", no_wrap=True)
    if wide:
        made.add_column("buffers, hot", justify="right", no_wrap=True)
    made.add_column("verdict", no_wrap=True)
    for query in summary.queries:
        made.add_row(*_row(query, summary, wide=wide))
    return made


class _Fitting:
    """The table, without interval, buffers and class names where the terminal is narrow."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield table(self._summary, wide=options.max_width >= WIDE)


def _row(query: QuerySummary, summary: Summary, *, wide: bool) -> list[Text]:
    verdict, style = SHOWN[query.outcome]
    title = Text(one_line(query.title, TITLE_CHARACTERS if wide else TITLE_CHARACTERS_NARROW))
    end = Text(verdict, style=style)
    if query.hot is None or query.worst is None:
        return [title, *([Text("–")] * (5 if wide else 3)), end]
    gain = words.effect(query.hot) if wide else words.effect(query.hot).split(" (")[0]
    cells = [
        title,
        Text(_p95(query.hot, summary)),
        Text(one_line(query.worst.parameter_class, CLASS_CHARACTERS), style="dim"),
        Text(_p95(query.worst, summary)),
        Text(gain, style="" if query.hot.effect in ("faster", "slower") else "dim"),
        Text(_buffers(query.hot, summary)),
        end,
    ]
    return cells if wide else [cell for number, cell in enumerate(cells) if number not in (2, 5)]


def _p95(cell: CellSummary, summary: Summary) -> str:
    before = _bare(cell.before.p95)
    return f"{before} → {_bare(cell.after.p95)}" if summary.has_after else before


def _bare(found: Figure | None) -> str:
    """Write a time without its unit, which the head of the column has."""
    if found is None:
        return words.NOTHING
    return f"{'> ' if found.censored else ''}{words.digits(found.ms)}"


def _buffers(cell: CellSummary, summary: Summary) -> str:
    before, after = (side.counters.buffers if side.counters else None for side in (cell.before, cell.after))
    return words.change(before, after) if summary.has_after else words.count(before)

"""Executions with emptied caches on a terminal: the slowest of them, and how the caches were emptied."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from bench.experiments.before_after.cold import ColdRow, ColdSummary, summarize_cold
from bench.model import Run
from bench.report import numbers
from bench.report.text import one_line

SHOWN = 3
"""Queries; the page has them all."""
HOW_SHOWN = 3
"""Sentences: how each of the two caches was emptied, and what the connection knew."""
TITLE_MOST = 40


def show_cold(run: Run) -> RenderableType:
    """Give the slowest cold cells, warm beside cold; nothing where ``run`` has none."""
    found = summarize_cold(run)
    if found is None or not found.rows:
        return Text("")
    parts: list[RenderableType] = [Text("slowest cold, warm → cold:")]
    parts += [Text(f"  {_said(row, found)}") for row in found.worst[:SHOWN]]
    parts.append(Text(one_line(" ".join(found.how[:HOW_SHOWN])), style="dim"))
    return Group(*parts)


def _said(row: ColdRow, found: ColdSummary) -> str:
    side = row.side(found.state)
    name = one_line(f"{row.title}, {row.parameter_class}", TITLE_MOST)
    if side.cold is None:
        return f"{name}: {side.reason}"
    read = f", {numbers.plural(side.blocks.read, 'block')} read" if side.blocks else ""
    return f"{name}: {numbers.figure(side.warm)} → {numbers.figure(side.cold)}, to {numbers.figure(side.slowest)}{read}"

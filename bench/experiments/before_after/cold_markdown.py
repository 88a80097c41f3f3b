"""Executions with emptied caches beside the warm ones, as Markdown."""

from __future__ import annotations

from collections.abc import Callable

from bench.experiments.before_after.cold import ColdRow, ColdSide, ColdSummary
from bench.model import STATES, Verdict
from bench.report import numbers

Escape = Callable[[str, int], str]
NAME, PROSE = 60, 300
SIGNS: dict[Verdict, str] = {"meets": "✅ meets", "misses": "❌ misses", "cannot tell": "❔ cannot tell"}


def section(found: ColdSummary, escape: Escape) -> list[str]:
    """Give the lines; ``escape`` makes a text plain and cuts it after so many characters."""
    if not found.rows:
        return []
    lines = [
        "### Cold beside warm\n",
        "| Query | Class | Warm, before → after | Cold, before → after | Slowest cold | Times | Blocks read | Cold |",
        "|---|---|---:|---:|---:|---:|---:|---|",
        *(f"| {' | '.join(_row(row, found, escape))} |" for row in found.worst),
        "",
        "Of each query the class that is slowest cold; all of them are in report.html.\n",
        *(f"- {escape(sentence, PROSE)}" for sentence in found.how),
        "",
    ]
    return lines


def _row(row: ColdRow, found: ColdSummary, escape: Escape) -> list[str]:
    sides: list[ColdSide] = [row.side(state) for state in STATES]
    decides = row.side(found.state)
    return [
        escape(row.title, NAME),
        escape(row.parameter_class, NAME),
        " → ".join(numbers.figure(side.warm) for side in sides),
        " → ".join(numbers.figure(side.cold) for side in sides),
        " → ".join(numbers.figure(side.slowest) for side in sides),
        " → ".join(numbers.times(side.times) for side in sides),
        numbers.change(*(side.blocks.read if side.blocks else None for side in sides)),
        SIGNS[decides.outcome] if decides.outcome else numbers.NOTHING,
    ]

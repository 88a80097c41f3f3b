"""The four sides of every optimization as Markdown: the smallest set, what the planner got wrong, and one table."""

from __future__ import annotations

from collections.abc import Callable

from bench.experiments.attribution import sentences
from bench.experiments.attribution.summary import Sides, SidesSummary
from bench.report import numbers

Escape = Callable[[str, int], str]
NAME, PROSE = 60, 300
SIGNS = {"meets": "✅", "cannot tell": "❔", "misses": "🛑"}


def section(summary: SidesSummary, escape: Escape) -> list[str]:
    """Give the lines; ``escape`` makes a text plain and cuts it after so many characters."""
    if not summary.rows:
        return []
    lines = ["### Optimizations\n"]
    lines += [f"> 🛑 **The planner promised the opposite.** {escape(one, PROSE)}\n" for one in summary.disagreements]
    if proof := summary.smallest:
        lines.append(f"{SIGNS[proof.verdict]} {escape(proof.sentence, 3 * PROSE)}\n")
    lines += [
        "| Optimization | Verdict | Best gain, buffers | Share | WAL a row | Size | Stall plain → concurrent |",
        "|---|---|---:|---:|---:|---:|---:|",
        *(f"| {' | '.join(_row(row, escape))} |" for row in summary.rows),
        "",
    ]
    return lines


def _row(row: Sides, escape: Escape) -> list[str]:
    gain, costs = row.verdict and row.verdict.gain, row.costs
    word = row.verdict.word if row.verdict else numbers.NOTHING if costs else "not applied"
    kept = " (smallest set)" if row.verdict and row.verdict.in_smallest else ""
    dearest = costs.writes[0] if costs and costs.writes else None
    best = f"{sentences.buffers(gain.best)} ({escape(gain.best.cell, NAME)})" if gain and gain.best else numbers.NOTHING
    write = f"{sentences.wal(dearest)} ({escape(dearest.write, NAME)})" if dearest else numbers.NOTHING
    return [
        escape(row.optimization.name, NAME),
        f"{word}{kept}",
        best,
        numbers.count(round(gain.share_buffers)) if gain else numbers.NOTHING,
        write,
        numbers.size(row.size_bytes),
        f"{sentences.stall(costs.plain)} → {sentences.stall(costs.concurrent)}" if costs else numbers.NOTHING,
    ]

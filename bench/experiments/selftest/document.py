"""What a selftest found, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.experiments.selftest.record import Attempt, RunLine
from bench.experiments.selftest.sensitivity import Sight, other_rules, sights, upper_bound

BLINDEST = 12
"""Cells shown of those that can see least."""


def alarms(lines: Sequence[RunLine]) -> RenderableType:
    """Sum up an A/A series: false alarms with their bound, what each cell can see, and other rules on the same runs."""
    red = sum(line.red for line in lines)
    dark = sum(line.overall == "inconclusive" for line in lines)
    bound = upper_bound(red, len(lines))
    headline = Text(
        f"{red} of {len(lines)} runs on identical files were red: the rate of false alarms is at most {bound:.2%} "
        f"(95 % confidence). {dark} were inconclusive."
    )
    return Group(headline, Text(), _rules(lines), Text(), _sights(sights(lines)))


def _rules(lines: Sequence[RunLine]) -> Table:
    table = Table(title="the same runs, judged by other rules", title_justify="left", box=None)
    table.add_column("rule")
    table.add_column("red", justify="right")
    table.add_column("of", justify="right")
    for rule in other_rules(lines):
        table.add_row(Text(rule.name), str(rule.red), str(rule.of))
    return table


def _sights(found: Sequence[Sight]) -> Table:
    least = found[len(found) // 2].detectable if found else 0.0
    table = Table(title=f"what a cell can see: {least:.0%} in the median; the blindest", title_justify="left", box=None)
    table.add_column("cell")
    table.add_column("noise of a pair", justify="right")
    table.add_column("cannot see less than", justify="right")
    for sight in found[:BLINDEST]:
        table.add_row(Text(sight.cell), f"{sight.spread:.0%}", f"{sight.detectable:.0%}")
    return table


def attempts(found: Sequence[Attempt]) -> RenderableType:
    """Sum up what was put in: by kind and size how much was found, then each attempt that was not."""
    table = Table(title="regressions put in on purpose", title_justify="left", box=None)
    for name in ("kind", "found", "of", "share", "by"):
        table.add_column(name, justify="left" if name in ("kind", "by") else "right")
    for kind, group in _groups(found):
        seen = [attempt for attempt in group if attempt.witness != "nothing"]
        by = ", ".join(sorted({attempt.witness for attempt in seen}))
        table.add_row(Text(kind), str(len(seen)), str(len(group)), f"{len(seen) / len(group):.0%}", by)
    missed = [attempt for attempt in found if attempt.witness == "nothing" and attempt.kind != "cpu"]
    lines = [Text(f"not seen: {attempt.name} ({attempt.kind}): {attempt.detail}") for attempt in missed]
    return Group(table, Text(), *lines)


def _groups(found: Sequence[Attempt]) -> list[tuple[str, list[Attempt]]]:
    groups: dict[str, list[Attempt]] = {}
    for attempt in found:
        name = f"CPU +{attempt.share:.0%}" if attempt.kind == "cpu" else attempt.kind
        if attempt.kind in ("database", "settings", "query"):
            name = f"{attempt.kind}, promised: {attempt.promised}"
        groups.setdefault(name, []).append(attempt)
    return list(groups.items())

"""Assertions about cells, with messages that say what was seen and what to try next."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches

from bench.model import Verdict
from bench.pytest_plugin.seen import CellSeen
from bench.report.numbers import figure, listed, ms
from bench.statistics.looks import LOOKS, next_look
from bench.statistics.quantiles import median
from bench.statistics.verdicts import judge, over

ROWS_SHOWN = 3
"""Differing rows in a message: enough to see a pattern, few enough to read."""

CELL_SHOWN = 80
"""Characters of a row in a message."""


def assert_meets_target(cell: CellSeen, target_ms: float | None = None) -> None:
    """Fail unless the p95 of the cell lies within ``target_ms`` (the workload's if None), with 95 % confidence.

    Where no look has decided yet, more are taken, 320 in all at most; what is unclear then fails, with the reason.

    Raises:
        AssertionError: it misses the target, or cannot be shown to meet it.
    """
    __tracebackhide__ = True
    limit = cell.target_ms if target_ms is None else target_ms
    samples = cell.samples
    found = judge(samples, limit)
    while found.look is None and (following := next_look(len(samples), sum(over(one, limit) for one in samples))):
        cut_off = any(sample.censored for sample in samples)
        if cut_off and len(samples) >= LOOKS[0].n:
            break  # each further one may wait for the timeout again
        samples += cell.more(1 if cut_off else following.n - len(samples))
        found = judge(samples, limit)
    if found.verdict == "meets":
        return
    said: dict[Verdict, str] = {"misses": "misses", "cannot tell": "cannot be said to meet"}
    raise AssertionError(
        f"{cell.name} {said[found.verdict]} {ms(limit)}: {found.reason}\n"
        f"  median {figure(median(samples))}, p95 {figure(found.p95)}\n"
        f"its plan:\n{cell.plan_in_short()}\n"
        f"with all evidence: pgproof run --query {cell.query}"
    )


def assert_uses_index(cell: CellSeen, index: str) -> None:
    """Fail unless the plan of the cell uses ``index``.

    Raises:
        AssertionError: it uses others, or none, or there is no such index.
    """
    __tracebackhide__ = True
    if index in cell.indexes:
        return
    if index not in cell.known_indexes:
        close = get_close_matches(index, cell.known_indexes, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "is it in optimizations.sql?"
        why = f"the {cell.state} state has no index of that name; {hint}"
    elif cell.plan is None:
        why = "it ran into the timeout, so there is no plan to look at"
    else:
        why = f"it uses {listed(cell.indexes)}" if cell.indexes else "it uses no index at all"
    raise AssertionError(f"{cell.name} does not use {index}: {why}\nits plan:\n{cell.plan_in_short()}")


def assert_same_rows(cell: CellSeen, other: CellSeen) -> None:
    """Fail unless both cells give the same rows equally often, in any order, for every binding.

    Raises:
        AssertionError: rows differ, or one of the two did not finish.
    """
    __tracebackhide__ = True
    for one in (cell, other):
        if not one.complete:
            raise AssertionError(f"{one.name} ran into the timeout: its rows cannot be compared")
    if cell.hashes == other.hashes:
        return
    first, second = cell.fetch(), other.fetch()
    sizes = f"{first.total():,} and {second.total():,}"
    lines = _only(cell.name, first - second) + _only(other.name, second - first)
    # Rows that were only touched, not returned, have a number and no content.
    told = "\n".join(lines) or f"  {cell.hashes} and {other.hashes}"
    raise AssertionError(f"{cell.name} and {other.name} give different rows ({sizes}):\n{told}")


def _only(name: str, rows: Counter[tuple[str, ...]]) -> list[str]:
    shown = [f"  only {name}: {_shortened(row)}" for row in sorted(rows)[:ROWS_SHOWN]]
    left = len(rows) - len(shown)
    return [*shown, f"  and {left:,} more rows only there"] if left else shown


def _shortened(row: tuple[str, ...]) -> str:
    text = " | ".join(row)
    return text if len(text) <= CELL_SHOWN else f"{text[: CELL_SHOWN - 1]}…"

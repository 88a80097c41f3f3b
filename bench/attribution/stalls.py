"""How long a load stalled in a stretch of time, from its transactions; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.pgbench.log import Transaction


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, in seconds since 1970; nothing was applied since ``free_since_s`` before it."""

    free_since_s: float
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Stall:
    """The longest transaction that overlaps a window, and how many do; None where nobody can say."""

    longest_ms: float | None
    transactions: int


def stall(window: Window, transactions: Sequence[Transaction]) -> Stall:
    """How long the transactions stalled in the window.

    One that was due before ``free_since_s`` may have waited for what was applied then, and does not count here. Where
    the log ends before the window does, the load died: its stall is unknown.
    """
    if not transactions or transactions[-1].end_s < window.end_s:
        return Stall(None, 0)
    inside = [
        transaction.ms
        for transaction in transactions
        if window.free_since_s <= transaction.begin_s < window.end_s and transaction.end_s > window.begin_s
    ]
    return Stall(max(inside, default=None), len(inside))


def rate_tps(transactions: Sequence[Transaction]) -> float:
    """Transactions in a second over the whole time."""
    if not transactions:
        return 0.0
    seconds = transactions[-1].end_s - min(transaction.begin_s for transaction in transactions)
    return len(transactions) / seconds if seconds > 0 else 0.0

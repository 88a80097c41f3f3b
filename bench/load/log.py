"""pgbench's log of transactions (manual, pgbench, "Per-Transaction Logging")."""

from __future__ import annotations

from dataclasses import dataclass

MICROSECONDS = 1e6
ELAPSED, END_S, END_US = 2, 4, 5
"""Columns: client, transaction, time, script, end in seconds, its microseconds, then lag and retries."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction; ``begin_s`` is when it was due, so that waiting for a free client counts as waiting."""

    begin_s: float
    end_s: float

    @property
    def ms(self) -> float:
        """How long somebody waited for it."""
        return (self.end_s - self.begin_s) * 1e3


def parse(text: str) -> tuple[Transaction, ...]:
    """The transactions of a log that succeeded, by their end.

    A killed pgbench leaves its last line unfinished, and half a number looks like one: such a line is left out.
    """
    found = []
    for line in text[: text.rfind("\n") + 1].splitlines():
        columns = line.split()
        if columns[ELAPSED].isdigit():  # otherwise the word "failed" or "skipped"
            end_s = int(columns[END_S]) + int(columns[END_US]) / MICROSECONDS
            found.append(Transaction(end_s - int(columns[ELAPSED]) / MICROSECONDS, end_s))
    return tuple(sorted(found, key=lambda transaction: transaction.end_s))

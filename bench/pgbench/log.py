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


SCRIPT, LEAST_COLUMNS = 3, 7


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; ``us`` is None where the transaction did not succeed, and ``outcome`` says why."""

    script: int
    """From 0, in the order of the command line."""
    end_s: float
    us: int | None
    outcome: str
    """``done``, ``skipped`` (too late to begin) or ``failed`` (a deadlock or the like, after all tries)."""
    retries: int


def parse_entries(text: str) -> tuple[Entry, ...]:
    """All transactions of a log that was written with ``--max-tries``, by their end; an unfinished line is left out.

    With a rate, ``us`` counts from the moment at which the transaction was due.
    """
    found = []
    for line in text[: text.rfind("\n") + 1].splitlines():
        columns = line.split()
        if len(columns) < LEAST_COLUMNS:
            continue
        word = columns[ELAPSED]
        done = word.isdigit()
        found.append(
            Entry(
                script=int(columns[SCRIPT]),
                end_s=int(columns[END_S]) + int(columns[END_US]) / MICROSECONDS,
                us=int(word) if done else None,
                outcome="done" if done else "skipped" if word == "skipped" else "failed",
                retries=int(columns[-1]),
            )
        )
    return tuple(sorted(found, key=lambda entry: entry.end_s))

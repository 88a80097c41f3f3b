"""One step of bringing an optimization to a live database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StepKind = Literal["build", "drop", "lock", "validate", "plain"]
"""What a statement does to others while it runs.

``build`` and ``drop``: an index, CONCURRENTLY; waits for old transactions, hinders no reader or writer.
``lock``: needs a lock that keeps readers or writers out, for a moment: to be run with a lock_timeout and tried again.
``validate``: reads a table under a lock that hinders no reader or writer.
``plain``: as it was written.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One statement, to be run by itself."""

    sql: str
    kind: StepKind
    outside: bool = False
    """It refuses to run in a transaction block."""
    done: str = ""
    """An SQL expression, true where there is nothing left to do; empty where nothing of the catalog says so."""
    table: str = ""
    """The table that it locks, as written; empty where it is not known from the text."""
    index: str = ""
    """The index that a ``build`` makes, as written; empty where PostgreSQL chooses the name."""
    helps: bool = False
    """What it makes or drops only helps another step: an interrupted attempt may leave it, and no undo names it."""
    warning: str = ""
    """What may hurt a live database, in words; empty where nothing is known to."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a statement waits for a strong lock.

    While it waits, everyone who comes later waits behind it, readers included. So it waits shortly, and often.
    """

    lock_timeout_ms: int = 2_000
    """Longer than deadlock_timeout (1 s by default, PostgreSQL manual), so that a deadlock is told apart; short
    enough for most applications to notice no more than a slow request."""
    attempts: int = 30
    pause_s: float = 1.0
    """Before the second attempt; it grows by as much before each one after."""
    pause_max_s: float = 30.0
    """With 30 attempts and these pauses a lock that is never given up ends the script after nine minutes at most."""

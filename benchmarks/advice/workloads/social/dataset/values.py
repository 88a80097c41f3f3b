"""Columns whose values hang together, which no rule could guess: functions of the row's number."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa

from bench.inference.kinds.draws import Ints, hashed, key_of

Times = np.ndarray

CLOCK = np.datetime64("2026-06-15T12:00:00", "us")
MINUTE = np.timedelta64(60_000_000, "us")
EVENTS = 45_000
REPORTS = 15_000
HASHTAGS = [f"#{first}{second}" for first in ("cat", "dog", "city", "code", "food", "film", "game", "book", "sun")
            for second in ("love", "day", "life", "gram", "club", "talk", "news", "time")]  # fmt: skip


def below(numbers: Ints, seed: int, what: object, limit: int) -> Ints:
    """A number from 0 to ``limit - 1`` for each row, drawn by its number alone."""
    return (hashed(numbers, key_of(seed, what)) % np.uint64(limit)).astype(np.int64)


def hashtags(numbers: Ints, seed: int) -> pa.Array:
    """Two of 72."""
    picks = [below(numbers, seed, salt, len(HASHTAGS)) for salt in (1, 2)]
    return pa.array([[HASHTAGS[i] for i in row] for row in zip(*picks, strict=True)])


def payload(numbers: Ints, seed: int) -> list[str]:
    """Where a post came from, with the number that the other side gave it."""
    return [json.dumps({"source": ("web", "app", "import")[int(i) % 3], "external_id": f"ext-{int(i):x}"})
            for i in hashed(numbers, key_of(seed, 3)) >> np.uint64(16)]  # fmt: skip


def any_time(numbers: Ints, seed: int) -> Times:
    """Within a year, in no order."""
    return CLOCK - MINUTE * (1 + below(numbers, seed, 4, 525_000))


def read_at(numbers: Ints, seed: int) -> pa.Array:
    """NULL for one in twenty."""
    unread = below(numbers, seed, 5, 20) == 0
    return pa.array(np.where(unread, np.datetime64("NaT"), CLOCK - MINUTE), from_pandas=True)


def token(numbers: Ints, seed: int) -> list[str]:
    """96 characters, as long as a signed token."""
    return ["".join(f"{int(i):016x}" for i in row)
            for row in zip(*(hashed(numbers, key_of(seed, salt)) for salt in range(10, 16)), strict=True)]  # fmt: skip


def last_seen_at(numbers: Ints, seed: int) -> Times:
    """Within the last hour."""
    return CLOCK - np.timedelta64(1, "us") * (1 + below(numbers, seed, 7, 3_600_000_000))


def _report(numbers: Ints, seed: int) -> Ints:
    return numbers + below(numbers, seed, 8, 600)


def state(numbers: Ints, seed: int) -> list[str]:
    """The newest two in a hundred are open: what is old has been dealt with."""
    return ["open" if i > REPORTS * 0.98 else "closed" for i in _report(numbers, seed)]


def reported_at(numbers: Ints, seed: int) -> Times:
    """In the order of rows, but for ten hours: reports wait in several inboxes."""
    return CLOCK - MINUTE * (REPORTS + 610 - _report(numbers, seed))


def in_order(numbers: Ints, seed: int) -> Times:
    """A minute after the other, as rows are written."""
    return CLOCK - MINUTE * (EVENTS + 10 - numbers)

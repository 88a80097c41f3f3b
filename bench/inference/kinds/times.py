"""Times: growth, seasons, weekdays and hours up to the clock; the times of one row in the order of its life."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from bench.inference.kinds.draws import Floats, Ints, Rows, key_of
from bench.inference.kinds.pools import take

DAY_US = 86_400_000_000
HOUR_US = DAY_US // 24
HISTORY_DAYS = 3 * 365
"""How far the rows of a table reach back."""
GROWTH = 3.0
"""Rows an hour at the end of the history, as many times as at its beginning."""
WEEKDAYS = np.array([1.05, 1.1, 1.1, 1.05, 0.95, 0.5, 0.45])
HOURS = np.array([2, 1, 1, 1, 1, 2, 3, 5, 8, 10, 11, 10, 9, 10, 11, 10, 9, 8, 7, 7, 8, 7, 5, 3], np.float64)
SEASON = 0.15
"""By how much December lies over, and June under the year's mean."""
DISORDER = 0.01
"""How far a row may stand from its place in the order of times, as a share of the table."""
LIFE = "life"
"""The group in which the times of a row draw alike."""
SHORTEST = 0.4
"""Of the logarithm of a row's age (in microseconds): what happens to it next does so after seconds at the earliest."""


def microseconds(clock: dt.datetime) -> int:
    """Since 1970, of a clock in UTC."""
    return int(clock.replace(tzinfo=dt.UTC).timestamp()) * 1_000_000


@cache
def _calendar(clock: dt.datetime) -> tuple[Floats, Floats]:
    """Edges of the hours of the history in microseconds, and the share of rows before each."""
    count = HISTORY_DAYS * 24
    end = microseconds(clock)
    edges = end - HOUR_US * np.arange(count, -1, -1, dtype=np.int64)
    hours = edges[:-1] // HOUR_US
    day = hours // 24
    weights = np.linspace(1, GROWTH, count) * WEEKDAYS[(day + 3) % 7] * HOURS[hours % 24]
    weights *= 1 + SEASON * np.cos(2 * np.pi * (day % 365.25) / 365.25)
    share = np.concatenate(([0.0], np.cumsum(weights)))
    return edges.astype(np.float64), share / share[-1]


def _distinct(rows: Rows, options: Mapping[str, Any]) -> Ints:
    """A time of its own for each row; of dates each day back from the clock."""
    if options.get("family") == "date":
        return microseconds(rows.clock) - rows.numbers * DAY_US
    edges, share = _calendar(rows.clock)
    total = rows.total or 1 << 20
    again, place = np.divmod(rows.numbers, total)
    return np.interp((place + 0.5) / total, share, edges).astype(np.int64) + again


def made_at(rows: Rows) -> Ints:
    """When the row was made, in microseconds since 1970: later for later rows, roughly."""
    edges, share = _calendar(rows.clock)
    if rows.total:
        place = (rows.numbers + 0.5) / rows.total + (rows.unit("made", shared=True) - 0.5) * DISORDER
        place = 1 - np.abs(1 - np.abs(place))
        place = np.where(place < 0, rows.unit("made", shared=True), place)
    else:
        place = rows.unit("made", shared=True)
    return np.interp(place, share, edges).astype(np.int64)


def time(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """The time at which the row reached ``stage``; with ``ahead`` some days after it, which may lie ahead."""
    if options.get("unique"):
        return _stamps(_distinct(rows, options))
    made, stage = made_at(rows), float(options["stage"])
    if stage:
        made = made + (stage * _gap(rows, made)).astype(np.int64)
    if options.get("ahead"):
        days = options["ahead"][key_of(rows.table, rows.column) % len(options["ahead"])]
        spread = 1.0 if stage == 1.0 else 0.1 + 0.9 * rows.unit("ahead")
        made = made + (days * DAY_US * spread * np.ones(len(made))).astype(np.int64)
    return _stamps(made)


def _gap(rows: Rows, made: Ints) -> Floats:
    """From being made to the end of a row's life: seconds to its whole age, each magnitude alike often."""
    age = np.maximum(microseconds(rows.clock) - made, 1)
    return np.exp(np.log(age) * (SHORTEST + (1 - SHORTEST) * rows.unit("life", shared=True)))


def period(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """The ``end`` or the start of a period that begins up to a fortnight after the row was made."""
    if options.get("unique"):
        return _stamps(_distinct(rows, options))
    about = str(options.get("group", ""))
    start = made_at(rows) + (rows.unit(f"lead {about}", shared=True) * 14 * DAY_US).astype(np.int64)
    quarter = 15 * 60 * 1_000_000
    start -= start % quarter
    if not options.get("end"):
        return _stamps(start)
    low, high = (1.0, 365.0) if options.get("family") == "date" else (1 / 48, 30.0)
    days = np.exp(np.log(low) + (np.log(high) - np.log(low)) * rows.unit(f"lasts {about}", shared=True))
    lasts = (days * DAY_US).astype(np.int64)
    return _stamps(start + np.maximum(lasts - lasts % quarter, quarter))


def birthday(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """Of people between 18 and 85, most in their thirties."""
    age = 18 + 67 * (rows.unit("age") + rows.unit("again") + rows.unit("older") ** 2) / 3
    day = microseconds(rows.clock) // DAY_US - (age * 365.25).astype(np.int64)
    if options.get("unique"):
        day = microseconds(rows.clock) // DAY_US - 18 * 365 - rows.numbers
    return _stamps(day * DAY_US)


def time_of_day(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """``HH:MM:SS``, in steps of a quarter of an hour within ``hours``."""
    low, high = options.get("hours", (6, 22))
    clock = pa.array([f"{hour:02}:{minute:02}:00" for hour in range(low, high) for minute in (0, 15, 30, 45)])
    return take(clock, rows.numbers % len(clock) if options.get("unique") else rows.below(len(clock), "time"))


def _stamps(microseconds: Ints) -> pa.Array:
    return pa.array(microseconds).cast(pa.timestamp("us"))

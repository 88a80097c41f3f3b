"""Dates, times and intervals."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits.literals import NOW, moment, seconds
from bench.inference.plan import Limits
from bench.inference.types.numbers import Axis
from bench.inference.types.space import CannotMake, Numbers, Space, scrambled
from bench.model.schema import DataType

_EPOCH = datetime(1970, 1, 1)
_SECOND = timedelta(seconds=1)
_PAST = timedelta(days=730)
"""What lies before the clock where nothing says since when."""
_AHEAD = timedelta(days=1000)
"""Added to the clock where a value has to lie behind ``now()``: rows are loaded later than they are made."""
_FIRST = datetime(1000, 1, 1)


@dataclass(frozen=True, slots=True)
class Span:
    """First and last moment of a column's values, whole seconds or days."""

    first: datetime
    last: datetime


def span_of(limits: Limits, clock: str) -> Span:
    """The moments that limits allow, most of them before the clock."""
    end = moment(clock) if clock else NOW
    try:
        low, high = _bound(limits.low, end, _AHEAD), _bound(limits.high, end, timedelta())
    except ValueError as error:
        raise CannotMake(f"bound {error} is no time that can be made") from None
    if low is None and high is None:
        return Span(end - _PAST, end)
    if low is None:
        assert high is not None
        return Span(max(high - _PAST, _FIRST), high)
    if high is None:
        return Span(low, end if low < end - timedelta(days=30) else low + _PAST)
    return Span(low, high)


def _bound(text: str | None, clock: datetime, ahead: timedelta) -> datetime | None:
    if text is None or text.endswith("infinity"):
        return None
    if text.startswith(("now", "today")):
        return clock + ahead + (moment(text) - NOW)
    return moment(text)


def _steps(limits: Limits, span: Span, unit: timedelta) -> tuple[int, int]:
    """First and last unit since 1970 within the span."""
    first, last = -((_EPOCH - span.first) // unit), (span.last - _EPOCH) // unit
    first += limits.low is not None and limits.low_open and span.first == _EPOCH + first * unit
    last -= limits.high is not None and limits.high_open and span.last == _EPOCH + last * unit
    if first > last:
        raise CannotMake("its limits leave no time")
    return first, last


def date_axis(limits: Limits, clock: str, key: int) -> Axis:
    """Days, those near the clock first in mixed order."""
    first, last = _steps(limits, span_of(limits, clock), timedelta(days=1))
    bottom = (_FIRST - _EPOCH).days if limits.low is None else first
    without = []
    for text in limits.excluded:
        with suppress(ValueError, OverflowError):
            without.append((moment(text) - _EPOCH).days)
    return Axis(bottom, last, dates, first, last - first + 1, tuple(without), key)


def dates(days: Numbers) -> pa.Array:
    """``date32`` from days since 1970."""
    return pa.array(days.astype(np.int32), pa.date32())


def second_axis(kind: DataType, limits: Limits, clock: str, key: int) -> Axis:
    """Timestamps in whole seconds."""
    first, last = _steps(limits, span_of(limits, clock), _SECOND)
    zone = "UTC" if kind.name == "timestamptz" else None
    bottom = (_FIRST - _EPOCH) // _SECOND if limits.low is None else first
    return Axis(bottom, last, lambda steps: stamps(steps * 1_000_000, zone), first, last - first + 1, (), key)


def stamps(micros: Numbers, zone: str | None) -> pa.Array:
    """``timestamp[us]`` from microseconds since 1970."""
    return pa.array(micros, pa.timestamp("us", zone))


def timestamp_space(kind: DataType, limits: Limits, clock: str, key: int) -> Space:
    """Timestamps: each second of the span once, in mixed order, then the microseconds between."""
    axis = second_axis(kind, limits, clock, key)
    steps, zone = axis.high - axis.first + 1, "UTC" if kind.name == "timestamptz" else None
    fine = 10 ** min(6, kind.precision if kind.precision is not None else 6)
    coarse = max(steps - 1, 1)

    def at(indexes: Numbers) -> pa.Array:
        turn, index = np.divmod(indexes, coarse)
        return stamps((axis.first + scrambled(index, key, coarse)) * 1_000_000 + turn * (1_000_000 // fine), zone)

    return Space(coarse * (fine if steps > 1 else 1), at, coarse)


def time_space(kind: DataType, limits: Limits, clock: str, key: int) -> Space:
    """time and timetz, in whole seconds."""
    low = int(seconds(limits.low)) if limits.low else 0
    high = int(seconds(limits.high)) if limits.high else 86399
    first, last = low + limits.low_open, min(high - limits.high_open, 86399)
    if first > last:
        raise CannotMake("its limits leave no time")

    def at(indexes: Numbers) -> pa.Array:
        micros = (first + scrambled(indexes, key, last - first + 1)) * 1_000_000
        times = pa.array(micros, pa.time64("us"))
        if kind.name == "time":
            return times
        return pc.binary_join_element_wise(pc.utf8_slice_codeunits(times.cast(pa.string()), 0, 8), "+00", "")

    return Space(last - first + 1, at, last - first + 1)


def interval_axis(limits: Limits, key: int) -> Axis:
    """Intervals as ``duration[us]``, of whole minutes where nothing says that they are shorter."""
    low = None if limits.low is None else seconds(limits.low)
    high = None if limits.high is None else seconds(limits.high)
    unit = 1 if (high is not None and high < 3600) else 60
    first = int(-(-(low or 0) // unit)) + (1 if low is None or limits.low_open else 0)
    last = int(high // unit) - limits.high_open if high is not None else first + 43_200
    if first > last:
        raise CannotMake("its limits leave no interval")

    def to_array(steps: Numbers) -> pa.Array:
        return pa.array(steps * unit * 1_000_000, pa.duration("us"))

    return Axis(first, last, to_array, first, last - first + 1, (), key)

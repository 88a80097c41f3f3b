"""When things happen: growth over the years, weekdays, hours of the day, each in the tenant's own time."""

from __future__ import annotations

import math
from datetime import timedelta
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from .parameters import DAYS, NOW_S, START, section
from .streams import STEPS, Bools, Ints

DAY_S = 86_400
HOUR_S = 3_600
DAY_US, HOUR_US = DAY_S * 1_000_000, HOUR_S * 1_000_000
_TIME = section("time")
FIRST_WEEKDAY = START.weekday()
"""Monday is 0."""


def _hour_shape() -> list[float]:
    """Share of a day's human actions in each local hour."""
    shares = [_TIME["uniform_share"] / 24] * 24
    for peak in _TIME["peak_hours"]:
        normal = NormalDist(peak, _TIME["peak_sigma_hours"])
        for hour in range(24):
            weight = (1 - _TIME["uniform_share"]) / len(_TIME["peak_hours"])
            shares[hour] += weight * (normal.cdf(hour + 1) - normal.cdf(hour))
    return shares


HOUR_SHAPE = _hour_shape()


def _second_of_day() -> NDArray[np.int64]:
    """Quantiles of the local second of the day of a human action."""
    whole = math.fsum(HOUR_SHAPE)
    edges = np.array([round(math.fsum(HOUR_SHAPE[:hour]) / whole * STEPS) for hour in range(25)], np.int64)
    place = np.arange(STEPS)
    hour = np.searchsorted(edges, place, side="right") - 1
    return hour * HOUR_S + (place - edges[hour]) * HOUR_S // (edges[hour + 1] - edges[hour])


SECOND_OF_DAY = _second_of_day()


def week_shape(utc_hours: float) -> list[float]:
    """Weight of each of the 168 UTC hours of a week (from Monday 0:00) for people at ``utc_hours`` from UTC."""
    shape = []
    for hour in range(168):
        local = (hour + math.floor(utc_hours)) % 168
        weekend = _TIME["weekend_factor"] if local >= 120 else 1.0
        shape.append(HOUR_SHAPE[local % 24] * weekend)
    return shape


def arrivals(week: list[float]) -> NDArray[np.int64]:
    """Cumulated weight of new leads before each UTC hour of recorded time: ``DAYS * 24 + 1`` entries."""
    weights = [0]
    for day in range(DAYS):
        date = START + timedelta(days=day)
        weight = 2 ** (day / (_TIME["growth_doubling_months"] * 30.44))
        if date.month % 3 == 0 and date.day > 16:
            weight *= _TIME["quarter_end_factor"]
        if date.month == 12:
            weight *= _TIME["december_factor"]
        first = (FIRST_WEEKDAY + day) % 7 * 24
        weights += [round(weight * week[first + hour] * 1e9) for hour in range(24)]
    return np.cumsum(np.array(weights, np.int64))


HUMAN_STAYS, MAIL_STAYS = (round(_TIME[f"{who}weekend_factor"] * 64) for who in ("", "mail_"))
"""Of 64 actions placed on a weekend day, how many stay there: of people, of campaigns."""


def work_times(
    start_s: Ints, span_s: Ints, offset_s: Ints, when: Ints, hour: Ints, stays: Ints | int = HUMAN_STAYS
) -> NDArray[np.int64]:
    """Times of human actions, in seconds since START, after ``start_s`` and before the clock.

    ``when`` (fraction of the span, 16 bits) places the action, ``hour`` (16 bits) moves it to a working hour of that
    local day, mostly away from weekends; where that would leave the span, the action stays where it was placed.
    """
    raw = start_s + 1 + ((span_s * when) >> 16)
    day = (raw + offset_s) // DAY_S
    weekday = (day + FIRST_WEEKDAY) % 7
    moved = (weekday >= 5) & ((hour & 63) >= stays)
    day += moved * ((weekday == 6) * 2 - 1)
    shaped = day * DAY_S - offset_s + SECOND_OF_DAY[hour]
    fits: Bools = (shaped > start_s) & (shaped < NOW_S)
    return np.where(fits, shaped, np.minimum(raw, NOW_S - 1))


def with_micros(seconds: Ints, micros: Ints) -> NDArray[np.int64]:
    """Microseconds since START; ``micros`` are 16-bit draws that fill the second."""
    return seconds * np.int64(1_000_000) + micros * np.int64(15)

"""Scales, crossings, exponents and errors in words, the same in every format. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable

from bench.experiments.scale.record import Crossing, Growth, Prediction
from bench.report.numbers import NOTHING

Write = Callable[[float, Callable[[float], int]], str]
"""How to write a scale: rounded up, down, or to the nearest."""


def about(value: float, way: Callable[[float], int] = round) -> str:
    """Write an estimated scale with the two digits that it deserves: 420,000."""
    return f"{two_digits(value, way):,}"


def short(value: float, way: Callable[[float], int] = round) -> str:
    """Write a scale with two digits and no zeros: 420k, 1.2M."""
    number = two_digits(value, way)
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return str(number)


def two_digits(value: float, way: Callable[[float], int] = round) -> int:
    """Round ``value`` to two digits by ``way``: round, math.floor, math.ceil."""
    digits: int = 10 ** max(0, math.floor(math.log10(max(value, 1))) - 1)
    # A quotient of whole numbers may lie a hair beside the whole number that it is.
    return way(round(value / digits, 6)) * digits


def crossing(found: Crossing, write: Write = about) -> str:
    """Write when a cell crosses.

    about 420,000 (310,000–700,000), between 320,000 and 1,000,000, not before 10,000,000, still within at 1,000,000,
    already over at 10,000.
    """
    if found.kind == "crosses" and found.at is None and found.low is not None and found.high is not None:
        return f"between {write(found.low, math.floor)} and {write(found.high, math.ceil)}"
    if found.kind == "cannot tell" or found.at is None:
        return "cannot tell"
    if found.kind == "still within":
        return f"still within at {write(found.at, math.floor)}"
    if found.kind == "already over":
        return f"already over at {write(found.at, round)}"
    if found.kind == "not before":
        return f"not before {write(found.at, math.floor)}"
    return f"about {write(found.at, round)} ({interval(found, write)})"


def interval(found: Crossing, write: Write = about) -> str:
    """Write the ends of a crossing's interval, rounded outwards."""
    if found.low is None:
        return f"at most {write(found.high, math.ceil)}" if found.high is not None else "no interval"
    if found.high is None:
        return f"{write(found.low, math.floor)} or more"
    return f"{write(found.low, math.floor)}–{write(found.high, math.ceil)}"


def exponent(found: Growth) -> str:
    """Write an exponent with its interval: 0.83 (0.80–0.86)."""
    if found.exponent is None:
        return NOTHING
    shown = f"{_number(found.exponent)}"
    if found.low is None or found.high is None:
        return f"{shown} (no interval)"
    return f"{shown} ({_number(found.low)} to {_number(found.high)})"


def _number(value: float) -> str:
    return f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")


def error(found: Prediction | None) -> str:
    """Write how far off a prediction was, and its interval: +4 %, −31 % (another plan; 1,200 to 2,900)."""
    if found is None:
        return NOTHING
    share = f"{abs(found.error):.0%}".replace("%", " %")
    sign = "" if share == "0 %" else "+" if found.error > 0 else "−"
    more = ["another plan"] if found.plan_changed else []
    if found.low is not None and found.high is not None:
        more.append(f"{found.low:,.0f} to {found.high:,.0f}")
    return f"{sign}{share}{' (' + '; '.join(more) + ')' if more else ''}"

"""Values in PostgreSQL's text form: taken apart, and put in order."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from bench.inference.plan import Limits
from bench.model.schema import DataType

NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8", "money", "oid", "xid8"})
TEXTS = frozenset({"text", "varchar", "bpchar", "citext", "name", "char"})
TIMES = frozenset({"date", "timestamp", "timestamptz"})

_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^",{}\\]|\\.)*?))\s*([,}])', re.DOTALL)
_UNITS = {"year": 365.25 * 86400, "mon": 30 * 86400, "week": 7 * 86400, "day": 86400, "hour": 3600, "min": 60, "sec": 1}
_AMOUNT = re.compile(r"([-+]?[\d.]+)\s*(year|mon|week|day|hour|min|sec)[a-z]*")
_CLOCK = re.compile(r"([-+]?)(\d+):(\d\d)(?::([\d.]+))?")


def array_items(text: str) -> list[str | None]:
    """The elements of a one-dimensional array literal: ``{a,"b c",NULL}``."""
    if not text.startswith("{") or text == "{}":
        return []
    items: list[str | None] = []
    for match in _ITEM.finditer(text, 1):
        quoted, bare, _ = match.groups()
        value = re.sub(r"\\(.)", r"\1", quoted if quoted is not None else bare)
        items.append(None if quoted is None and bare.upper() == "NULL" else value)
    return items


def seconds(interval: str) -> float:
    """An interval in seconds, a month being 30 days and a year 365.25; as PostgreSQL prints it."""
    total = sum(float(amount) * _UNITS[unit] for amount, unit in _AMOUNT.findall(interval))
    if match := _CLOCK.search(interval):
        sign, hours, minutes, rest = match.groups()
        part = int(hours) * 3600 + int(minutes) * 60 + float(rest or 0)
        total += -part if sign == "-" else part
    return total


def moment(text: str) -> datetime:
    """A date or timestamp, in UTC and without zone; ``now``, ``now -60 sec`` from ``NOW`` on.

    Raises:
        ValueError: it is none that Python knows.
    """
    if text.startswith(("now", "today")):
        return NOW + timedelta(seconds=seconds(text.partition(" ")[2]))
    if text.endswith("infinity"):
        return datetime.min if text.startswith("-") else datetime.max
    found = datetime.fromisoformat(text)
    offset = found.utcoffset()
    return found.replace(tzinfo=None) - offset if offset is not None else found


NOW = datetime(2026, 1, 1)
"""What ``now`` and CURRENT_DATE count as where a schema compares with them and there is no clock."""


def order_of(kind: DataType) -> Callable[[str], Any]:
    """The function that makes values of a type, in text form, comparable as the type compares them.

    It raises ``ValueError`` for what is no value of the type.
    """
    plain = kind.plain
    if plain.name in NUMBERS:
        return _number
    if plain.name in TIMES:
        return moment
    if plain.labels:
        return plain.labels.index
    match plain.name:
        case "interval":
            return seconds
        case "inet" | "cidr":
            return lambda text: ipaddress.ip_interface(text)
        case "time" | "timetz":
            return lambda text: timedelta(seconds=seconds(text))
    return str


def bounds(limits: Limits, kind: DataType) -> Limits:
    """``limits`` without bounds that bound nothing: infinities, NaN, what is no value of the type."""
    low, high = (_bounding(text, order_of(kind)) for text in (limits.low, limits.high))
    return limits if (low, high) == (limits.low, limits.high) else replace(limits, low=low, high=high)


def _bounding(text: str | None, order: Callable[[str], Any]) -> str | None:
    if text is None or text.lower().lstrip("-") in ("infinity", "inf"):
        return None
    try:
        order(text)
    except (ValueError, OverflowError):
        return None
    return text


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.lstrip("$").replace(",", ""))
    except InvalidOperation:
        raise ValueError(text) from None
    if number.is_nan():
        raise ValueError(text)
    return number

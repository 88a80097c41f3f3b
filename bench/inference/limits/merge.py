"""Limits of one column put together: both at once, or either of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bench.inference.limits.literals import TEXTS, order_of
from bench.inference.plan import Limits
from bench.model.schema import DataType

Comparable = Any


class Contradiction(Exception):
    """No value obeys both."""


def both(one: Limits, other: Limits, kind: DataType) -> Limits:
    """What obeys ``one`` and ``other``. Raises ``Contradiction``."""
    if one.always_null or other.always_null:
        if one.not_null or other.not_null:
            raise Contradiction
        return Limits(always_null=True)
    if {one.json_type, other.json_type} > {one.json_type or other.json_type, ""} and one.json_type and other.json_type:
        raise Contradiction
    low, low_open = _tighter((one.low, one.low_open), (other.low, other.low_open), kind, 1)
    high, high_open = _tighter((one.high, one.high_open), (other.high, other.high_open), kind, -1)
    merged = Limits(
        values=_shared(one.values, other.values),
        excluded=tuple(dict.fromkeys(one.excluded + other.excluded)),
        low=low,
        low_open=low_open,
        high=high,
        high_open=high_open,
        shortest=max((n for n in (one.shortest, other.shortest) if n is not None), default=None),
        longest=min((n for n in (one.longest, other.longest) if n is not None), default=None),
        patterns=tuple(dict.fromkeys(one.patterns + other.patterns)),
        lower_case=one.lower_case or other.lower_case,
        trimmed=one.trimmed or other.trimmed,
        octets=one.octets or other.octets,
        json_type=one.json_type or other.json_type,
        json_keys=tuple(dict.fromkeys(one.json_keys + other.json_keys)),
        elements=_elements(one.elements, other.elements, kind),
        not_null=one.not_null or other.not_null,
    )
    return _consistent(merged, kind)


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    if not (one and other):
        return one or other
    shared = tuple(value for value in one if value in other)
    if not shared:
        raise Contradiction
    return shared


def _elements(one: Limits | None, other: Limits | None, kind: DataType) -> Limits | None:
    if one is None or other is None:
        return one or other
    return both(one, other, kind.plain.element or kind)


Bound = tuple[str | None, bool]


def _tighter(one: Bound, other: Bound, kind: DataType, sign: int) -> Bound:
    """The larger of two lower bounds (``sign`` 1), the smaller of two upper ones (-1)."""
    if one[0] is None or other[0] is None:
        return other if one[0] is None else one
    order = order_of(kind)
    try:
        first, second = order(one[0]), order(other[0])
    except ValueError:
        return one
    if first == second:
        return one[0], one[1] or other[1]
    return one if (first > second) == (sign > 0) else other


def _consistent(limits: Limits, kind: DataType) -> Limits:
    """``limits`` with its values sieved by the rest of it."""
    if limits.values:
        kept = tuple(value for value in limits.values if admits(limits, value, kind))
        if not kept:
            raise Contradiction
        return replace(limits, values=kept, excluded=())
    if limits.shortest is not None and limits.longest is not None and limits.shortest > limits.longest:
        raise Contradiction
    if limits.low is not None and limits.high is not None:
        order = order_of(kind)
        try:
            low, high = order(limits.low), order(limits.high)
        except ValueError:
            return limits
        if low > high or (low == high and (limits.low_open or limits.high_open)):
            raise Contradiction
    return limits


def admits(limits: Limits, value: str, kind: DataType) -> bool:
    """Whether a value in text form obeys bounds, exclusions and lengths; patterns are not asked."""
    if value in limits.excluded:
        return False
    if kind.plain.name in TEXTS and limits.json_type == "":
        if limits.longest is not None and len(value) > limits.longest:
            return False
        if limits.shortest is not None and len(value) < limits.shortest:
            return False
    if limits.low is None and limits.high is None:
        return True
    order = order_of(kind)
    try:
        return within(order(value), limits, order)
    except ValueError:
        return True


def within(value: Comparable, limits: Limits, order: Callable[[str], Comparable]) -> bool:
    """Whether a value lies between the bounds. Raises ``ValueError`` for bounds that are none of the type."""
    if limits.low is not None:
        low = order(limits.low)
        if value < low or (value == low and limits.low_open):
            return False
    if limits.high is not None:
        high = order(limits.high)
        if value > high or (value == high and limits.high_open):
            return False
    return True


def either(choices: Sequence[Limits], kind: DataType) -> Limits | None:
    """What obeys one of ``choices`` at least, where that can be said by one ``Limits``: lists, or ranges that touch."""
    if len(choices) == 1:
        return choices[0]
    known = [choice for choice in choices if choice != Limits(always_null=True)]
    if len(known) < len(choices) and all(choice.not_null for choice in known):
        return either([replace(choice, not_null=False) for choice in known], kind)
    if len({(choice.not_null, choice.excluded, choice.patterns) for choice in choices}) > 1:
        return None
    if all(choice == Limits(values=choice.values, not_null=choice.not_null) and choice.values for choice in choices):
        values = tuple(dict.fromkeys(value for choice in choices for value in choice.values))
        return replace(choices[0], values=values)
    plain = [replace(choice, low=None, low_open=False, high=None, high_open=False) for choice in choices]
    if any(choice != plain[0] for choice in plain):
        return None
    return _span(choices, kind)


def _span(choices: Sequence[Limits], kind: DataType) -> Limits | None:
    order = order_of(kind)
    try:
        ranges = sorted(choices, key=lambda c: (c.low is not None, order(c.low) if c.low is not None else 0))
        span = ranges[0]
        for choice in ranges[1:]:
            if span.high is None:
                return span
            assert choice.low is not None
            gap = order(choice.low) > order(span.high)
            if gap or (choice.low == span.high and choice.low_open and span.high_open):
                return None
            if choice.high is None or order(choice.high) >= order(span.high):
                span = replace(span, high=choice.high, high_open=choice.high_open)
    except (ValueError, AssertionError):
        return None
    return span

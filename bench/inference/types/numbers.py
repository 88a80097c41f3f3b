"""Whole and broken numbers: as steps of a unit between two ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

import numpy as np
import pyarrow as pa

from bench.inference.plan import Limits
from bench.inference.types.space import MOST, CannotMake, Numbers, Space, scrambled
from bench.model.schema import DataType

INTEGERS = {
    "int2": (-(2**15), 2**15 - 1), "int4": (-(2**31), 2**31 - 1), "int8": (-(2**63), 2**63 - 1),
    "oid": (0, 2**32 - 1), "xid": (0, 2**32 - 1), "cid": (0, 2**32 - 1), "xid8": (0, 2**63 - 1),
}  # fmt: skip
"""Least and greatest value of a type."""
USUAL = 1000
"""Units that a number without limits goes up to."""
_WIDEST = 10**18
"""Unscaled: what int64 holds whatever its digits."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A line of steps: each whole number from ``low`` to ``high`` is a value."""

    low: int
    high: int
    to_array: Callable[[Numbers], pa.Array]
    first: int
    """Where counting begins: 1 where there is no lower bound."""
    usual: int
    """Steps from there on that are met."""
    without: tuple[int, ...] = ()
    mixed: int | None = None
    """Key by which the order is scrambled; None: ascending."""

    def space(self) -> Space:
        """Its values: upwards from ``first``, then downwards from there."""
        above, under = self.high - self.first + 1, self.first - self.low
        left_out = sorted(one for one in set(self.without) if self.low <= one <= self.high)
        if left_out:
            above, under = above - sum(one >= self.first for one in left_out), 0
            left_out = [one for one in left_out if one >= self.first]
        if above + under <= 0:
            raise CannotMake("its limits leave no value")
        usual = min(self.usual, above if above > 0 else under)

        def at(indexes: Numbers) -> pa.Array:
            if self.mixed is not None:
                near = indexes < usual
                indexes = indexes.copy()
                indexes[near] = scrambled(indexes[near], self.mixed, usual)
            steps = np.where(indexes < above, self.first + indexes, self.first - 1 - (indexes - above))
            for one in left_out:
                steps += steps >= one
            return self.to_array(steps)

        return Space(min(above + under, MOST), at, usual)


def integer_axis(kind: DataType, limits: Limits) -> Axis:
    """int2, int4, int8, oid and their like."""
    least, greatest = INTEGERS[kind.name]
    return _axis(limits, least, greatest, 0, USUAL, lambda steps: pa.array(steps, pa.int64()))


def _axis(
    limits: Limits, least: int, greatest: int, scale: int, usual: int, to_array: Callable[[Numbers], pa.Array]
) -> Axis:
    low = _step(limits.low, limits.low_open, scale, up=True)
    high = _step(limits.high, limits.high_open, scale, up=False)
    bottom, top = max(least, low if low is not None else least), min(greatest, high if high is not None else greatest)
    bottom, top = max(bottom, -(2**62)), min(top, 2**62)
    if low is not None and high is not None:
        usual = max(top - bottom + 1, 1)
    first = bottom if low is not None else min(max(bottom, min(1, 10**scale)), top)
    if low is None and high is not None and high < 1:
        first = max(bottom, top - usual + 1)
    without = tuple(one for one in (_step(text, False, scale, up=True) for text in limits.excluded) if one is not None)
    return Axis(bottom, top, to_array, first, usual, without)


def _step(text: str | None, opened: bool, scale: int, *, up: bool) -> int | None:
    if text is None:
        return None
    try:
        exact = Decimal(text.lstrip("$").replace(",", "")).scaleb(scale)
        step = int(exact.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR))
    except (InvalidOperation, OverflowError, ValueError):
        return None
    return step + (1 if up else -1) if opened and step == exact else step


def _scale_of(limits: Limits) -> int:
    """Digits behind the point that the bounds are written with."""
    texts = [text for text in (limits.low, limits.high, *limits.values) if text and "." in text]
    return max((len(text.partition(".")[2]) for text in texts), default=0)


def numeric_axis(kind: DataType, limits: Limits) -> Axis:
    """numeric(p, s) and money, as ``decimal128``."""
    precision = kind.precision if kind.precision is not None else 18
    scale = kind.scale if kind.scale is not None else 2 if kind.precision is None else 0
    if kind.precision is None:
        scale = min(9, max(scale, _scale_of(limits) + (1 if limits.low_open or limits.high_open else 0)))
    widest = min(10**precision, _WIDEST) - 1
    if scale < 0:
        unit = 10**-scale
        shifted = _axis(limits, -widest, widest, scale, USUAL, lambda steps: decimals(steps * unit, 0))
        return shifted
    return _axis(limits, -widest, widest, scale, USUAL * 10**scale, lambda steps: decimals(steps, scale))


def decimals(unscaled: Numbers, scale: int) -> pa.Array:
    """``decimal128`` of ``scale`` digits behind the point from as many units of the last one."""
    words = np.empty((len(unscaled), 2), np.int64)
    words[:, 0], words[:, 1] = unscaled, unscaled >> 63
    kind = pa.decimal128(38, scale)
    return pa.Array.from_buffers(kind, len(unscaled), [None, pa.py_buffer(words)])


def float_axis(kind: DataType, limits: Limits) -> Axis:
    """float4 and float8: steps of a power of ten that gives a narrow range a thousand values."""
    scale = 2
    try:
        if limits.low is not None and limits.high is not None:
            width = float(limits.high) - float(limits.low)
            scale = min(12, max(2, math.ceil(-math.log10(width)) + 3)) if width > 0 else 9
    except ValueError:
        pass
    widest = 2**24 if kind.name == "float4" else 2**53
    unit = 10.0**scale
    return _axis(limits, -widest, widest, scale, USUAL * 10**scale, lambda steps: pa.array(steps / unit, pa.float64()))

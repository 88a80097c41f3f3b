"""Values made to fit their column: the type's form, and what CHECKs and domains allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.kinds.draws import Bits
from bench.inference.kinds.names import family_of
from bench.inference.plan import Limits
from bench.model.schema import Column

INTEGERS = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**53, "oid": 2**31 - 1}
"""Largest value of each; of int8 what a double holds exactly."""
DECIMALS = 2
"""Digits behind the point of a numeric that says nothing about it."""
LARGEST_NUMERIC = 10**15
"""Of a numeric without a precision."""


@dataclass(frozen=True)
class Bounds:
    """What a column's type and limits leave of numbers and lengths; None limits nothing."""

    family: str
    longest: int | None = None
    shortest: int = 0
    low: float | None = None
    high: float | None = None
    step: float | None = None
    """The least difference of two numbers; 1 of integers, None of floats."""

    @property
    def scale(self) -> int:
        """Digits behind the point."""
        return round(-np.log10(self.step)) if self.step else 0


def bounds_of(column: Column, limits: Limits) -> Bounds:
    """Of the type, narrowed by the limits. Raises ``ValueError`` where a bound is no number."""
    family = family_of(column.type)
    plain = column.type.plain
    low, high, step = _numbers_of(family, plain.name, plain.precision, plain.scale)
    if step is not None or family == "float":
        tiny = step or 1e-6
        if limits.low is not None:
            bound = _rounded(float(limits.low), step, up=True)
            low = max(
                bound + (tiny if limits.low_open and bound <= float(limits.low) else 0), -np.inf if low is None else low
            )
        if limits.high is not None:
            bound = _rounded(float(limits.high), step, up=False)
            high = min(
                bound - (tiny if limits.high_open and bound >= float(limits.high) else 0),
                np.inf if high is None else high,
            )
    longest = plain.length if family == "text" else None
    if limits.longest is not None:
        longest = min(limits.longest, longest or limits.longest)
    return Bounds(family, longest, limits.shortest or 0, low, high, step)


def _numbers_of(
    family: str, name: str, precision: int | None, scale: int | None
) -> tuple[float | None, float | None, float | None]:
    if family == "int":
        return (0 if name == "oid" else -INTEGERS[name] - 1), INTEGERS[name], 1
    if family == "numeric":
        digits = scale if precision is not None and scale is not None else DECIMALS
        step = 1 if digits == 0 else 10.0**-digits
        largest = LARGEST_NUMERIC if precision is None else 10 ** max(0, precision - digits) - step
        return -largest, largest, step
    return None, None, None


def _rounded(value: float, step: float | None, up: bool) -> float:
    if not step:
        return value
    steps = value / step
    near = round(steps)
    if abs(steps - near) > 1e-9:
        near = int(np.ceil(steps) if up else np.floor(steps))
    return near * step


def to_type(values: pa.Array, column: Column, bounds: Bounds) -> pa.Array:
    """The values in the Arrow type that is next to the column's. Raises ``pa.ArrowInvalid`` where they cannot be."""
    family = bounds.family
    if family in ("int", "numeric", "float"):
        values = _number(values, column, family)
        return _decimal(values, column) if family == "numeric" else values
    if family == "time":
        return _stamped(values, column.type.plain.precision)
    if family == "date":
        return pc.cast(values, pa.date32(), safe=False)
    if family == "bool":
        return pc.cast(values, pa.bool_())
    if family == "text" and pa.types.is_timestamp(values.type):
        if column.name.lower().endswith("date"):
            return pc.cast(pc.cast(values, pa.date32(), safe=False), pa.string())
        return pc.cast(pc.cast(values, pa.timestamp("s"), safe=False), pa.string())
    if family == "text" and not pa.types.is_string(values.type):
        return pc.cast(values, pa.string())
    return values


def _number(values: pa.Array, column: Column, family: str) -> pa.Array:
    if pa.types.is_timestamp(values.type):  # seconds since 1970; thousandths where the name says so
        unit = "ms" if column.name.lower().endswith(("ms", "millis")) and column.type.plain.name == "int8" else "s"
        values = pc.cast(pc.cast(values, pa.timestamp(unit), safe=False), pa.int64())
    if pa.types.is_string(values.type):
        values = pc.cast(values, pa.int64() if family == "int" else pa.float64())
    if family == "int" and not pa.types.is_int64(values.type):
        return pc.cast(pc.round(values) if pa.types.is_floating(values.type) else values, pa.int64(), safe=False)
    return values if family != "float" else pc.cast(values, pa.float64())


def _decimal(values: pa.Array, column: Column) -> pa.Array:
    """128 bits of an integer times a power of ten: made of a double's digits, which are exact here."""
    plain = column.type.plain
    scale = plain.scale if plain.precision is not None and plain.scale is not None else DECIMALS
    digits = np.rint(values.to_numpy(zero_copy_only=False) * 10.0**scale).astype(np.int64)
    halves = np.empty((len(digits), 2), np.int64)
    halves[:, 0], halves[:, 1] = digits, digits >> 63
    data = pa.py_buffer(halves.tobytes())
    kind = pa.decimal128(max(plain.precision or 0, 19, scale), max(scale, 0))
    return pa.Array.from_buffers(kind, len(digits), [None, data])


def _stamped(values: pa.Array, precision: int | None) -> pa.Array:
    if pa.types.is_timestamp(values.type) and precision is not None and precision < 6:
        step = 10 ** (6 - precision)
        numbers = pc.cast(values, pa.int64()).to_numpy()
        return pa.array(numbers - numbers % step).cast(pa.timestamp("us"))
    return pc.cast(values, pa.timestamp("us"), safe=False)


def shaped(values: pa.Array, bounds: Bounds, limits: Limits) -> pa.Array:
    """Texts cut to their length, without a blank at the end, in lower case where that is asked for, long enough."""
    if bounds.longest is not None and pc.max(pc.utf8_length(values)).as_py() > bounds.longest:
        values = pc.utf8_rtrim_whitespace(pc.utf8_slice_codeunits(values, 0, bounds.longest))
    elif limits.trimmed:
        values = pc.utf8_trim_whitespace(values)
    if limits.lower_case:
        values = pc.utf8_lower(values)
    if bounds.shortest and pc.min(pc.utf8_length(values)).as_py() < bounds.shortest:
        values = pc.utf8_rpad(values, bounds.shortest, "x")
    return values


def obeys(values: pa.Array, column: Column, bounds: Bounds, limits: Limits) -> pa.Array:
    """Whether each value obeys the limits, as booleans. Raises ``pa.ArrowInvalid`` for an unreadable pattern."""
    checks: list[pa.Array] = []
    if bounds.family == "text":
        length = pc.binary_length(values) if limits.octets else pc.utf8_length(values)
        if bounds.longest is not None:
            checks.append(pc.less_equal(length, bounds.longest))
        checks.append(pc.greater_equal(length, bounds.shortest))
        checks += [pc.match_substring_regex(values, pattern) for pattern in limits.patterns]
        if limits.lower_case:
            checks.append(pc.equal(values, pc.utf8_lower(values)))
    if limits.excluded:
        checks.append(pc.invert(pc.is_in(values, pa.array(limits.excluded).cast(values.type))))
    if limits.values:
        checks.append(pc.is_in(values, pa.array(limits.values).cast(values.type)))
    if bounds.family in ("int", "numeric", "float"):
        plain = pc.cast(values, pa.float64())
        checks += [pc.greater_equal(plain, float(bounds.low))] if bounds.low is not None else []
        checks += [pc.less_equal(plain, float(bounds.high))] if bounds.high is not None else []
    if bounds.family in ("time", "date"):
        checks += in_time(values, limits)
    result = pa.repeat(True, len(values))
    for check in checks:
        result = pc.and_(result, check)
    return result


def in_time(values: pa.Array, limits: Limits) -> list[pa.Array]:
    """Whether times lie within the limits. Raises ``ValueError`` for a bound that is no plain time."""
    checks = []
    if limits.low is not None:
        compare = pc.greater if limits.low_open else pc.greater_equal
        checks.append(compare(values, pa.scalar(microseconds_of(limits.low), pa.timestamp("us")).cast(values.type)))
    if limits.high is not None:
        compare = pc.less if limits.high_open else pc.less_equal
        checks.append(compare(values, pa.scalar(microseconds_of(limits.high), pa.timestamp("us")).cast(values.type)))
    return checks


def microseconds_of(text: str) -> int:
    """A time in PostgreSQL's text form, since 1970. Raises ``ValueError``."""
    return int(np.datetime64(text.strip()[:26].replace(" ", "T").split("+")[0], "us").astype(np.int64))


def null_where(values: pa.Array, bits: Bits, share: float) -> pa.Array:
    """The values, that share of them NULL."""
    if share <= 0:
        return values
    keep = bits >= np.uint64(min(share, 1 - 2**-53) * 2.0**64)
    if share >= 1:
        return pa.nulls(len(values), values.type)
    return pc.if_else(pa.array(keep), values, pa.scalar(None, values.type))


def narrowed(kind: Mapping[str, Any], bounds: Bounds) -> dict[str, Any]:
    """``low``, ``high``, ``step`` of a number kind within the bounds, and the bounds as ``floor`` and ``ceiling``.

    Where the kind's range and the column's do not meet, the column's is taken, as wide as the kind's.
    """
    whole = bounds.step == 1
    step = max(kind.get("step", 1), bounds.step or 0)
    low, high = kind["low"], kind["high"]
    floor, ceiling = bounds.low, bounds.high
    if floor is not None and low < floor:
        low, high = floor, max(high, floor + (kind["high"] - kind["low"])) if high <= floor else high
    if ceiling is not None and high > ceiling:
        high, low = (
            ceiling,
            low if low < ceiling else max(ceiling - (kind["high"] - kind["low"]), -np.inf if floor is None else floor),
        )
    if whole:
        low, high, step = int(np.ceil(low)), int(np.floor(high)), max(1, int(step))
    elif step and abs(low / step - round(low / step)) > 1e-6:  # a low that lies between two steps
        low = _rounded(low, step, up=True)
    return {"low": low, "high": max(high, low), "step": step, "floor": floor, "ceiling": ceiling}

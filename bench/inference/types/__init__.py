"""Values of any type, obeying limits, as Arrow columns; and the shape in which COPY takes them (``wire``)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits import limits_of_type
from bench.inference.limits.literals import bounds
from bench.inference.limits.merge import Contradiction, both
from bench.inference.limits.patterns import compiled
from bench.inference.plan import Limits, Values
from bench.inference.types.containers import array_space, composite_space, range_space
from bench.inference.types.numbers import INTEGERS, Axis, float_axis, integer_axis, numeric_axis
from bench.inference.types.others import MAKERS, character_space
from bench.inference.types.parse import typed
from bench.inference.types.space import CannotMake, Numbers, Space, below, chosen, key_of
from bench.inference.types.text_form import text_form
from bench.inference.types.texts import bytes_space
from bench.inference.types.times import date_axis, interval_axis, second_axis, time_space, timestamp_space
from bench.inference.types.wire import wire, wire_field
from bench.model.schema import Column, DataType

__all__ = ["CannotMake", "capacity", "text_form", "values_of_type", "wire", "wire_field"]


_NONE = Limits()
_SMALL = 10_000
_TRIED = 1024


def values_of_type(
    column: Column, limits: Limits, seed_key: int | str, *, distinct: bool = False, apart: bool = False, clock: str = ""
) -> Values:
    """Values of the column's type that obey ``limits`` and what its domains demand, never NULL unless all have to be.

    Args:
        column: its type decides; NOT NULL and defaults are not looked at.
        limits: of the column beyond its type.
        seed_key: other keys, other values.
        distinct: no two numbers below ``capacity`` give the same value.
        apart: of ranges that no two of them overlap; implies ``distinct``.
        clock: ISO 8601, what ``now()`` is and most times lie before.

    Raises:
        CannotMake: no value of the type can be made, or the limits leave none; says why.
    """
    if limits.always_null:
        return partial(_nulls, kind=column.type)
    key = key_of(seed_key)
    space = _space(column.type, limits, key, clock, apart)
    if distinct or apart:
        return lambda numbers: space.at(np.asarray(numbers, np.int64) % space.capacity)
    usual = max(1, min(space.usual, space.capacity))
    return lambda numbers: space.at(below(np.asarray(numbers, np.int64), key, usual))


def capacity(column: Column, limits: Limits = _NONE, *, apart: bool = False, clock: str = "") -> int | None:
    """How many different values there are: None where more than any table has rows, 0 where none can be made."""
    try:
        found = _space(column.type, limits, 0, clock, apart).capacity
    except CannotMake:
        return 0
    return None if found >= 2**40 else found


def _nulls(numbers: Numbers, kind: DataType) -> pa.Array:
    return pa.nulls(len(numbers), typed(kind, pa.array([], pa.string())).type)


def _space(kind: DataType, limits: Limits, key: int, clock: str, apart: bool = False) -> Space:
    """The values of a type; domains are taken off here, and their limits put to the column's."""
    if kind.base is not None:
        demanded, relations, _ = limits_of_type(kind)
        if relations:  # one column: any of its alternatives will do
            demanded = both(demanded, relations[0].alternatives[0].limits.get("value", Limits()), kind)
        try:
            limits = both(limits, demanded, kind)
        except Contradiction:
            raise CannotMake(f"its limits and those of domain {kind.name} leave no value") from None
    plain = kind.plain
    if limits.values:
        fitting = _fitting(limits.values, plain)
        try:
            return chosen(typed(plain, pa.array(fitting, pa.string())))
        except (pa.ArrowInvalid, ValueError):
            raise CannotMake(f"a value of {', '.join(limits.values)} is none of type {plain.text}") from None
    space = _space_of_plain(plain, limits, key, clock, apart)
    textual = plain.name in MAKERS and MAKERS[plain.name] is character_space
    return _matching(space, limits, plain) if limits.patterns and not textual else space


def _matching(space: Space, limits: Limits, kind: DataType) -> Space:
    """Values whose text form matches, of a type that is no text: some of every size are tried."""
    starts = [2**power for power in range(10, 62) if 2**power < space.capacity]
    steps = np.arange(_TRIED, dtype=np.int64)
    parts = [
        steps[: space.capacity],
        *(start + below(steps, start, min(start, space.capacity - start)) for start in starts),
    ]
    tried = space.at(np.unique(np.concatenate(parts)))
    texts = text_form(kind, tried).to_pylist()
    kept = [all(pattern.search(text) for pattern in map(compiled, limits.patterns)) for text in texts]
    if not any(kept):
        raise CannotMake(f"no {kind.text} was found that matches {' and '.join(limits.patterns)}")
    return chosen(tried.filter(pa.array(kept)))


def _fitting(values: tuple[str, ...], kind: DataType) -> list[str]:
    """Those that are no longer than the type: a CHECK may list what its column does not hold."""
    if kind.length is None or kind.name not in ("varchar", "bpchar"):
        return list(values)
    fitting = [value for value in values if len(value) <= kind.length]
    if not fitting:
        raise CannotMake(f"no value of {', '.join(values)} fits into {kind.text}")
    return fitting


def _without(space: Space, limits: Limits, kind: DataType) -> Space:
    """A small space without what is excluded; in a large one that is one of millions."""
    if not limits.excluded or space.capacity > _SMALL:
        return space
    every = space.at(np.arange(space.capacity))
    kept = pc.invert(pc.is_in(text_form(kind, every), pa.array(limits.excluded, pa.string())))
    if not pc.any(kept).as_py():
        raise CannotMake("its limits leave no value")
    return chosen(every.filter(kept))


def _space_of_plain(kind: DataType, limits: Limits, key: int, clock: str, apart: bool) -> Space:
    limits = bounds(limits, kind)
    inside = partial(_inside, key=key, clock=clock)
    match kind.kind:
        case "enum":
            labels = [label for label in kind.labels if label not in limits.excluded]
            if not labels:
                raise CannotMake(f"enum {kind.text} has no label that its limits allow")
            return chosen(pa.array(labels, pa.string()))
        case "array":
            return array_space(kind, limits, key, inside)
        case "composite":
            return composite_space(kind, limits, key, inside)
        case "range" | "multirange":
            return _space_of_range(kind, limits, key, clock, apart)
        case "pseudo":
            raise CannotMake(f"{kind.text} is a pseudo-type")
    if axis := _axis(kind, limits, clock, key):
        return axis.space()
    match kind.name:
        case "timestamp" | "timestamptz":
            return timestamp_space(kind, limits, clock, key)
        case "time" | "timetz":
            return time_space(kind, limits, clock, key)
        case "bool":
            return chosen(pa.array([one for one in (True, False) if "tf"[not one] not in limits.excluded]))
        case "bytea":
            return bytes_space(limits, key)
    if kind.name in MAKERS:
        return _without(MAKERS[kind.name](kind, limits, key), limits, kind)
    raise CannotMake(
        f"nothing is known of type {kind.text}" + (f" of extension {kind.extension}" if kind.extension else "")
    )


def _inside(kind: DataType, limits: Limits, *, key: int, clock: str) -> Space:
    return _space(kind, limits, key + 1 & 2**64 - 1, clock)


def _axis(kind: DataType, limits: Limits, clock: str, key: int) -> Axis | None:
    if kind.name in INTEGERS:
        return integer_axis(kind, limits)
    match kind.name:
        case "numeric" | "money":
            return numeric_axis(kind, limits)
        case "float4" | "float8":
            return float_axis(kind, limits)
        case "date":
            return date_axis(limits, clock, key)
        case "interval":
            return interval_axis(limits, key)
    return None


def _space_of_range(kind: DataType, limits: Limits, key: int, clock: str, apart: bool) -> Space:
    subtype = kind.element
    if kind.kind == "multirange" and subtype is not None and subtype.kind == "range":
        subtype = subtype.element
        kind = replace(kind, element=subtype)
    axis = None
    if subtype is not None:
        plain, inside = subtype.plain, limits.elements or Limits()
        axis = _axis(plain, inside, clock, key)
        if plain.name in ("timestamp", "timestamptz"):
            axis = second_axis(plain, inside, clock, key)
    return range_space(kind, limits, key, axis, partial(_inside, key=key, clock=clock), apart)

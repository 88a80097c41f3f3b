"""Types made of others: arrays, ranges, multiranges, composites; in PostgreSQL's text form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.plan import Limits
from bench.inference.types.numbers import Axis
from bench.inference.types.others import texts
from bench.inference.types.space import MOST, CannotMake, Numbers, Space, below, hashed, nested, nested_sizes
from bench.inference.types.text_form import in_array, in_composite, in_range, text_form
from bench.model.schema import DataType

SpaceOf = Callable[[DataType, Limits], Space]

_ELEMENTS = 3
"""Of an array without limits at most."""
_STEPS = 30
"""Units that a range is long at most."""


def array_space(kind: DataType, limits: Limits, key: int, space_of: SpaceOf) -> Space:
    """One-dimensional arrays of one to three elements, or as many as their limits say."""
    element = kind.element
    if element is None:
        raise CannotMake("an array of an unknown type")
    least = max(limits.shortest or 0, 1) if limits.longest != 0 else 0
    most = max(least, min(_ELEMENTS, limits.longest if limits.longest is not None else _ELEMENTS))
    if limits.longest is not None and limits.longest < least:
        raise CannotMake("its limits leave no array")
    inside = space_of(element, limits.elements or Limits())
    lengths = most - least + 1
    joiner = ";" if element.plain.name == "box" else ","

    def at(indexes: Numbers) -> pa.Array:
        index, more = np.divmod(indexes, lengths)
        counts = least + more
        columns = nested(index, [inside] * least) if least else []
        usual = min(inside.usual, inside.capacity)
        columns += [below(indexes, key + place, usual) for place in range(least, most)]
        if not columns:
            return pa.array(["{}"] * len(indexes), pa.string())
        present = np.arange(most) < counts[:, None]
        elements = in_array(text_form(element, inside.at(np.stack(columns, axis=1)[present])), joiner)
        offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
        return texts("{", pc.binary_join(pa.ListArray.from_arrays(offsets, elements), joiner), "}")

    total, common = nested_sizes([inside] * least) if least else (1, 1)
    return Space(min(MOST, total * lengths), at, min(MOST, common * lengths))


def composite_space(kind: DataType, limits: Limits, key: int, space_of: SpaceOf) -> Space:
    """Rows, every field with a value."""
    spaces = [space_of(one.type, Limits()) for one in kind.fields]
    if not spaces:
        raise CannotMake(f"{kind.text} has no fields")
    total, usual = nested_sizes(spaces)

    def at(indexes: Numbers) -> pa.Array:
        columns = nested(indexes, spaces)
        made = [
            in_composite(text_form(one.type, space.at(column)))
            for one, space, column in zip(kind.fields, spaces, columns, strict=True)
        ]
        return texts("(", pc.binary_join_element_wise(*made, ","), ")")

    return Space(total, at, usual)


def range_space(
    kind: DataType, limits: Limits, key: int, axis: Axis | None, space_of: SpaceOf, apart: bool = False
) -> Space:
    """Ranges with two ends, the lower within; of a type that is no line of steps a single value.

    Args:
        kind: range, or multirange, of one range.
        limits: its bounds in ``elements``.
        key: of the random draws.
        axis: the line of its subtype, where it is one.
        space_of: how values of the subtype are made where it is none.
        apart: none overlaps another.
    """
    subtype = kind.element
    if subtype is None:
        raise CannotMake("a range of an unknown type")
    if axis is None or axis.high - axis.low < 2:
        inside = space_of(subtype, limits.elements or Limits())

        def single(indexes: Numbers) -> pa.Array:
            value = in_range(text_form(subtype, inside.at(indexes)))
            return texts(*_brackets(kind, "[", value, ",", value, "]"))

        return Space(inside.capacity, single, inside.usual)
    return _of_steps(kind, subtype, axis, key, apart)


def _of_steps(kind: DataType, subtype: DataType, axis: Axis, key: int, apart: bool) -> Space:
    width = _width(subtype)
    low, high = (axis.first, axis.high) if axis.first < axis.high else (axis.low, axis.high)
    # ranges apart go back from the clock, since what is met would not hold many of them
    backwards = apart and axis.low < axis.first and axis.high - axis.first < axis.usual
    low = axis.low if backwards else low
    width = max(1, min(width, (high - low) // 2))
    line = replace(axis, low=low, first=low, high=high, mixed=None, without=())
    ends = line.space()
    places = max(1, (high - low) // width) if apart else max(1, high - low - width)
    places = min(places, 2**60)

    def at(indexes: Numbers) -> pa.Array:
        if apart:
            start = high - low - (indexes + 1) * width if backwards else indexes * width
            length = np.full(len(indexes), width)
        else:
            start = indexes % places
            length = 1 + (hashed(indexes, key) % np.uint64(width)).astype(np.int64)
        lower = in_range(text_form(subtype, ends.at(start)))
        upper = in_range(text_form(subtype, ends.at(start + length)))
        return texts(*_brackets(kind, "[", lower, ",", upper, ")"))

    usual = min(places, max(axis.usual - width, 1))
    return Space(places, at, usual)


def _width(subtype: DataType) -> int:
    """Steps that a range is long: days of dates, else hours of seconds, thousands of hundredths."""
    if subtype.plain.name in ("timestamp", "timestamptz"):
        return 3600
    return 1000 if subtype.plain.name in ("numeric", "float4", "float8") else _STEPS


def _brackets(kind: DataType, *parts: pa.Array | str) -> Sequence[pa.Array | str]:
    return ("{", *parts, "}") if kind.kind == "multirange" else parts

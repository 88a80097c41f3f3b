"""The payload of one value in binary COPY, for whole columns, whatever the type is made of.

Sources: ``array_recv``, ``record_recv``, ``range_recv``, ``multirange_recv`` in PostgreSQL's ``src/backend/utils/adt``.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.postgres import types as builtin_types

from bench.inference.types.parse import typed
from bench.inference.types.scalars import ENCODERS, CannotEncode, with_nulls
from bench.inference.types.take_apart import array_elements, composite_fields, multirange_parts, range_bounds
from bench.inference.types.texts import fixed_texts
from bench.model.schema import DataType

TEXTUAL = ("text", "varchar", "bpchar", "char", "citext", "name", "json", "xml", "refcursor", "unknown")
"""Types whose payload is the text itself."""
_SOMEBODYS = 16384
"""The OID sent for a type that is not PostgreSQL's own: array_recv and record_recv compare only those below it."""


def payload(kind: DataType, array: pa.Array) -> pa.Array:
    """The payloads, an Arrow binary column; NULL stays NULL.

    Raises:
        CannotEncode: nothing is known of the type, or a value is none of it.
    """
    plain = kind.plain
    values = typed(plain, array)
    match plain.kind:
        case "enum":
            return values.cast(pa.binary())
        case "array":
            return _arrays(plain, values)
        case "composite":
            return _composites(plain, values)
        case "range":
            return _ranges(plain, values)
        case "multirange":
            return _multiranges(plain, values)
    if plain.name in TEXTUAL:
        return values.cast(pa.binary())
    if plain.name not in ENCODERS:
        raise CannotEncode(f"no binary form of type {plain.text} is known")
    return ENCODERS[plain.name](plain, values)


def _oid_of(kind: DataType) -> int:
    found = builtin_types.get(kind.name.lstrip("_")) if kind.schema == "pg_catalog" else None
    if found is None:
        return _SOMEBODYS
    return found.array_oid if kind.kind == "array" else found.oid


def _sized(payloads: pa.Array) -> pa.Array:
    """Each payload behind its length; NULL as length -1."""
    lengths = pc.fill_null(pc.binary_length(payloads), -1)
    heads = fixed_texts(np.asarray(lengths).astype(">i4")[:, None].view(np.uint8), pa.binary())
    return pc.binary_join_element_wise(heads, pc.fill_null(payloads, b""), b"")


def _joined_lists(offsets: pa.Array, pieces: pa.Array) -> pa.Array:
    return pc.binary_join(pa.ListArray.from_arrays(offsets, pieces), b"")


def _arrays(kind: DataType, values: pa.Array) -> pa.Array:
    assert kind.element is not None
    offsets, elements = array_elements(values, ";" if kind.element.plain.name == "box" else ",")
    inside = payload(kind.element, elements)
    counts = np.diff(np.asarray(offsets))
    head = np.zeros((len(values), 5), ">i4")
    head[:, 0], head[:, 1], head[:, 2], head[:, 3], head[:, 4] = (
        1,
        inside.null_count > 0,
        _oid_of(kind.element),
        counts,
        1,
    )
    heads = fixed_texts(head.view(np.uint8).reshape(len(values), 20), pa.binary())
    if (counts == 0).any():  # no dimension, and no words about one
        empty = pa.scalar(struct.pack(">iii", 0, 0, _oid_of(kind.element)), pa.binary())
        heads = pc.if_else(pa.array(counts == 0), empty, heads)
    return with_nulls(pc.binary_join_element_wise(heads, _joined_lists(offsets, _sized(inside)), b""), values)


def _composites(kind: DataType, values: pa.Array) -> pa.Array:
    columns = composite_fields(values, len(kind.fields))
    parts: list[Any] = [pa.scalar(struct.pack(">i", len(kind.fields)), pa.binary())]
    for one, column in zip(kind.fields, columns, strict=True):
        parts.append(pa.scalar(struct.pack(">I", _oid_of(one.type)), pa.binary()))
        parts.append(_sized(payload(one.type, column)))
    return with_nulls(pc.binary_join_element_wise(*parts, b""), values)


def _ranges(kind: DataType, values: pa.Array) -> pa.Array:
    assert kind.element is not None
    bounds = range_bounds(values)
    empty = np.asarray(bounds.empty)
    flags = np.where(np.asarray(bounds.low_within), 2, 0) + np.where(np.asarray(bounds.high_within), 4, 0)
    no_low, no_high = np.asarray(bounds.low.is_null()), np.asarray(bounds.high.is_null())
    flags = np.where(empty, 1, np.where(no_low, flags & ~2 | 8, flags))
    flags = np.where(empty, 1, np.where(no_high, flags & ~4 | 16, flags))
    heads = fixed_texts(flags.astype(np.uint8)[:, None], pa.binary())
    ends = [
        pc.if_else(pa.array(missing | empty), pa.scalar(b"", pa.binary()), _sized(payload(kind.element, end)))
        for missing, end in ((no_low, bounds.low), (no_high, bounds.high))
    ]
    return with_nulls(pc.binary_join_element_wise(heads, *ends, b""), values)


def _multiranges(kind: DataType, values: pa.Array) -> pa.Array:
    subtype = kind.element
    offsets, parts = multirange_parts(values)
    is_range = subtype is not None and subtype.kind == "range"
    inside = _ranges(subtype if is_range and subtype else kind, parts)
    heads = fixed_texts(np.diff(np.asarray(offsets)).astype(">i4")[:, None].view(np.uint8), pa.binary())
    return with_nulls(pc.binary_join_element_wise(heads, _joined_lists(offsets, _sized(inside)), b""), values)

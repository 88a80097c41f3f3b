"""Columns in the shape in which binary COPY takes them.

pgpq encodes what Arrow has a type for. Everything else is sent as bytes: a field of binary COPY is a length and the
payload that the type's receive function reads, and an Arrow binary column is encoded as just that.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.types.parse import typed
from bench.inference.types.payload import TEXTUAL, payload
from bench.inference.types.scalars import ENCODERS, CannotEncode
from bench.model.schema import DataType

__all__ = ["CannotEncode", "can_wire", "wire", "wire_field"]

_NATIVE = {
    "int2": pa.int16(), "int4": pa.int32(), "int8": pa.int64(), "float4": pa.float32(), "float8": pa.float64(),
    "bool": pa.bool_(), "bytea": pa.binary(), "date": pa.date32(), "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"), "time": pa.time64("us"), **dict.fromkeys(TEXTUAL, pa.string()),
}  # fmt: skip
_TEXT_ONLY = frozenset({
    "ean13", "isbn", "isbn13", "ismn", "ismn13", "issn", "issn13", "upc", "seg", "aclitem", "tid", "gtsvector",
    "int2vector", "oidvector", "lquery", "ltxtquery", "pg_snapshot", "txid_snapshot", "jsonpath", "geometry",
    "geography",
})  # fmt: skip
"""Types without a receive function, or whose payload is more than a rewriting of the text."""


def can_wire(kind: DataType) -> bool:
    """Whether a column of that type can go by binary COPY; where one cannot, its table goes by text COPY."""
    plain = kind.plain
    if plain.kind in ("array", "range", "multirange"):
        return plain.element is not None and can_wire(plain.element)
    if plain.kind == "composite":
        return all(can_wire(one.type) for one in plain.fields)
    if plain.kind == "enum":
        return True
    return plain.kind == "base" and plain.name not in _TEXT_ONLY and _known(plain)


def _known(plain: DataType) -> bool:
    return plain.name in _NATIVE or plain.name in ENCODERS or plain.name == "jsonb"


def wire_type(kind: DataType) -> pa.DataType:
    """The Arrow type of what ``wire`` gives."""
    plain = kind.plain
    return pa.string() if plain.kind == "enum" or plain.name == "jsonb" else _NATIVE.get(plain.name, pa.binary())


def wire_field(name: str, kind: DataType) -> pa.Field:
    """The field of a column in the schema of a table that is filled by COPY (``bench.dataset.table``)."""
    metadata = {b"pg": b"jsonb"} if kind.plain.name == "jsonb" else None
    return pa.field(name, wire_type(kind), metadata=metadata)


def wire(kind: DataType, array: pa.Array) -> pa.Array:
    """``array``, values of the type's next Arrow type or in text form, as ``wire_field`` says.

    Raises:
        CannotEncode: the type has no binary form that is known (``can_wire``), or a text is none of its values.
    """
    plain, wanted = kind.plain, wire_type(kind)
    try:
        values = typed(plain, array)
        if plain.name == "char":  # the server takes the first byte of a text, but no more than one of these
            values = pc.utf8_slice_codeunits(values, 0, 1)
        if values.type == wanted:
            return values
        if not pa.types.is_binary(wanted) or plain.name == "bytea":
            if pa.types.is_floating(values.type) and pa.types.is_integer(wanted):
                values = pc.round(values)
            return values.cast(wanted)
        return payload(plain, values)
    except CannotEncode:
        raise
    except (pa.ArrowNotImplementedError, ValueError) as error:
        raise CannotEncode(f"{plain.text}: {error}") from error

"""Texts in PostgreSQL's form as the Arrow type that is next to a column's: what values are made and compared in."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits.literals import seconds
from bench.model.schema import DataType

_NATIVE = {
    "int2": pa.int64(), "int4": pa.int64(), "int8": pa.int64(), "oid": pa.int64(), "xid": pa.int64(), "cid": pa.int64(),
    "xid8": pa.int64(), "float4": pa.float64(), "float8": pa.float64(), "bool": pa.bool_(), "bytea": pa.binary(),
    "date": pa.date32(), "timestamp": pa.timestamp("us"), "timestamptz": pa.timestamp("us", "UTC"),
    "time": pa.time64("us"), "interval": pa.duration("us"),
}  # fmt: skip


def arrow_type(kind: DataType) -> pa.DataType:
    """The Arrow type of the column's values; ``string`` (PostgreSQL's text form) where Arrow has none."""
    plain = kind.plain
    if plain.name in ("numeric", "money"):
        scale = plain.scale if plain.scale is not None else 2 if plain.precision is None else 0
        return pa.decimal128(38, max(scale, 0))
    return _NATIVE.get(plain.name, pa.string())


def typed(kind: DataType, array: pa.Array) -> pa.Array:
    """``array`` as the type's Arrow type; what is not text is taken to be near it already.

    Raises:
        ValueError: a text is no value of the type (``pyarrow.ArrowInvalid`` is one).
    """
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary_decode()
    wanted = arrow_type(kind)
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return array
    if pa.types.is_string(wanted):
        return array.cast(wanted)
    return _parsed(kind.plain.name, array.cast(pa.string()), wanted)


def _parsed(name: str, texts: pa.Array, wanted: pa.DataType) -> pa.Array:
    match name:
        case "bool":
            return pc.is_in(pc.utf8_slice_codeunits(pc.utf8_lower(texts), 0, 1), pa.array(["t", "1", "y"])).cast(wanted)
        case "numeric" | "money":
            plain = pc.replace_substring_regex(texts, r"[$,]", "")
            scale = pc.max(pc.utf8_length(pc.replace_substring_regex(plain, r"^[^.]*\.?", ""))).as_py() or 0
            return plain.cast(pa.decimal128(38, max(wanted.scale, min(scale, 20))))
        case "interval":
            micros = [None if text is None else round(seconds(text) * 1_000_000) for text in texts.to_pylist()]
            return pa.array(micros, wanted)
        case "bytea":
            return pa.array([None if text is None else _octets(text) for text in texts.to_pylist()], wanted)
        case "timestamptz":
            zoned = pc.replace_substring_regex(texts, r"(:\d\d[.\d]*)([-+]\d\d)(?::?(\d\d))?$", r"\1\2:\3")
            zoned = pc.replace_substring_regex(zoned, r"(:\d\d[.\d]*[-+]\d\d):$", r"\1:00")
            bare = pc.invert(pc.match_substring_regex(zoned, r":\d\d[.\d]*(Z|[-+]\d\d:\d\d)$"))
            return pc.if_else(bare, pc.binary_join_element_wise(_midnight(zoned), "Z", ""), zoned).cast(wanted)
        case "time":
            return clock_times(texts)
    return texts.cast(wanted)


def clock_times(texts: pa.Array) -> pa.Array:
    """Times of a day, ``12:34:56.789``, as ``time64[us]``, which Arrow reads behind a date only."""
    return pc.binary_join_element_wise("1970-01-01", texts, " ").cast(pa.timestamp("us")).cast(pa.time64("us"))


def _midnight(texts: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(texts, r"^(\d{4}-\d\d-\d\d)$", r"\1 00:00:00")


def _octets(text: str) -> bytes:
    if text.startswith("\\x"):
        return bytes.fromhex(text[2:])
    return re.sub(rb"\\(\\|[0-7]{3})", lambda m: b"\\" if m[1] == b"\\" else bytes([int(m[1], 8)]), text.encode())

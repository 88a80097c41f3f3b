"""Payloads of types that are made of no others: what their receive functions read.

Sources: ``numeric_recv``, ``network_recv``, ``tsvectorrecv``, … in PostgreSQL's ``src/backend/utils/adt``. Numbers are
big-endian. A payload that depends on the text alone and has no shape in numpy is made once for each different value.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.types.others import OBJECTS
from bench.inference.types.parse import clock_times
from bench.inference.types.take_apart import lexemes, pairs
from bench.inference.types.texts import fixed_texts
from bench.model.schema import DataType

Matrix = np.ndarray[Any, np.dtype[np.uint8]]

_DAYS = 10957
"""From 1970 to 2000, where PostgreSQL's times begin."""
_MICROS = _DAYS * 86_400_000_000


class CannotEncode(ValueError):
    """A value that no payload is known for."""


def with_nulls(made: pa.Array, of: pa.Array) -> pa.Array:
    """``made``, NULL where ``of`` is."""
    return pc.if_else(of.is_valid(), made, pa.scalar(None, pa.binary())) if of.null_count else made


def fixed(matrix: np.ndarray[Any, Any], of: pa.Array) -> pa.Array:
    """Rows of bytes as payloads, NULL where ``of`` is."""
    return with_nulls(fixed_texts(np.ascontiguousarray(matrix).view(np.uint8), pa.binary()), of)


def _numbers(array: pa.Array, kind: pa.DataType) -> np.ndarray[Any, Any]:
    return np.asarray(pc.fill_null(array.cast(kind), pa.scalar(0).cast(kind)))


def _integers(width: str) -> Callable[[DataType, pa.Array], pa.Array]:
    def encode(_: DataType, values: pa.Array) -> pa.Array:
        return fixed(_numbers(values, pa.int64()).astype(width)[:, None], values)

    return encode


def _floats(width: str) -> Callable[[DataType, pa.Array], pa.Array]:
    return lambda _, values: fixed(_numbers(values, pa.float64()).astype(width)[:, None], values)


def _bools(_: DataType, values: pa.Array) -> pa.Array:
    return fixed(np.asarray(pc.fill_null(values, False).cast(pa.uint8()))[:, None], values)


def _dates(_: DataType, values: pa.Array) -> pa.Array:
    return fixed((_numbers(values.cast(pa.int32()), pa.int64()) - _DAYS).astype(">i4")[:, None], values)


def _stamps(_: DataType, values: pa.Array) -> pa.Array:
    micros = _numbers(values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64()), pa.int64())
    return fixed((micros - _MICROS).astype(">i8")[:, None], values)


def _times(_: DataType, values: pa.Array) -> pa.Array:
    return fixed(_numbers(values.cast(pa.int64()), pa.int64()).astype(">i8")[:, None], values)


def _zoned_times(_: DataType, values: pa.Array) -> pa.Array:
    texts = values.cast(pa.string()) if pa.types.is_time(values.type) else values
    parts = pc.extract_regex(pc.fill_null(texts, "00:00:00"), r"^(?P<time>[\d:.]+)(?P<zone>[-+]\d\d)?[:\d]*$")
    if parts.null_count:
        raise CannotEncode("a value is no time with a zone")
    times = clock_times(parts.field("time")).cast(pa.int64())
    zone = pc.if_else(pc.equal(parts.field("zone"), ""), "+00", parts.field("zone"))
    out = np.zeros(len(values), np.dtype([("time", ">i8"), ("zone", ">i4")]))
    out["time"] = _numbers(times, pa.int64())
    out["zone"] = -3600 * _numbers(pc.replace_substring(zone, "+", "").cast(pa.int64()), pa.int64())
    return fixed(out.view(np.uint8).reshape(len(values), 12), values)


def _intervals(_: DataType, values: pa.Array) -> pa.Array:
    out = np.zeros(len(values), np.dtype([("micros", ">i8"), ("days", ">i4"), ("months", ">i4")]))
    out["micros"] = _numbers(values.cast(pa.duration("us")).cast(pa.int64()), pa.int64())
    return fixed(out.view(np.uint8).reshape(len(values), 16), values)


def _uuids(_: DataType, values: pa.Array) -> pa.Array:
    if pa.types.is_fixed_size_binary(values.type) or pa.types.is_binary(values.type):
        return values.cast(pa.binary())
    return fixed(_bytes_of_hex(_without_signs(values, 36, (8, 13, 18, 23), "-"), 16), values)


def _without_signs(values: pa.Array, width: int, places: tuple[int, ...], sign: str) -> pa.Array:
    """Hexadecimal digits alone; texts that all have their signs at the usual places are cut there."""
    filled = pc.fill_null(values, sign * width)
    lengths = pc.min_max(pc.binary_length(filled)).as_py()
    if len(filled) and set(lengths.values()) == {width}:
        characters = _bytes(filled).reshape(len(filled), width)
        if (characters[:, places] == ord(sign)).all():
            return fixed_texts(_without(characters, places))
    return pc.replace_substring_regex(values, "[^0-9a-fA-F]", "")


def _without(characters: Matrix, places: tuple[int, ...]) -> Matrix:
    """The columns of a matrix but for those at ``places``."""
    rows, width = characters.shape
    out, at = np.empty((rows, width - len(places)), np.uint8), 0
    for begin, end in pairwise((-1, *places, width)):
        out[:, at : at + end - begin - 1] = characters[:, begin + 1 : end]
        at += end - begin - 1
    return out


_NIBBLES = np.zeros(256, np.uint8)
"""What each hexadecimal digit counts; the signs that stand for NULL nothing."""
for _digits in (b"0123456789abcdef", b"0123456789ABCDEF"):
    _NIBBLES[np.frombuffer(_digits, np.uint8)] = np.arange(16, dtype=np.uint8)
_OCTETS = (_NIBBLES[:, None] << np.uint8(4) | _NIBBLES[None, :]).T.reshape(-1)
"""What two digits are together, by both as one number of 16 bits whose low byte is the first digit."""


def _bytes_of_hex(texts: pa.Array, width: int) -> Matrix:
    filled = pc.fill_null(texts, "0" * width * 2)
    lengths = pc.min_max(pc.binary_length(filled)).as_py()
    if len(filled) and set(lengths.values()) != {width * 2}:
        raise CannotEncode(f"a value has not {width * 2} hexadecimal digits")
    octets: Matrix = np.take(_OCTETS, np.ascontiguousarray(_bytes(filled)).view("<u2")).reshape(len(texts), width)
    return octets


def _bytes(texts: pa.Array) -> Matrix:
    """The bytes of all texts, one behind the other."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return (
        np.frombuffer(texts.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
        if len(texts)
        else np.empty(0, np.uint8)
    )


def _macaddrs(kind: DataType, values: pa.Array) -> pa.Array:
    width = 8 if kind.name == "macaddr8" else 6
    places = tuple(range(2, width * 3 - 1, 3))
    return fixed(_bytes_of_hex(_without_signs(values, width * 3 - 1, places, ":"), width), values)


def _inets(kind: DataType, values: pa.Array) -> pa.Array:
    if pc.any(pc.match_substring(values, ":"), min_count=0).as_py():
        return _each(values, lambda text: _any_inet(text, kind.name == "cidr"))
    filled = pc.fill_null(values, "10.0.0.0")
    parts = pc.extract_regex(filled, r"^(?P<a>\d+)\.(?P<b>\d+)\.(?P<c>\d+)\.(?P<d>\d+)(?:/(?P<bits>\d+))?$")
    if parts.null_count:
        raise CannotEncode(f"a value is no {kind.name}")
    out = np.zeros((len(values), 8), np.uint8)
    bits = parts.field("bits")
    out[:, 0], out[:, 2], out[:, 3] = 2, kind.name == "cidr", 4
    out[:, 1] = np.asarray(pc.if_else(pc.equal(bits, ""), "32", bits).cast(pa.uint8()))
    for place, name in enumerate("abcd", 4):
        out[:, place] = np.asarray(parts.field(name).cast(pa.uint8()))
    return fixed(out, values)


def _any_inet(text: str, is_network: bool) -> bytes:
    import ipaddress

    found = ipaddress.ip_interface(text)
    address = found.ip.packed
    family = 2 if len(address) == 4 else 3
    return bytes([family, found.network.prefixlen, is_network, len(address)]) + address


DIGITS = 16
"""Behind the point, at most, that fit into 64 bits in whole groups of four beside a sign."""


def _numerics(_: DataType, values: pa.Array) -> pa.Array:
    """``numeric_recv`` takes leading and trailing zeros off itself: every row gets as many groups of four digits."""
    if not pa.types.is_decimal(values.type):
        values = values.cast(pa.decimal128(38, 9 if pa.types.is_floating(values.type) else 0))
    scale = values.type.scale
    words = np.frombuffer(values.buffers()[1], np.int64)[values.offset * 2 : (values.offset + len(values)) * 2].reshape(
        -1, 2
    )
    valid = np.asarray(values.is_valid())
    if scale > DIGITS or (len(words) and ((words[:, 1] != words[:, 0] >> 63) & valid).any()):
        return _each(values.cast(pa.string()), _any_numeric)
    unscaled = np.where(valid, words[:, 0], 0)
    amounts = np.abs(unscaled)
    whole, part = np.divmod(amounts, 10**scale)
    part = part * 10 ** (-scale % 4)
    before, behind = max(1, -(-len(str(int(whole.max(initial=0)))) // 4)), -(-scale // 4)
    out = np.zeros((len(values), 4 + before + behind), ">i2")
    out[:, 0], out[:, 1], out[:, 2], out[:, 3] = before + behind, before - 1, np.where(unscaled < 0, 0x4000, 0), scale
    for place in range(before):
        out[:, 4 + place] = whole // 10 ** (4 * (before - 1 - place)) % 10_000
    for place in range(behind):
        out[:, 4 + before + place] = part // 10 ** (4 * (behind - 1 - place)) % 10_000
    return fixed(out.view(np.uint8).reshape(len(values), -1), values)


def _any_numeric(text: str) -> bytes:
    from decimal import Decimal

    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    scale = max(0, -exponent)
    written = "".join(map(str, digits)) + "0" * max(0, exponent)
    whole, part = written[: len(written) - scale], written[len(written) - scale :].zfill(scale)
    whole = whole.zfill(-(-len(whole) // 4) * 4)
    part = part.ljust(-(-len(part) // 4) * 4, "0")
    groups = [int((whole + part)[place : place + 4]) for place in range(0, len(whole + part), 4)]
    return struct.pack(f">hhHH{len(groups)}h", len(groups), len(whole) // 4 - 1, 0x4000 * sign, scale, *groups)


def _money(_: DataType, values: pa.Array) -> pa.Array:
    cents = values.cast(pa.decimal128(38, 2))
    words = np.frombuffer(cents.buffers()[1], np.int64)[cents.offset * 2 : (cents.offset + len(cents)) * 2 : 2]
    return fixed(np.where(np.asarray(cents.is_valid()), words, 0).astype(">i8")[:, None], values)


def _bits(_: DataType, values: pa.Array) -> pa.Array:
    filled = pc.fill_null(values, "")
    lengths = np.asarray(pc.binary_length(filled))
    if len(lengths) and (lengths == lengths[0]).all():
        width = int(lengths[0])
        packed = np.packbits((_bytes(filled) & 1).reshape(len(values), width), axis=1)
        head = np.tile(np.frombuffer(struct.pack(">i", width), np.uint8), (len(values), 1))
        return fixed(np.concatenate([head, packed], axis=1), values)
    return _each(
        values,
        lambda text: struct.pack(">i", len(text)) + np.packbits(np.frombuffer(text.encode(), np.uint8) & 1).tobytes(),
    )


def _shapes(before: Callable[[int], bytes]) -> Callable[[DataType, pa.Array], pa.Array]:
    """Types that are a few floats behind what ``before`` says of their number."""

    def encode(kind: DataType, values: pa.Array) -> pa.Array:
        filled = pc.fill_null(values, "0")
        parts = pc.split_pattern(pc.replace_substring_regex(filled, r"[^0-9eE+\-.,]", ""), ",")
        counts = np.asarray(pc.list_value_length(parts))
        if len(counts) == 0 or values.null_count or (counts != counts[0]).any():
            return _each(values, lambda text: _any_shape(text, before))
        floats = np.asarray(parts.flatten().cast(pa.float64())).astype(">f8").view(np.uint8).reshape(len(values), -1)
        head = np.tile(np.frombuffer(before(int(counts[0])), np.uint8), (len(values), 1))
        return fixed(np.concatenate([head, floats], axis=1), values)

    return encode


def _any_shape(text: str, before: Callable[[int], bytes]) -> bytes:
    floats = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", text)]
    return before(len(floats)) + struct.pack(f">{len(floats)}d", *floats)


def _vectors(kind: DataType, values: pa.Array) -> pa.Array:
    width = "e" if kind.name == "halfvec" else "f"

    def encode(text: str) -> bytes:
        floats = [float(one) for one in text.strip("[]").split(",")]
        return struct.pack(f">hh{len(floats)}{width}", len(floats), 0, *floats)

    return _each(values, encode)


def _versioned(_: DataType, values: pa.Array) -> pa.Array:
    """jsonb and ltree: a version, 1, and the text."""
    return pc.binary_join_element_wise(pa.scalar(b"\x01"), values.cast(pa.binary()), b"")


def _lsns(_: DataType, values: pa.Array) -> pa.Array:
    def encode(text: str) -> bytes:
        high, _, low = text.partition("/")
        return struct.pack(">II", int(high, 16), int(low, 16))

    return _each(values, encode)


def _objects(kind: DataType, values: pa.Array) -> pa.Array:
    known = OBJECTS[kind.name]

    def encode(text: str) -> bytes:
        if not (text in known or text.isdigit()):
            raise CannotEncode(f"{kind.name} {text} has no OID that every server knows")
        return struct.pack(">I", known[text] if text in known else int(text))

    return _each(values, encode)


def _each(values: pa.Array, encode: Callable[[str], bytes]) -> pa.Array:
    """The payload of each different value once."""
    coded = values.dictionary_encode()
    made = pa.array([encode(text) for text in coded.dictionary.to_pylist()], pa.binary())
    return made.take(coded.indices)


def _tsvectors(_: DataType, values: pa.Array) -> pa.Array:
    def encode(text: str) -> bytes:
        found = lexemes(text)
        parts = [struct.pack(">I", len(found))]
        for word, places in found:
            parts.append(word.encode() + b"\0" + struct.pack(f">H{len(places)}H", len(places), *places))
        return b"".join(parts)

    return _each(values, encode)


def _tsqueries(_: DataType, values: pa.Array) -> pa.Array:
    operators = {"&": 2, "|": 3}

    def encode(text: str) -> bytes:
        found = re.fullmatch(r"'([^'\\]+)'(?: ([&|]) '([^'\\]+)')?", text)
        if not found:
            raise CannotEncode(f"tsquery {text}")
        one, operator, other = found.groups()
        words = [b"\1\0\0" + word.encode() + b"\0" for word in (other, one) if word]  # the right one comes first
        head = [struct.pack(">bb", 2, operators[operator])] if operator else []
        return struct.pack(">I", len(words) + len(head)) + b"".join(head + words)

    return _each(values, encode)


def _hstores(_: DataType, values: pa.Array) -> pa.Array:
    def encode(text: str) -> bytes:
        found = pairs(text)
        parts = [struct.pack(">i", len(found))]
        for key, value in found:
            parts.append(struct.pack(">i", len(key.encode())) + key.encode())
            parts.append(
                struct.pack(">i", -1) if value is None else struct.pack(">i", len(value.encode())) + value.encode()
            )
        return b"".join(parts)

    return _each(values, encode)


def _points_before(count: int) -> bytes:
    return struct.pack(">i", count // 2)


ENCODERS: Mapping[str, Callable[[DataType, pa.Array], pa.Array]] = {
    "int2": _integers(">i2"), "int4": _integers(">i4"), "int8": _integers(">i8"), "oid": _integers(">u4"),
    "xid": _integers(">u4"), "cid": _integers(">u4"), "xid8": _integers(">i8"), "float4": _floats(">f4"),
    "float8": _floats(">f8"), "bool": _bools, "date": _dates, "timestamp": _stamps, "timestamptz": _stamps,
    "time": _times, "timetz": _zoned_times, "interval": _intervals,
    "uuid": _uuids, "macaddr": _macaddrs, "macaddr8": _macaddrs,
    "inet": _inets, "cidr": _inets, "numeric": _numerics, "money": _money, "bit": _bits, "varbit": _bits,
    **dict.fromkeys(("point", "lseg", "box", "circle", "line"), _shapes(lambda _: b"")),
    "path": _shapes(lambda count: b"\1" + _points_before(count)), "polygon": _shapes(_points_before),
    "cube": _shapes(lambda count: struct.pack(">I", count | 0x80000000)),
    "vector": _vectors, "halfvec": _vectors, "jsonb": _versioned, "ltree": _versioned, "pg_lsn": _lsns,
    "tsvector": _tsvectors, "tsquery": _tsqueries, "hstore": _hstores, **dict.fromkeys(OBJECTS, _objects),
    "bytea": lambda _, values: values,
}  # fmt: skip
"""By type; enums, arrays, composites and ranges have theirs above."""

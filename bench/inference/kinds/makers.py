"""The functions that ``make`` of kinds.toml names: rows and options to values in columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.kinds.documents import document, word_list
from bench.inference.kinds.draws import Floats, Rows
from bench.inference.kinds.letters import ALPHABETS, Bytes, characters, digits_of, fill_in, in_base, joined, strings_of
from bench.inference.kinds.money import money, pieces
from bench.inference.kinds.people import person
from bench.inference.kinds.places import place
from bench.inference.kinds.pools import pool, take
from bench.inference.kinds.times import birthday, period, time, time_of_day

Make = Callable[[Rows, Mapping[str, Any]], pa.Array]

DIGEST_SIZES = (32, 40, 64, 96, 128)
"""Hexadecimal digits of md5, sha1, sha256, sha384, sha512: a column of just that length holds such a one."""
HEX_PAIRS = np.frombuffer(b"".join(b"%02x" % i for i in range(256)), np.uint16)
SENTENCE = 75
"""Characters of a long sentence of the pool."""
NUMBER_WIDTH = 7
"""Characters in base 36 for the number of a row: 78 thousand million of them."""


def choice(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """One of ``values``, as often as its share; unique ones each once, in order."""
    values = options["values"]
    words = pa.array([str(value) for value in values], pa.string())
    if options.get("unique"):
        return take(words, rows.numbers % len(words))
    return take(words, rows.pick([float(share) for share in values.values()], "choice"))


def boolean(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """True with the ``share``."""
    return pa.array(rows.unit("boolean") < float(options["share"]))


def _few(unit: Floats) -> Floats:
    return unit**3


def _bell(unit: Floats) -> Floats:
    """A logistic curve, cut at both ends: close enough to a bell, and without a table."""
    clipped = np.clip(unit, 0.01, 0.99)
    return np.clip(0.5 + np.log(clipped / (1 - clipped)) / 9.2, 0, 1)


SHAPES: dict[str, Callable[[Floats], Floats]] = {"even": lambda unit: unit, "few": _few, "bell": _bell}


def number(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """Between ``low`` and ``high`` in steps of ``step`` (0: none), in that ``shape``; whole ones as int64.

    Unique ones count up from ``low`` by one step each, as far as ``ceiling``, and then down from there.
    """
    low, high, step = options["low"], options["high"], options.get("step", 1)
    if options.get("unique"):
        return _counted(rows, low, step or 0.01, options)
    unit = rows.unit("number")
    if options["shape"] == "log":
        base = max(low, 1e-3)
        unit = (np.exp(np.log(base) + unit * (np.log(max(high, base)) - np.log(base))) - low) / max(high - low, 1e-9)
        unit = np.clip(unit, 0, 1)
    else:
        unit = SHAPES[options["shape"]](unit)
    if not step:
        return pa.array(low + (high - low) * unit)
    steps = int(round((high - low) / step, 6))
    at = np.minimum((unit * (steps + 1)).astype(np.int64), steps)
    if isinstance(low, int) and isinstance(step, int):
        return pa.array(low + at * step)
    return pa.array(np.round(low + at * step, 9))


def _counted(rows: Rows, low: float, step: float, options: Mapping[str, Any]) -> pa.Array:
    floor, ceiling = options.get("floor"), options.get("ceiling")
    values = low + rows.numbers * step
    if ceiling is not None:
        room = min(int((ceiling - low) / step + 1e-6), 2**62)
        below = low - (rows.numbers - room) * step
        values = np.where(rows.numbers <= room, values, below if floor is None else np.maximum(below, floor))
    return pa.array(values if isinstance(low, int) and isinstance(step, int) else np.round(values, 9))


def serial(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """1, 2, 3."""
    return pa.array(rows.numbers + 1)


def hexadecimal(rows: Rows, width: int, what: str = "hex") -> Bytes:
    """Random digits, a matrix (rows, width); the first sixteen differ for any two rows."""
    count = (width + 15) // 16
    words = np.empty((len(rows.numbers), count), np.uint64)
    for i in range(count):
        words[:, i] = rows.bits(f"{what}.{i}")
    return HEX_PAIRS[words.view(np.uint8)].view(np.uint8)[:, :width]


def digest(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """``size`` hexadecimal digits; in a column of a digest's length as many as that has."""
    longest = options.get("longest")
    size = longest if longest in DIGEST_SIZES else min(options["size"], longest or options["size"])
    return strings_of(hexadecimal(rows, size))


def token(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """``size`` letters and digits, fewer in a shorter column; unique ones end with the number of the row."""
    size = min(options["size"], options.get("longest") or options["size"])
    matrix = characters(rows, size, ALPHABETS["s"], "token")
    if options.get("unique") and size > NUMBER_WIDTH:
        matrix[:, -NUMBER_WIDTH:] = in_base(rows.numbers, NUMBER_WIDTH)
    return strings_of(matrix)


def uuid(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """Version 4; without hyphens in a column of less than 36 characters."""
    digits = hexadecimal(rows, 32)
    digits[:, 12] = ord("4")
    digits[:, 16] = np.frombuffer(b"89ab", np.uint8)[digits[:, 16] & 3]
    if (options.get("longest") or 36) < 36:
        return strings_of(digits)
    hyphen = np.full((len(digits), 1), ord("-"), np.uint8)
    cut = [digits[:, a:b] for a, b in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))]
    return strings_of(np.hstack([cut[0], hyphen, cut[1], hyphen, cut[2], hyphen, cut[3], hyphen, cut[4]]))


def octets(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """``size`` random bytes, as many as the column's limits ask for."""
    size = max(options.get("shortest") or 0, min(options["size"], options.get("longest") or options["size"]))
    words = np.empty((len(rows.numbers), (size + 7) // 8 or 1), np.uint64)
    for i in range(words.shape[1]):
        words[:, i] = rows.bits(f"bytes.{i}")
    matrix = np.ascontiguousarray(words.view(np.uint8)[:, :size])
    if options.get("unique") and size < 8:
        matrix = in_base(rows.numbers, size, bytes(range(256)))
    offsets = pa.py_buffer((np.arange(len(matrix) + 1, dtype=np.int32) * np.int32(size)).tobytes())
    return pa.Array.from_buffers(pa.binary(), len(matrix), [None, offsets, pa.py_buffer(matrix.tobytes())])


def text(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """``least`` to ``most`` sentences, as many as a short column has room for."""
    end, room = options.get("end", "."), max(1, (options.get("longest") or 1 << 20) // SENTENCE)
    options = {**options, "least": min(options["least"], room), "most": min(options["most"], room)}
    count = options["least"] + rows.below(options["most"] - options["least"] + 1, "sentences")
    before, after = options.get("around", ("", ""))
    parts: list[pa.Array | str] = [before] if before else []
    for place_ in range(options["most"]):
        sentences = _sentences(end, first=place_ == 0)
        none = len(sentences) - 1
        at = rows.below(none, f"sentence {place_}")
        parts.append(take(sentences, at if place_ < options["least"] else np.where(count > place_, at, none)))
    return joined(*parts, after)


@cache
def _sentences(end: str, first: bool) -> pa.Array:
    """The pool, each with a full stop, those that follow others with a blank before them; the last one is empty."""
    return pa.concat_arrays([joined("" if first else " ", pool("sentence"), end), pa.array([""])])


def join(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """The ``template`` filled in."""
    return fill_in(options["template"], rows, bool(options.get("unique")))


def ip_address(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """IPv4; unique ones are of the private network 10.0.0.0/8 (RFC 1918)."""
    n = rows.numbers
    parts = [rows.below(222, "0") + 1, *(rows.below(254, f"{i}") + 1 for i in (1, 2, 3))]
    if options.get("unique"):
        parts = [np.full_like(n, 10), n >> 16 & 255, n >> 8 & 255, n & 255]
    octets_ = pa.array([str(i) for i in range(256)])
    a, b, c, d = (take(octets_, part) for part in parts)
    return pc.binary_join_element_wise(a, b, c, d, ".")


def mac_address(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """Locally administered; unique ones end with the number of the row."""
    digits = in_base(rows.numbers, 10, ALPHABETS["x"]) if options.get("unique") else hexadecimal(rows, 10)
    matrix = np.full((len(digits), 17), ord(":"), np.uint8)
    matrix[:, :2] = np.frombuffer(b"02", np.uint8)
    for pair in range(5):
        matrix[:, 3 * pair + 3 : 3 * pair + 5] = digits[:, 2 * pair : 2 * pair + 2]
    return strings_of(matrix)


def slug(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """The ``template`` as it was filled in for the column ``of``, in small letters with hyphens."""
    words = fill_in(options["template"], replace(rows, column=options.get("of", rows.column)))
    return pc.utf8_trim(pc.replace_substring_regex(pc.utf8_lower(words), "[^a-z0-9]+", "-"), "-")


def barcode(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """EAN-13 with its check digit (ISO/IEC 15420)."""
    prefix = options.get("prefix", "400")
    body = rows.numbers * 7_368_787 % 10**9 if options.get("unique") else rows.below(10**9, "barcode")
    value = int(prefix) * 10**9 + body
    total = np.zeros(len(value), np.int64)
    rest = value.copy()
    for place_ in range(12):
        rest, last = np.divmod(rest, 10)
        total += last * (1 if place_ % 2 else 3)
    return digits_of(value * 10 + (-total % 10))


def iban(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """German form, with its check digits (ISO 13616, ISO 7064 MOD 97-10)."""
    account = rows.numbers if options.get("unique") else rows.below(10**9, "account")
    body = (rows.below(90_000_000, "bank") + 10_000_000) * 10**10 + account
    check = 98 - (body % 97 * 10**6 + 131_400) % 97
    return joined("DE", pc.utf8_lpad(digits_of(check), 2, "0"), digits_of(body))


MAKERS: dict[str, Make] = {
    "choice": choice,
    "boolean": boolean,
    "number": number,
    "serial": serial,
    "digest": digest,
    "token": token,
    "uuid": uuid,
    "bytes": octets,
    "text": text,
    "join": join,
    "ip_address": ip_address,
    "mac_address": mac_address,
    "slug": slug,
    "money": money,
    "pieces": pieces,
    "barcode": barcode,
    "iban": iban,
    "person": person,
    "place": place,
    "time": time,
    "period": period,
    "birthday": birthday,
    "time_of_day": time_of_day,
    "json": document,
    "list": word_list,
}

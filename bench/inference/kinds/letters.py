"""Strings made in columns: random characters, numbers in digits, templates with slots."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.kinds.draws import Ints, Rows
from bench.inference.kinds.pools import pool, take

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Part: TypeAlias = str | pa.Array

ALPHABETS = {
    "#": b"0123456789",
    "A": b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "a": b"abcdefghijklmnopqrstuvwxyz",
    "x": b"0123456789abcdef",
    "X": b"0123456789ABCDEF",
    "s": b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
}
BASE_36 = b"0123456789abcdefghijklmnopqrstuvwxyz"
SLOT = re.compile(r"\{([^{}]+)\}")
CHARACTERS = re.compile(r"([#AaxXs])(\d+)")
RANGE = re.compile(r"(\d+)\.\.(\d+)")


@cache
def _letters_of(alphabet: bytes) -> Bytes:
    """A letter of the alphabet for each value of a byte, all as often as 256 allows."""
    return np.frombuffer(bytes(alphabet[i * len(alphabet) >> 8] for i in range(256)), np.uint8)


def characters(rows: Rows, width: int, alphabet: bytes, what: str) -> Bytes:
    """A matrix (rows, width) of random characters, eight of each hash."""
    count = (width + 7) // 8
    words = np.empty((len(rows.numbers), count), np.uint64)
    for i in range(count):
        words[:, i] = rows.bits(f"{what}.{i}")
    return _letters_of(alphabet)[words.view(np.uint8)[:, :width]]


def in_base(numbers: Ints, width: int, alphabet: bytes = BASE_36) -> Bytes:
    """The numbers in that base with leading zeros, a matrix (rows, width); what does not fit loses its first digits."""
    digits = np.frombuffer(alphabet, np.uint8)
    out = np.empty((len(numbers), width), np.uint8)
    rest = numbers.copy()
    for place in range(width - 1, -1, -1):
        rest, last = np.divmod(rest, len(alphabet))
        out[:, place] = digits[last]
    return out


def strings_of(matrix: Bytes) -> pa.Array:
    """A matrix of ASCII to strings of equal length."""
    count, width = matrix.shape
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    data = pa.py_buffer(np.ascontiguousarray(matrix).tobytes())
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets.tobytes()), data])


def joined(*parts: Part) -> pa.Array:
    """The parts one after the other, row by row."""
    return pc.binary_join_element_wise(*parts, "")


def digits_of(numbers: Ints) -> pa.Array:
    """The numbers in decimal digits."""
    return pc.cast(pa.array(numbers), pa.string())


def fill_in(template: str, rows: Rows, unique: bool = False) -> pa.Array:
    """A template of kinds.toml for each row; ``unique``: the last digits are the number of the row.

    Raises ``KeyError`` for a pool that there is not.
    """
    pieces = SLOT.split(template)
    numbered = _last_digits(pieces) if unique else -1
    parts: list[Part] = []
    fixed: list[Bytes] = []
    for place, piece in enumerate(pieces):
        slot = _slot(piece, place, rows, place == numbered) if place % 2 else piece
        if isinstance(slot, np.ndarray):
            fixed.append(slot)
        elif isinstance(slot, str) and slot.isascii() and fixed:
            fixed.append(np.broadcast_to(np.frombuffer(slot.encode(), np.uint8), (len(rows.numbers), len(slot))))
        else:
            parts += [strings_of(np.hstack(fixed))] if fixed else []
            fixed = []
            parts.append(slot)
    parts += [strings_of(np.hstack(fixed))] if fixed else []
    if all(isinstance(part, str) for part in parts):
        return pa.repeat("".join(map(str, parts)), len(rows.numbers))
    return parts[0] if len(parts) == 1 and isinstance(parts[0], pa.Array) else joined(*parts)


def has_digits(template: str) -> bool:
    """Whether the template can be made unique by its own digits."""
    return _last_digits(SLOT.split(template)) > 0


def room_for(template: str) -> int:
    """Characters of the longest text that comes of the template with the number of a row in it."""
    pieces = SLOT.split(template)
    return 10 + sum(_longest(piece) if i % 2 else len(piece) for i, piece in enumerate(pieces))


def _longest(piece: str) -> int:
    if match := CHARACTERS.fullmatch(piece):
        return int(match[2])
    if piece == "n" or RANGE.fullmatch(piece):
        return 10
    longest: int = pc.max(pc.utf8_length(pool(piece))).as_py()
    return longest


def _last_digits(pieces: list[str]) -> int:
    return max((i for i, piece in enumerate(pieces) if i % 2 and piece[0] == "#"), default=-1)


def _slot(piece: str, place: int, rows: Rows, numbered: bool) -> Part | Bytes:
    what = f"slot {place}"
    if piece == "n":
        return digits_of(rows.numbers + 1)
    if match := CHARACTERS.fullmatch(piece):
        width = int(match[2])
        if numbered:
            padded: pa.Array = pc.utf8_lpad(digits_of(rows.numbers), width, "0")
            return padded
        return characters(rows, width, ALPHABETS[match[1]], what)
    if match := RANGE.fullmatch(piece):
        low, high = int(match[1]), int(match[2])
        return take(_numbers(low, high), rows.below(high - low + 1, what))
    words = pool(piece)
    return take(words, rows.below(len(words), what))


@cache
def _numbers(low: int, high: int) -> pa.Array:
    return pc.cast(pa.array(range(low, high + 1)), pa.string())

"""Texts: of any length, and as they lie between bounds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.plan import Limits
from bench.inference.types.regex import matching
from bench.inference.types.space import CannotMake, Numbers, Space, chosen, digits, hashed, product, scrambled
from bench.model.schema import DataType

_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789", np.uint8)
_SHORT = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", np.uint8)
"""For codes of one or two characters, of which there would be too few."""
_USUAL = 10
"""Characters of a text without limits."""
_COUNTED = 11
"""Characters that tell texts apart: 36 to the 11th is below 2 to the 62nd; the others are hashed."""
_LONGEST_NAME = 63


def text_space(kind: DataType, limits: Limits, key: int) -> Space:
    """text, varchar, char, citext, name and their like.

    Raises:
        CannotMake: a pattern that no text was found for, or lengths that no text has.
    """
    if limits.patterns:
        return matching(kind, limits, key)
    longest = min(_or(limits.longest, 2**30), _or(kind.length, 2**30), _LONGEST_NAME if kind.name == "name" else 2**30)
    shortest = limits.shortest or 0
    if kind.name == "char":
        shortest, longest = 1, 1
    if longest < max(shortest, 0):
        raise CannotMake(f"no text has {shortest} characters at least and {longest} at most")
    if longest == 0:
        return chosen(pa.array([""], pa.string()))
    if limits.low is not None or limits.high is not None:
        return _between(limits, longest, key)
    length = min(max(_USUAL, shortest), longest)
    alphabet = _SHORT if length <= 2 and not limits.lower_case and kind.name != "citext" else _ALPHABET
    return _of_length(length, alphabet, key)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _of_length(length: int, alphabet: np.ndarray, key: int) -> Space:
    counted = min(length, _COUNTED)
    capacity = product([len(alphabet)] * counted)

    def at(indexes: Numbers) -> pa.Array:
        return fixed_texts(_characters(indexes, length, alphabet, capacity, key))

    return Space(capacity, at, capacity)


def _characters(
    indexes: Numbers,
    length: int,
    alphabet: np.ndarray,
    capacity: int,
    key: int,
) -> np.ndarray:
    counted = min(length, _COUNTED)
    columns = digits(scrambled(indexes, key, capacity), [len(alphabet)] * counted)
    out = np.empty((len(indexes), length), np.uint8)
    for place, column in enumerate(columns):
        out[:, place] = alphabet[column]
    for place in range(counted, length, 8):
        words = hashed(indexes, key + place).view(np.uint8).reshape(-1, 8)[:, : length - place]
        out[:, place : place + 8] = alphabet[words % len(alphabet)]
    return out


def fixed_texts(characters: np.ndarray, kind: pa.DataType | None = None) -> pa.Array:
    """A matrix of bytes as as many texts (or, of that Arrow type, binary values) as it has rows."""
    rows, width = characters.shape
    if rows * width < 2**31:
        offsets = pa.py_buffer(
            np.arange(0, (rows + 1) * width, max(width, 1), dtype=np.int32)[: rows + 1]
            if width
            else np.zeros(rows + 1, np.int32)
        )
        data = pa.py_buffer(np.ascontiguousarray(characters))
        return pa.Array.from_buffers(kind or pa.string(), rows, [None, offsets, data])
    half = rows // 2
    return pa.concat_arrays([fixed_texts(characters[:half], kind), fixed_texts(characters[half:], kind)])


def _between(limits: Limits, longest: int, key: int) -> Space:
    """Texts between two by their bytes: beginnings behind which anything may follow, and what follows."""
    low, high = limits.low or "", limits.high
    if high is not None and low == high and not (limits.low_open or limits.high_open):
        return chosen(pa.array([low], pa.string()))
    heads = [head for head in _heads(low, high) if len(head) < longest]
    if not heads:
        raise CannotMake(f"no text of {longest} characters was found between {low!r} and {high!r}")
    room = min(_COUNTED - 1, longest - max(map(len, heads)))
    tails = _of_length(room, _ALPHABET, key)

    def at(indexes: Numbers) -> pa.Array:
        index, which = np.divmod(indexes, len(heads))
        return pc.binary_join_element_wise(pa.array(heads, pa.string()).take(pa.array(which)), tails.at(index), "")

    return Space(product([len(heads), tails.capacity]), at)


def _heads(low: str, high: str | None) -> list[str]:
    """Beginnings of texts that lie between, whatever letters and digits follow: small letters where there are some."""

    def fits(head: str) -> bool:
        return head + "0" > low and (high is None or head + "zz" < high)

    for alphabet in ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"):
        found = [letter for letter in alphabet if fits(letter)]
        if found:
            return [low, *found] if low and fits(low) else found
    near = [low] if low else []
    near += [(high or "")[:length] + letter for length in range(len(high or "")) for letter in "0123456789AZaz"]
    return [head for head in dict.fromkeys(near) if fits(head)]


def bytes_space(limits: Limits, key: int) -> Space:
    """bytea: as long as its limits say, else 16 bytes."""
    shortest, longest = limits.shortest or 0, _or(limits.longest, 2**30)
    if shortest > longest:
        raise CannotMake(f"no bytea has {shortest} bytes at least and {longest} at most")
    length = min(max(16, shortest), longest)
    counted = min(length, 7)
    capacity = 256**counted

    def at(indexes: Numbers) -> pa.Array:
        out = np.empty((len(indexes), length), np.uint8)
        out[:, :counted] = scrambled(indexes, key, capacity).view(np.uint8).reshape(-1, 8)[:, :counted]
        for place in range(counted, length, 8):
            words = hashed(indexes, key + place).view(np.uint8).reshape(-1, 8)
            out[:, place : place + 8] = words[:, : length - place]
        return fixed_texts(out, pa.binary())

    return Space(capacity, at, capacity)

"""Arrays, rows and ranges in PostgreSQL's text form, taken apart as columns.

Where no value is quoted that is Arrow's work on whole columns; else it goes a value at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits.literals import array_items


def array_elements(values: pa.Array, joiner: str = ",") -> tuple[pa.Array, pa.Array]:
    """(offsets, elements) of a list column, of array literals of one dimension or of Arrow lists."""
    if pa.types.is_list(values.type):
        values = pc.fill_null(values, pa.scalar([], values.type)) if values.null_count else values
        return pa.array(
            np.concatenate([[0], np.cumsum(np.asarray(pc.list_value_length(values)))]).astype(np.int32)
        ), values.flatten()
    filled = pc.fill_null(values, "{}")
    if pc.any(pc.match_substring_regex(filled, r'["\\]|(?i:null)'), min_count=0).as_py():
        lists = [array_items(text if joiner == "," else text.replace(joiner, ",")) for text in filled.to_pylist()]
        return _lists(lists)
    inside = pc.utf8_slice_codeunits(filled, 1, -1)
    lists = pc.split_pattern(inside, joiner)
    counts = np.where(np.asarray(pc.equal(inside, "")), 0, np.asarray(pc.list_value_length(lists)))
    elements = lists.flatten()
    if (counts == 0).any():  # an empty text is split into one empty element
        elements = elements.filter(pa.array(np.repeat(counts > 0, np.maximum(counts, 1))))
    return pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)), elements


def _lists(lists: Sequence[Sequence[str | None]]) -> tuple[pa.Array, pa.Array]:
    counts = [len(one) for one in lists]
    flat = [item for one in lists for item in one]
    return pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)), pa.array(flat, pa.string())


def composite_fields(values: pa.Array, count: int) -> list[pa.Array]:
    """The fields of row literals as columns; what is empty and not quoted is NULL."""
    filled = pc.fill_null(values, "(" + "," * (count - 1) + ")")
    if pc.any(pc.match_substring_regex(filled, r'["\\]'), min_count=0).as_py():
        rows = [_row_items(text) for text in filled.to_pylist()]
        return [pa.array([row[place] for row in rows], pa.string()) for place in range(count)]
    parts = pc.split_pattern(pc.utf8_slice_codeunits(filled, 1, -1), ",").flatten()
    made = []
    for place in range(count):
        column = parts.take(pa.array(np.arange(place, len(parts), count)))
        made.append(pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column))
    return made


_FIELD = re.compile(r'((?:"(?:[^"\\]|\\.|"")*"|[^,()"\\]|\\.)*)([,)])', re.DOTALL)


def _row_items(text: str) -> list[str | None]:
    items: list[str | None] = []
    for match in _FIELD.finditer(text, 1):
        raw = match[1]
        plain = re.sub(r'"((?:[^"\\]|\\.|"")*)"', lambda m: m[1].replace('""', '"'), raw)
        items.append(re.sub(r"\\(.)", r"\1", plain) if raw else None)
    return items


@dataclass(frozen=True, slots=True)
class Bounds:
    """Ranges as columns; a bound that is not there is NULL."""

    low: pa.Array
    high: pa.Array
    low_within: pa.Array
    high_within: pa.Array
    empty: pa.Array


def range_bounds(values: pa.Array) -> Bounds:
    """The bounds of range literals: ``[1,5)``, ``["2024-01-01 00:00:00",)``, ``empty``."""
    filled = pc.fill_null(values, "empty")
    empty = pc.equal(filled, "empty")
    parts = pc.extract_regex(filled, r'^(?P<o>[\[(])"?(?P<low>[^",]*)"?,"?(?P<high>[^",]*)"?(?P<c>[\])])$')
    missing = pc.and_(parts.is_null(), pc.invert(empty))
    if pc.any(missing, min_count=0).as_py():
        raise ValueError(f"range {filled.filter(missing)[0]}")
    fields = {name: pc.fill_null(parts.field(name), "") for name in ("o", "low", "high", "c")}
    nothing = pa.scalar(None, pa.string())
    low, high = (pc.if_else(pc.equal(fields[name], ""), nothing, fields[name]) for name in ("low", "high"))
    return Bounds(low, high, pc.equal(fields["o"], "["), pc.equal(fields["c"], "]"), empty)


def multirange_parts(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    """(offsets, range literals) of a list column, of multirange literals."""
    found = [re.findall(r"[\[(][^\])]*[\])]", text or "") for text in values.to_pylist()]
    return _lists(found)


def lexemes(text: str) -> list[tuple[str, list[int]]]:
    """The words of a tsvector literal with their places."""
    found = re.findall(r"'((?:[^']|'')*)'(?::([\d,A-D]+))?", text)
    return [
        (word.replace("''", "'"), [int(re.sub("[A-D]", "", place)) for place in places.split(",") if place])
        for word, places in found
    ]


def pairs(text: str) -> list[tuple[str, str | None]]:
    """Keys and values of an hstore literal."""
    unquote: Callable[[str], str] = lambda one: re.sub(r"\\(.)", r"\1", one)  # noqa: E731
    found = re.findall(r'"((?:[^"\\]|\\.)*)"\s*=>\s*(?:"((?:[^"\\]|\\.)*)"|(NULL))', text)
    return [(unquote(key), None if null else unquote(value)) for key, value, null in found]

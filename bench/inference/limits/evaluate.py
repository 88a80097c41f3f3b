"""Which rows obey: limits of a column and comparisons between columns, worked out over Arrow columns.

As in a CHECK, NULL obeys everything but NOT NULL. A mask has True where the server would not say false.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits.alternatives import Comparison
from bench.inference.limits.calculate import Columns, alike, value_of
from bench.inference.limits.literals import NUMBERS, TEXTS, TIMES, bounds, moment, order_of
from bench.inference.limits.merge import within
from bench.inference.limits.patterns import compiled
from bench.inference.plan import Limits
from bench.inference.types.parse import typed
from bench.inference.types.take_apart import array_elements
from bench.model.schema import Column, DataType

Mask = np.ndarray[Any, np.dtype[np.bool_]]

_COMPARE: Mapping[str, Callable[[Any, Any], pa.Array]] = {
    "=": pc.equal, "<>": pc.not_equal, "<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal,
}  # fmt: skip
_NUMERIC = DataType("numeric", "", "base", "numeric")
_JSON_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}


def obeys(kind: DataType, limits: Limits, array: pa.Array) -> Mask:
    """Which values obey ``limits``; all that is known of ranges is whether they are NULL."""
    if limits.always_null:
        return _mask(array.is_null())
    values, limits = typed(kind, array), bounds(limits, kind)
    found = np.ones(len(values), bool)
    if limits.values:
        found &= _listed(kind, limits.values, values)
    if limits.excluded:
        found &= ~_listed(kind, limits.excluded, values)
    if limits.low is not None or limits.high is not None:
        found &= _bounded(kind, limits, values)
    if pa.types.is_string(values.type) or (pa.types.is_binary(values.type) and not limits.patterns):
        found &= _shaped(kind, limits, values)
    if limits.elements is not None and kind.plain.kind == "array" and kind.plain.element is not None:
        found &= _elements(kind.plain.element, limits.elements, values)
    valid = _mask(values.is_valid())
    return found & valid if limits.not_null else found | ~valid


def holds(comparison: Comparison, columns: Columns, kinds: Mapping[str, Column]) -> Mask:
    """Which rows the comparison is not false for."""
    left, right = (value_of(side, columns, kinds) for side in (comparison.left, comparison.right))
    return _mask(pc.fill_null(_COMPARE[comparison.operator](*alike(left, right)), True))


def _mask(array: pa.Array) -> Mask:
    return np.asarray(array)


def _listed(kind: DataType, texts: tuple[str, ...], values: pa.Array) -> Mask:
    try:
        known = typed(kind, pa.array(texts, pa.string()))
    except ValueError:
        return np.zeros(len(values), bool)
    if pa.types.is_decimal(values.type):
        return _mask(pc.is_in(values.cast(pa.float64()), known.cast(pa.float64())))
    return _mask(pc.is_in(values, known.cast(values.type)))


def _bounded(kind: DataType, limits: Limits, values: pa.Array) -> Mask:
    if pa.types.is_string(values.type) and kind.plain.name not in TEXTS:
        order = order_of(kind)
        return _each(values, lambda text: within(order(text), limits, order))
    found = np.ones(len(values), bool)
    for text, opened, sign in ((limits.low, limits.low_open, ">"), (limits.high, limits.high_open, "<")):
        if text is not None and not (sign == "<" and text.startswith(("now", "today"))):
            compare = _COMPARE[sign if opened else f"{sign}="]
            found &= _mask(pc.fill_null(compare(*alike(*_with_bound(kind, values, text))), True))
    return found


def _with_bound(kind: DataType, values: pa.Array, text: str) -> tuple[pa.Array, pa.Scalar]:
    """Values and their bound as types that can be compared."""
    name = kind.plain.name
    if name in NUMBERS:
        try:
            return alike(values, typed(_NUMERIC, pa.array([text]))[0])
        except pa.ArrowInvalid:  # more digits than a decimal has
            return values.cast(pa.float64()), pa.scalar(float(text))
    if text.startswith(("now", "today")):  # rows arrive later than they are made
        text = (moment(text) + timedelta(days=1000)).isoformat(" ")
    elif name in TIMES:
        text = moment(text).isoformat(" ")
    return values, typed(DataType("timestamp", "", "base", "") if name == "date" else kind, pa.array([text]))[0]


def _shaped(kind: DataType, limits: Limits, values: pa.Array) -> Mask:
    """Lengths, patterns, case and documents."""
    found = np.ones(len(values), bool)
    if limits.shortest is not None or limits.longest is not None:
        lengths = _lengths(kind, limits, values)
        found &= lengths >= (limits.shortest or 0)
        found &= lengths <= (limits.longest if limits.longest is not None else 2**31)
    for pattern in map(compiled, limits.patterns):
        found &= _each(values, lambda text, pattern=pattern: pattern.search(text) is not None)  # type: ignore[misc]
    if limits.lower_case and pa.types.is_string(values.type):
        found &= _mask(pc.fill_null(pc.equal(values, pc.utf8_lower(values)), True))
    if limits.trimmed and pa.types.is_string(values.type):
        found &= _mask(pc.fill_null(pc.equal(values, pc.utf8_trim(values, " ")), True))
    if limits.json_type or limits.json_keys:
        found &= _each(values, lambda text: _is_document(text, limits))
    return found


def _lengths(kind: DataType, limits: Limits, values: pa.Array) -> np.ndarray[Any, Any]:
    plain = kind.plain
    if plain.kind == "array":
        return np.diff(np.asarray(array_elements(values)[0]))
    if plain.name in ("json", "jsonb"):
        return np.array([len(json.loads(text)) if text and text.startswith("[") else 0 for text in values.to_pylist()])
    counted = pc.utf8_length(values) if plain.name in TEXTS and not limits.octets else pc.binary_length(values)
    return np.asarray(pc.fill_null(counted, 0))


def _is_document(text: str, limits: Limits) -> bool:
    found = json.loads(text)
    if limits.json_type and _JSON_TYPES.get(type(found), "null") != limits.json_type:
        return False
    return all(isinstance(found, dict) and key in found for key in limits.json_keys)


def _elements(kind: DataType, limits: Limits, values: pa.Array) -> Mask:
    offsets, elements = array_elements(values)
    wrong = np.concatenate([[0], np.cumsum(~obeys(kind, limits, elements))])
    ends = np.asarray(offsets)
    same: Mask = wrong[ends[1:]] == wrong[ends[:-1]]
    return same


def _each(values: pa.Array, test: Callable[[str], bool]) -> Mask:
    """A test of texts, once for each different one; NULL passes, what the test cannot read does not."""
    coded = values.dictionary_encode()
    passed = []
    for text in coded.dictionary.to_pylist():
        try:
            passed.append(test(text))
        except ValueError:
            passed.append(False)
    return _mask(pc.fill_null(pa.array(passed, pa.bool_()).take(coded.indices), True))

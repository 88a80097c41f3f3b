"""Texts told apart by a number, and periods of which no two meet."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.rows.draws import Flags, Ints

YEARS = 3
"""That periods which must not overlap are spread over, up to the clock."""
_EPOCH = datetime(1970, 1, 1)
_DAY = timedelta(days=1)


def apart(texts: pa.Array, numbers: Ints, where: Flags, longest: int | None) -> pa.Array:
    """``texts`` with their numbers ``where`` it says so: before the ``@`` of an address, at the end of anything else.

    Cut so that no more than ``longest`` characters come out.
    """
    suffix = pa.array(numbers).cast(pa.string())
    is_address = pc.match_substring(texts, "@")
    local = pc.replace_substring_regex(texts, "@.*$", "")
    domain = pc.if_else(is_address, pc.replace_substring_regex(texts, "^[^@]*", ""), "")
    if longest is not None:
        taken = pc.max(pc.add(pc.utf8_length(domain), pc.utf8_length(suffix))).as_py() or 0
        local = pc.utf8_slice_codeunits(local, 0, max(longest - taken - 1, 0))
    told = pc.binary_join_element_wise(local, pc.if_else(is_address, ".", "-"), suffix, domain, "")
    return pc.if_else(pa.array(where), told, texts)


def codes_of(values: pa.Array) -> Ints:
    """A number for each value, equal where they are; -1 for NULL."""
    return np.asarray(values.dictionary_encode().indices.fill_null(-1)).astype(np.int64)


def repeats(values: pa.Array, there: pa.Array | None = None) -> Flags:
    """Where a value stands that stood before, or that is ``there`` already; upper and lower case count as one."""
    before = 0
    if there is not None and len(there):
        before, values = len(there), pa.concat_arrays([there.cast(values.type), values])
    numbers = codes_of(pc.utf8_lower(values) if pa.types.is_string(values.type) else values)
    first = np.zeros(len(numbers), bool)
    first[np.unique(numbers, return_index=True)[1]] = True
    return ~first[before:] & (numbers[before:] >= 0)


def ends(numbers: Ints, count: int, clock: datetime, kind: str) -> pa.Array:
    """Moments (or days, or whole numbers) in the order of ``numbers``, of which there are ``count``."""
    if kind in ("int2", "int4", "int8"):
        return pa.array(numbers + 1)
    if kind == "date":
        first = (clock - _EPOCH).days - count
        return pa.array((numbers + first).astype(np.int32), pa.date32())
    step = min(max(timedelta(days=365 * YEARS) // max(count, 1), timedelta(seconds=1)), _DAY)
    step_us = step // timedelta(seconds=1) * 1_000_000
    first = (clock - _EPOCH) // timedelta(microseconds=1) - step_us * count
    return pa.array(first + numbers * step_us, pa.timestamp("us", "UTC" if kind == "timestamptz" else None))

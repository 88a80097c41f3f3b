"""Arrow columns from integer arrays: fields, pools, texts put together without a loop over rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .parameters import START_DAY, START_US
from .streams import Bools, Ints

_JSONB = {b"pg": b"jsonb"}
_TYPES = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "smallint": pa.int16(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
    "jsonb": pa.string(),
}
_EMPTY = pa.scalar("")


def schema(**columns: str) -> pa.Schema:
    """An Arrow schema; each column is one of bigint, integer, smallint, boolean, date, time, text, jsonb."""
    return pa.schema(
        [pa.field(name, _TYPES[kind], metadata=_JSONB if kind == "jsonb" else None) for name, kind in columns.items()]
    )


def ints(values: Ints, missing: Bools | None = None) -> pa.Array:
    """A bigint column, NULL where ``missing``."""
    return pa.array(values.astype(np.int64, copy=False), mask=missing)


def smallints(values: Ints) -> pa.Array:
    """A smallint column."""
    return pa.array(values.astype(np.int16, copy=False))


def times(microseconds: Ints, missing: Bools | None = None) -> pa.Array:
    """A timestamptz column from microseconds since START."""
    return pa.array(microseconds + START_US, mask=missing).cast(_TYPES["time"])


def dates(days: Ints, missing: Bools | None = None) -> pa.Array:
    """A date column from days since START."""
    return pa.array((days + START_DAY).astype(np.int32), mask=missing).cast(pa.date32())


def take(pool: pa.Array, codes: Ints, missing: Bools | None = None) -> pa.Array:
    """``pool[codes]``, NULL where ``missing``."""
    return pool.take(pa.array(codes, mask=missing))


def texts(values: Sequence[str]) -> pa.Array:
    """A pool."""
    return pa.array(values, pa.string())


def digits(values: Ints) -> pa.Array:
    """Whole numbers as decimal text."""
    return pa.array(values).cast(pa.string())


def join(*parts: pa.Array | str) -> pa.Array:
    """Texts put together row by row; NULL where any part is NULL."""
    return pc.binary_join_element_wise(*(pa.scalar(p) if isinstance(p, str) else p for p in parts), _EMPTY)


def gather(fragments: pa.Array, counts: Ints, separator: str) -> pa.Array:
    """One text per row from ``counts`` consecutive fragments each."""
    offsets = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), fragments), separator)


@cache
def pool_lines(name: str) -> tuple[str, ...]:
    """The lines of dataset/pools/<name>.txt, which benchmarks/make_pools.py wrote with Faker."""
    return tuple((Path(__file__).parent / "pools" / f"{name}.txt").read_text(encoding="utf-8").splitlines())


def batch(table_schema: pa.Schema, **columns: pa.Array) -> pa.RecordBatch:
    """A record batch with the columns in the schema's order."""
    return pa.RecordBatch.from_arrays([columns[name] for name in table_schema.names], schema=table_schema)


def moved_in_time(rows: pa.RecordBatch, by: timedelta) -> pa.RecordBatch:
    """The same rows later: times by ``by``, dates by its whole days."""
    steps = {_TYPES["time"]: pa.scalar(by, pa.duration("us")), _TYPES["date"]: pa.scalar(by.days, pa.int32())}
    made = []
    for column in rows.columns:
        step = steps.get(column.type)
        if step is None:
            made.append(column)
        elif column.type == _TYPES["date"]:
            made.append(pc.add(column.cast(pa.int32()), step).cast(column.type))
        else:
            made.append(pc.add(column, step))
    return pa.RecordBatch.from_arrays(made, schema=rows.schema)

"""Tables as Parquet: what CSV holds, with types, for pandas, DuckDB, polars and their like."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import cache

from bench.report.csv import Value
from bench.report.text import clean


def render(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write the rows as columns: whole numbers, numbers and texts. A column of which nothing is known holds numbers.

    Texts lose the characters that ``clean`` replaces, lone surrogates among them, which no file can hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    safe = cache(clean)  # tables have the same few texts over and over
    found = list(zip(*rows, strict=True)) or [()] * len(headings)
    arrays = [pa.array([safe(one) if isinstance(one, str) else one for one in values]) for values in found]
    typed = [one.cast(pa.float64()) if pa.types.is_null(one.type) else one for one in arrays]
    target = io.BytesIO()
    pq.write_table(pa.table(dict(zip(headings, typed, strict=True))), target, compression="zstd")
    return target.getvalue()

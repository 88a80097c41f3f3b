"""Tables as Parquet: what CSV holds, with types, for pandas, DuckDB, polars and their like."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from bench.report.csv import Value


def render(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write the rows as columns: whole numbers, numbers and texts. A column of which nothing is known holds numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = list(zip(*rows, strict=True)) or [()] * len(headings)
    arrays = [pa.array(values) for values in found]
    typed = [one.cast(pa.float64()) if pa.types.is_null(one.type) else one for one in arrays]
    target = io.BytesIO()
    pq.write_table(pa.table(dict(zip(headings, typed, strict=True))), target, compression="zstd")
    return target.getvalue()

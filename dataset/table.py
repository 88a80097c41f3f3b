"""One table of the dataset, in the shape that the loader expects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Table:
    """A table to fill: ``build(chunk)`` gives the rows of a chunk, the same in any process and any order."""

    name: str
    schema: pa.Schema
    chunks: int
    rows: int
    build: Callable[[int], pa.RecordBatch]

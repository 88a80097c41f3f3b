"""What the loader needs to know about one table of a dataset, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from bench.inference.rows.filling import FilledTable


@dataclass(frozen=True)
class Table:
    """One table to fill, cut into chunks that can be built alone and in any order.

    ``dataset/__init__.py`` gives a list of them in foreign-key order. It need not use this class: anything with these
    five attributes will do, so that a dataset imports nothing of pgproof. Three more are asked for where there are any:
    ``identifier`` (schema and name), ``text`` (all columns are text, for CSV), ``whole`` (False: the table keeps its
    rows, or is partitioned, so that it is not emptied and frozen).
    """

    name: str
    """Schema-qualified: ``crm.leads``."""
    schema: pa.Schema
    """The order of its fields is the column list of COPY. Field metadata ``{b"pg": b"jsonb"}`` marks jsonb."""
    chunks: int
    rows: int
    """The sum over all chunks, exact."""
    build: Callable[[int], pa.RecordBatch]
    """Chunk index to rows. Pure: the same rows for any order of calls and in any process."""


def identifier_of(table: Table | FilledTable) -> tuple[str, ...]:
    """Schema and name; a table whose names have points in them says so itself (``identifier``)."""
    return getattr(table, "identifier", None) or tuple(table.name.split("."))

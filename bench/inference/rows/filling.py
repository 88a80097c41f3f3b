"""The rows of a plan as tables that the loader fills: chunks that are made alone, in any process and order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from bench.inference.rows.world import World
from bench.inference.types import wire, wire_field
from bench.inference.types.text_form import text_form
from bench.inference.types.wire import can_wire
from bench.model.schema import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.inference.rows.draws import Ints

CHUNK = 25_000
"""Rows of a chunk: a few megabytes, so that two of them on the way are no burden."""


@dataclass(frozen=True)
class Chunks:
    """Makes the rows of one table; called with the number of a chunk."""

    world: World
    name: str
    text: bool
    """All values in PostgreSQL's text form, since a type of the table has no binary one that is known."""

    def __call__(self, chunk: int) -> pa.RecordBatch:
        """The rows of a chunk."""
        rows = self.world.skeleton(self.name).rows
        first = chunk * CHUNK
        return self.rows(np.arange(first, min(first + CHUNK, rows), dtype=np.int64))

    def rows(self, numbers: Ints) -> pa.RecordBatch:
        """The rows of these numbers."""
        columns = columns_of(self.world, self.name)
        made = self.world.columns(self.name, [column.name for column in columns], numbers)
        form = text_form if self.text else wire
        arrays = [form(column.type, made[column.name]) for column in columns]
        return pa.RecordBatch.from_arrays(arrays, schema=schema_of(columns, self.text))


@dataclass(frozen=True)
class FilledTable:
    """What ``bench.dataset.table.Table`` asks for, of a table whose rows are inferred."""

    name: str
    schema: pa.Schema
    chunks: int
    rows: int
    build: Chunks
    identifier: tuple[str, str]
    text: bool
    whole: bool
    """Whether the table is to hold these rows alone, and is an ordinary one: then it can be frozen at once."""


def columns_of(world: World, name: str) -> list[Column]:
    """The columns that get values from us."""
    return [column for column in world.subjects[name].table.columns if not column.generated]


def schema_of(columns: Sequence[Column], text: bool) -> pa.Schema:
    """What a chunk of these columns looks like."""
    if text:
        return pa.schema([pa.field(column.name, pa.string()) for column in columns])
    return pa.schema([wire_field(column.name, column.type) for column in columns])


def as_text(world: World, name: str) -> bool:
    """Whether the table's rows have to go as text."""
    return not all(can_wire(column.type) for column in columns_of(world, name))


def tables_of(world: World) -> list[FilledTable]:
    """The tables to fill with how many rows, in the order of the plan; those that get none are left out."""
    names = [plan.name for plan in world.plan.tables if plan.name in world.states]
    return [table_of(world, name) for name in names if world.states[name].rows]


def table_of(world: World, name: str) -> FilledTable:
    """One of them."""
    table, text, rows = world.subjects[name].table, as_text(world, name), world.states[name].rows
    return FilledTable(
        name, schema_of(columns_of(world, name), text), -(-rows // CHUNK), rows, Chunks(world, name, text),
        (table.schema, table.table), text, whole=not table.rows and table.partitioning is None,
    )  # fmt: skip

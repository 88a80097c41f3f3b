"""The rows of a filled database as Parquet, for other engines: a folder for each table, in it one for each tenant.

What the server has is what is written, whoever made it: rows of a package, of scripts or of a plan, with the values of
generated columns. They come as CSV, which Arrow reads faster than a driver decodes rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.dataset as ds
from psycopg import sql

from bench.errors import DatasetError, PgproofError
from bench.inference.rows.catalog import read_catalog
from bench.model.schema import DataType, Table
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.progress import Progress

TYPES: dict[str, pa.DataType] = {
    "bool": pa.bool_(), "int2": pa.int16(), "int4": pa.int32(), "int8": pa.int64(), "oid": pa.int64(),
    "float4": pa.float32(), "float8": pa.float64(), "date": pa.date32(), "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}  # fmt: skip
"""By PostgreSQL's type; numeric(p, s) is a decimal, and all others are text as PostgreSQL writes it."""

DIGITS = 38
"""Of the widest decimal that other engines read."""

BLOCK_BYTES = 8 << 20
"""Of CSV, read at a time."""

OPEN_FILES = 200
"""At most; a tenant's rows come together, so that no file is begun twice."""


@dataclass(frozen=True, slots=True)
class Written:
    """One table: how many rows, and how many files hold them."""

    table: str
    rows: int
    files: int


def export(target: Target, database: str, tenant: str, folder: Path, progress: Progress) -> tuple[Written, ...]:
    """Write every table of ``database`` into ``folder``; those that have the column ``tenant`` in a folder for each.

    Raises:
        DatasetError: a value has no place in Parquet, such as an infinite date.
        PgproofError: the folder cannot be written.
    """
    with target.connect(database) as connection:
        tables = [table for table in read_catalog(connection).tables if table.columns and not table.partition_of]
        found = []
        for number, table in enumerate(tables):
            progress("writing Parquet", number, len(tables), "tables")
            with explained(f"reading {table.name}"):
                found.append(_table(connection, table, tenant, folder))
        progress("writing Parquet", len(tables), len(tables), "tables")
    return tuple(found)


def _table(connection: Connection, table: Table, tenant: str, folder: Path) -> Written:
    by = tenant if any(column.name == tenant for column in table.columns) else ""
    place = folder / table.name.replace(os.sep, "_")
    schema = pa.schema([pa.field(column.name, arrow_type(column.type)) for column in table.columns])
    rows = 0
    files: list[str] = []

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in _read(connection, table, schema, by):
            rows += batch.num_rows
            yield batch

    try:
        ds.write_dataset(
            batches(), place, schema=schema, format="parquet", use_threads=False,
            partitioning=ds.partitioning(pa.schema([schema.field(by)]), flavor="hive") if by else None,
            max_open_files=OPEN_FILES, max_partitions=2**31 - 1, existing_data_behavior="error",
            file_visitor=lambda file: files.append(file.path),
        )  # fmt: skip
    except pa.ArrowInvalid as error:
        raise DatasetError(f"{table.name}: no Parquet of it: {str(error).splitlines()[0]}") from error
    except OSError as error:
        raise PgproofError(f"cannot write {place}: {error.strerror or error}") from error
    return Written(table.name, rows, len(files))


def _read(connection: Connection, table: Table, schema: pa.Schema, by: str) -> Iterator[pa.RecordBatch]:
    """The rows as Arrow has them, those of a tenant together, otherwise as they lie."""
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    order = sql.SQL(" ORDER BY {}").format(sql.Identifier(by)) if by else sql.SQL("")
    rows = sql.SQL("SELECT {} FROM {}{}{}").format(
        columns, sql.SQL("ONLY " if not table.partitioning else ""), sql.Identifier(table.schema, table.table), order
    )
    with connection.cursor().copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(rows)) as copy:
        yield from _parsed(iter(copy), schema)


def _parsed(parts: Iterator[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Record batches of a stream of CSV, cut between rows."""
    for block in _blocks(parts):
        table = csv.read_csv(
            pa.BufferReader(block),
            csv.ReadOptions(column_names=schema.names, use_threads=False, block_size=max(len(block), 1)),
            csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types={field.name: field.type for field in schema}, null_values=[""],
                true_values=["t"], false_values=["f"], strings_can_be_null=True, quoted_strings_can_be_null=False,
            ),
        )  # fmt: skip
        yield from table.to_batches()


def _blocks(parts: Iterator[Any]) -> Iterator[bytes]:
    """The same bytes, whole rows together: the server sends each row by itself."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        held.append(bytes(part))
        size += len(held[-1])
        if size > BLOCK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def arrow_type(kind: DataType) -> pa.DataType:
    """What a column of this type is in Parquet."""
    plain = kind.plain
    if plain.name == "numeric" and plain.precision and 0 <= (plain.scale or 0) <= plain.precision <= DIGITS:
        return pa.decimal128(plain.precision, plain.scale or 0)
    return TYPES.get(plain.name, pa.string())

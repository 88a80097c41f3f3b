"""The tables of ``distribution.sql`` as a database with the schema knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.errors import WorkloadError
from bench.model import DistributedTable
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.workload.distribution import FILE


def resolved(connection: Connection, tables: Sequence[DistributedTable]) -> tuple[DistributedTable, ...]:
    """The same with qualified names, quoted as SQL writes them, in the file's order.

    Raises:
        WorkloadError: the schema has no such table or column (file:line).
    """
    if not tables:
        return ()
    names = [[one.table for one in tables], [one.column for one in tables], [one.colocate_with for one in tables]]
    found: dict[str, DistributedTable] = {}
    for one, row in zip(tables, rows(connection, "find_tables_to_distribute", *names), strict=True):
        where = f"{FILE}:{one.line}"
        if row["table_name"] is None:
            raise WorkloadError(f"{where}: nothing makes a table {one.table}")
        if row["column_name"] is None:
            raise WorkloadError(f"{where}: table {one.table} has no column {one.column}")
        if row["beside"] is None:
            raise WorkloadError(f"{where}: nothing makes a table {one.colocate_with}")
        if row["table_name"] in found:
            first = found[row["table_name"]].line
            raise WorkloadError(f"{where}: {row['table_name']} again (first: line {first})")
        found[row["table_name"]] = replace(one, table=row["table_name"], colocate_with=row["beside"])
    return tuple(found.values())

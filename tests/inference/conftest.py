"""Rows for tables of one's own: made from what was read of the catalog, copied in, judged by the server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pyarrow as pa
import pytest

from bench.inference.types.text_form import copy_rows, text_form
from bench.model.schema import Table
from bench.postgres import databases
from bench.postgres.connection import Connection, Target

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def scratch(target: Target) -> Iterator[Connection]:
    """A connection, as ourselves, to a database that lasts as long as the module."""
    name = f"pgproof_inference_{next(_NUMBERS)}"
    with target.connect() as admin:
        databases.create(admin, name, "scratch")
        with target.connect_as_ourselves(name) as connection:
            connection.execute("SET search_path = public")
            yield connection
        databases.drop(admin, name)


def passing(connection: Connection, table: Table, columns: dict[str, pa.Array]) -> int:
    """How many of the rows pass all of the table's CHECKs; NULL counts as passing, as it does for the server."""
    connection.execute("DROP TABLE IF EXISTS staged")
    connection.execute(f"CREATE TEMP TABLE staged (LIKE {table.name} INCLUDING GENERATED)")
    texts = [text_form(table.column(name).type, array) for name, array in columns.items()]
    with connection.cursor().copy(f"COPY staged ({', '.join(columns)}) FROM STDIN") as copy:
        copy.write(copy_rows(texts))
    condition = " AND ".join(f"({check.expression}) IS NOT FALSE" for check in table.checks) or "true"
    return int(connection.execute(f"SELECT count(*) FROM staged WHERE {condition}").fetchall()[0][0])

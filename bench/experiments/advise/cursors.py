"""A page by its cursor beside the page by its OFFSET: the keys of the row before it are read, and both executed."""

from __future__ import annotations

from dataclasses import replace

from bench.measurement import Cell, Sides
from bench.measurement.execution import execute, result_rows
from bench.model import Binding, Rewrite
from bench.model.advice import Cursor
from bench.postgres.connection import Connection

NO_CURSOR = "its pages are the first ones, or lie beyond the last row: no row is before them"


def by_cursor(sides: Sides, cell: Cell, cursor: Cursor, rewrite: Rewrite) -> Cell | None:
    """The cell with its page in the order that the cursor goes by, the page by the cursor as its rewrite, and the
    cursor among its values; None where no binding has a row before its page.

    Raises:
        Timeout: reading the cursor took too long.
        WorkloadError: the server refuses to.
    """
    query = replace(cell.query, parameters=(*cell.query.parameters, *cursor.parameters))
    reading = replace(cell, query=replace(query, sql=cursor.read, rewrite=None))
    with sides.connect("before", writes=False) as connection:
        found = [_with_keys(connection, reading, number, cursor) for number in range(len(cell.bindings))]
    bindings = tuple(one for one in found if one)
    if not bindings:
        return None
    return replace(cell, query=replace(query, sql=cursor.page, rewrite=rewrite), bindings=bindings)


def _with_keys(connection: Connection, cell: Cell, number: int, cursor: Cursor) -> Binding | None:
    rows = list(result_rows(execute(connection, cell, "before", number)[1]))
    if not rows:
        return None
    keys = {one.name: value.decode() for one, value in zip(cursor.parameters, rows[0], strict=True)}
    return replace(cell.bindings[number], args={**cell.bindings[number].args, **keys})

"""Sequences put behind the rows that were copied in."""

from __future__ import annotations

from psycopg import sql

from bench.inference.rows.filling import columns_of
from bench.inference.rows.world import World
from bench.postgres.connection import Connection
from bench.postgres.failures import explained

COUNTED = ("int2", "int4", "int8", "numeric")
"""Types whose largest value a sequence can go on behind; a text may hold the number of one, after a prefix."""


def set_sequences(connection: Connection, world: World, names: list[str]) -> None:
    """Put each sequence behind the largest value of its column, as far as it goes there."""
    statement = sql.SQL(
        "SELECT setval(s.seqrelid, least(greatest(m.largest, s.seqmin), s.seqmax))"
        " FROM pg_catalog.pg_sequence AS s, (SELECT max({})::bigint AS largest FROM {}) AS m"
        " WHERE s.seqrelid = {}::regclass AND m.largest IS NOT NULL AND s.seqincrement > 0"
    )
    for name in names:
        table = world.subjects[name].table
        for column in columns_of(world, name):
            if column.sequence and column.type.plain.name in COUNTED:
                with explained(f"setting {column.sequence}"):
                    connection.execute(
                        statement.format(
                            sql.Identifier(column.name), sql.Identifier(table.schema, table.table),
                            sql.Literal(column.sequence),
                        )
                    )  # fmt: skip

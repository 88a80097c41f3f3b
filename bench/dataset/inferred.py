"""Fill a database with rows that were inferred from its schema."""

from __future__ import annotations

from dataclasses import replace

from psycopg import sql

from bench.dataset.load import run_workers
from bench.dataset.worker import Given, Loaded
from bench.inference.plan import DatasetPlan
from bench.inference.rows.catalog import read_catalog
from bench.inference.rows.filling import FilledTable, columns_of, tables_of
from bench.inference.rows.graph import above, ordered
from bench.inference.rows.partitions import make_partitions
from bench.inference.rows.ready import make_ready, refit
from bench.inference.rows.world import World
from bench.model.schema import Schema
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.progress import Progress


def ready(target: Target, database: str, schema: Schema, plan: DatasetPlan) -> World:
    """Find out which tables of ``database`` can be filled, and with how many rows; all its constraints are live.

    Its plan says so: ``World.plan``. A partitioned table that has no partitions gets some.
    """
    with _ourselves(target).connect(database) as connection:
        if make_partitions(connection, schema, plan.clock):
            schema = read_catalog(connection)
        return make_ready(connection, schema, plan)


def load_world(
    target: Target, database: str, world: World, workers: int, progress: Progress, *, fire_triggers: bool = False
) -> dict[str, Loaded]:
    """Copy the rows in, after keys and indexes were held back, and set the sequences behind them.

    As a superuser, since row-level security may be forced on a table's owner, too. Triggers stay silent unless
    ``fire_triggers``, but for those that are ENABLE ALWAYS.
    """
    role = "origin" if fire_triggers else "replica"
    settings = {**target.settings, "session_replication_role": role}
    silent, ours = replace(_ourselves(target), settings=settings), _ourselves(target)
    filled: dict[str, Loaded] = {}
    tables = tables_of(world)
    with ours.connect(database) as connection:
        while tables:
            refused: dict[str, str] = {}
            sizes = {table.name: table.rows for table in tables}
            filled |= run_workers(silent, database, Given(tables), sizes, workers, progress, refused)
            if not refused:
                break
            tables = _again(connection, world, filled, refused)
        set_sequences(connection, world, list(filled))
    return filled


def _again(
    connection: Connection, world: World, filled: dict[str, Loaded], refused: dict[str, str]
) -> list[FilledTable]:  # fmt: skip
    """Judge the rows that were refused one by one; return the tables that have to be filled anew for that, emptied.

    A sample of them was taken before, so these are few rows; whoever refers to their tables may have referred to them.
    """
    refit(connection, world, refused)
    anew = set(refused)
    for name in ordered(above(world.subjects)):
        if anew & {reference.table for reference in world.subjects[name].references}:
            anew.add(name)
    for name in anew & set(filled):
        table = world.subjects[name].table
        if not table.rows:
            connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table.schema, table.table)))
        del filled[name]
    return [table for table in tables_of(world) if table.name in anew]


def _ourselves(target: Target) -> Target:
    """The same server, as the role of its DSN."""
    return replace(target, login={})


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
            if column.sequence:
                with explained(f"setting {column.sequence}"):
                    connection.execute(
                        statement.format(
                            sql.Identifier(column.name), sql.Identifier(table.schema, table.table),
                            sql.Literal(column.sequence),
                        )
                    )  # fmt: skip

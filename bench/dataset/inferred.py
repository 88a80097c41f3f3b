"""Fill a database with rows that were inferred from its schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg import sql

from bench.dataset.firing import Firing, silent_triggers
from bench.dataset.sequences import set_sequences
from bench.dataset.worker import Loaded, load_table
from bench.errors import DatasetError, PgproofError
from bench.inference.plan import DatasetPlan
from bench.inference.rows.catalog import read_catalog
from bench.inference.rows.filling import FilledTable, tables_of
from bench.inference.rows.graph import above, ordered
from bench.inference.rows.partitions import make_partitions
from bench.inference.rows.ready import make_ready, refit
from bench.inference.rows.world import World
from bench.model.schema import Schema
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.postgres.workload_role import past_row_security
from bench.progress import Progress

Copies = Callable[[Target, str, World, Sequence[FilledTable], int, Progress], tuple[dict[str, Loaded], dict[str, str]]]
"""What fills tables: gives those that were filled, and what the server says against rows of the others."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The Dask cluster that makes rows (``scheduler`` is its host:port), and the dataset/ whose functions it calls."""

    scheduler: str
    folder: Path


def ready(target: Target, database: str, schema: Schema, plan: DatasetPlan) -> World:
    """Find out which tables of ``database`` can be filled, and with how many rows; all its constraints are live.

    Its plan says so: ``World.plan``. A partitioned table that has no partitions gets some.
    """
    with past_policies(target, schema), target.connect(database) as connection:
        if make_partitions(connection, schema, plan.clock):
            schema = read_catalog(connection)
        return make_ready(connection, schema, plan)


def load_world(
    target: Target,
    database: str,
    world: World,
    workers: int,
    progress: Progress,
    *,
    fire_triggers: bool = False,
    cluster: Cluster | None = None,
) -> tuple[dict[str, Loaded], tuple[str, ...]]:
    """Copy the rows in, and set the sequences behind them; return the tables filled, and what there is to tell.

    To be called after ``ready`` and after keys and indexes were held back, foreign keys alone where triggers fire. As
    the workload's role, since CHECKs call functions of the schema. Triggers stay silent unless ``fire_triggers``, but
    for ENABLE ALWAYS ones; ``workers`` tables at a time are filled where they do, one where they fire. A ``cluster``
    makes and copies the rows instead of this process.

    Raises:
        DatasetError: a cluster is asked to fire triggers.
    """
    if cluster and fire_triggers:
        hint = "leave --workers dask://… out, or the triggers"
        raise DatasetError("rows whose triggers fire are copied one table after the other, by one process", hint=hint)
    role = "origin" if fire_triggers else "replica"
    settings = {**target.settings, "session_replication_role": role}
    chosen = replace(target, settings=settings)
    with past_policies(target, world.schema), target.connect(database) as connection:
        if fire_triggers:
            firing = Firing(chosen, database, world, progress)
            firing.run(connection)
            return firing.filled, tuple(firing.told)
        copies = _over_cluster(cluster) if cluster else _copy
        filled, told = _load(chosen, database, world, workers, progress, connection, copies)
        set_sequences(connection, world, list(filled))
    return filled, (*told, *silent_triggers(world, filled))


def _load(
    target: Target, database: str, world: World, workers: int, progress: Progress, connection: Connection,
    copies: Copies,
) -> tuple[dict[str, Loaded], list[str]]:  # fmt: skip
    filled: dict[str, Loaded] = {}
    told: list[str] = []
    planned = _rows(world)
    tables = tables_of(world)
    while tables:
        made, refused = copies(target, database, world, tables, workers, progress)
        filled |= made
        if not refused:
            break
        told += [f"{name}: {reason}" for name, reason in refit(connection, world, refused).items()]
        tables = _again(connection, world, filled, refused)
    if short := planned - _rows(world):
        told.append(f"by that {short:,} of {planned:,} rows are missing")
    return filled, told


def _rows(world: World) -> int:
    return sum(table.rows for table in world.plan.tables)


def _over_cluster(cluster: Cluster) -> Copies:
    """What fills tables by a Dask cluster."""
    from bench.dataset.cluster.loading import load_tables

    def copies(
        target: Target, database: str, world: World, tables: Sequence[FilledTable], workers: int, progress: Progress
    ) -> tuple[dict[str, Loaded], dict[str, str]]:
        filled, refused = load_tables(target, database, world, cluster.folder, tables, cluster.scheduler, progress)
        return filled, {name: str(error) for name, error in refused.items()}

    return copies


def _copy(
    target: Target, database: str, world: World, tables: Sequence[FilledTable], workers: int, progress: Progress
) -> tuple[dict[str, Loaded], dict[str, str]]:
    """The tables that were filled, and what the server says against rows of the others.

    In threads, since rows are made ten times as fast as a server takes them: a process of its own would be at work for
    longer before its first row.
    """
    filled: dict[str, Loaded] = {}
    refused: dict[str, str] = {}
    done, total = [0], sum(table.rows for table in tables)
    waiting = sorted(tables, key=lambda table: (-table.rows, table.name), reverse=True)
    connections = [target.connect(database, autocommit=False) for _ in range(max(1, min(workers, len(tables))))]

    def sent(rows: int) -> None:
        done.append(rows)

    def work(connection: Connection) -> None:
        while waiting:
            try:
                table = waiting.pop()
            except IndexError:  # another thread had the last one
                return
            try:
                with explained(f"loading {table.name}"):
                    filled[table.name] = load_table(table, connection, sent)
            except PgproofError as error:
                connection.rollback()
                refused[table.name] = str(error)

    with ThreadPoolExecutor(len(connections)) as pool:
        running = [pool.submit(work, connection) for connection in connections]
        try:
            while wait(running, timeout=0.1).not_done:
                progress("loading rows", min(sum(done), total), total, "rows")
        except BaseException:
            waiting.clear()
            for connection in connections:
                connection.cancel()
            raise
        finally:
            waiting.clear()
    for connection in connections:
        connection.close()
    for one in running:
        one.result()
    progress("loading rows", total, total, "rows")
    return filled, refused


def _again(
    connection: Connection, world: World, filled: dict[str, Loaded], refused: Iterable[str]
) -> list[FilledTable]:  # fmt: skip
    """The tables that have to be filled anew since some of their rows were refused, emptied.

    A sample of them was taken before, so these are few rows; whoever refers to their tables may have referred to them.
    """
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


@contextmanager
def past_policies(target: Target, schema: Schema) -> Iterator[None]:
    """Let the workload's role write rows past policies for as long, where row-level security is forced on it."""
    if not (target.login and any(table.row_security for table in schema.tables)):
        yield
        return
    with target.connect() as admin, past_row_security(admin):
        yield

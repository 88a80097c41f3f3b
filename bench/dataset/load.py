"""Fill the tables: by processes for a package that makes many rows, else by this one; scripts by one connection."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue

from psycopg import sql

from bench.dataset.source import scripts, variables
from bench.dataset.table import Table
from bench.dataset.worker import Loaded, Recipe, Report, load_table, work
from bench.errors import DatasetError
from bench.model import Statement
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.postgres.statements import run_file
from bench.progress import Progress
from bench.workload.sqlfile import fill_in, read_text, split

ROWS_OF_A_WORKER = 50_000
"""Below that a process takes longer to start, 0.5 s of CPU, than to load its share."""


def load(
    target: Target, database: str, recipe: Recipe, clock: str, workers: int, progress: Progress, scheduler: str = ""
) -> dict[str, Loaded]:
    """Fill ``database``; return the tables that were filled.

    By ``workers`` processes of this machine, or by those of the Dask cluster whose ``scheduler`` (host:port) is named.

    Raises:
        DatasetError: the folder makes no rows, or rows break a constraint.
    """
    made = recipe.tables()
    files = scripts(recipe.folder)
    if not made and not files:
        hint = "add dataset/__init__.py with tables(), or a dataset/fill.sql"
        raise DatasetError(f"{recipe.folder} makes no rows", hint=hint)
    if scheduler and not made:
        hint = "leave --workers dask://… out"
        raise DatasetError("SQL scripts make the rows, on the server: there is nothing for a cluster to do", hint=hint)
    filled: dict[str, Loaded] = {}
    if made and scheduler:
        from bench.dataset.cluster.loading import load_tables

        filled, _ = load_tables(target, database, recipe, recipe.folder, made, scheduler, progress)
    elif made:
        sizes = {table.name: table.rows for table in made}
        workers = min(workers, len(sizes), sum(sizes.values()) // ROWS_OF_A_WORKER)
        if workers > 1:
            filled = _run_workers(target, database, recipe, sizes, workers, progress)
        else:
            filled = _load_here(target, database, made, progress)
    if files:
        with target.connect(database) as connection:
            values = variables(recipe.scale, recipe.seed, recipe.skew, clock, recipe.base)
            for number, file in enumerate(files):
                progress("running scripts", number, len(files), "files")
                name = f"dataset/{file.name}"
                run_file(connection, [_filled_in(s, values, name) for s in split(read_text(file), name)], name)
            progress("running scripts", len(files), len(files), "files")
            filled |= _server_side_hashes(connection, set(filled))
    return filled


def _filled_in(statement: Statement, values: Mapping[str, str], file: str) -> Statement:
    return Statement(fill_in(statement.sql, values, file), statement.line)


def _server_side_hashes(connection: Connection, known: set[str]) -> dict[str, Loaded]:
    """Order-free content hashes for rows that a script made: only the server has seen them."""
    found = {}
    for row in rows(connection, "list_tables"):
        if row["name"] not in known:
            table = sql.Identifier(row["schema_name"], row["table_name"])
            statement = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {} AS t"
            count, total = connection.execute(sql.SQL(statement).format(table)).fetchall()[0]
            found[row["name"]] = Loaded(count, str(total))
    return found


def _load_here(target: Target, database: str, made: Sequence[Table], progress: Progress) -> dict[str, Loaded]:
    filled: dict[str, Loaded] = {}
    done, total = 0, sum(table.rows for table in made)

    def sent(rows: int) -> None:
        nonlocal done
        if rows:
            done += rows
            progress("loading rows", done, total, "rows")

    with target.connect(database, autocommit=False) as connection:
        for table in made:
            with explained(f"loading {table.name}"):
                filled[table.name] = load_table(table, connection, sent)
    return filled


def _run_workers(
    target: Target, database: str, recipe: Recipe, sizes: Mapping[str, int], workers: int, progress: Progress
) -> dict[str, Loaded]:
    context = multiprocessing.get_context("spawn")
    todo: Queue[str | None] = context.Queue()
    reports: Queue[Report] = context.Queue()
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        todo.put(name)
    for _ in range(workers):
        todo.put(None)
    processes = [
        context.Process(target=work, args=(recipe, target, database, todo, reports), daemon=True)
        for _ in range(workers)
    ]
    try:
        for process in processes:
            process.start()
        return _collect(processes, reports, sizes, progress)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
        todo.cancel_join_thread()


def _collect(
    processes: Sequence[BaseProcess], reports: Queue[Report], sizes: Mapping[str, int], progress: Progress
) -> dict[str, Loaded]:
    filled: dict[str, Loaded] = {}
    done, total = 0, sum(sizes.values())
    while len(filled) < len(sizes):
        try:
            report = reports.get(timeout=0.2)
        except queue.Empty:
            if not any(process.is_alive() for process in processes) and reports.empty():
                codes = [process.exitcode for process in processes]
                raise DatasetError(f"a loading process ended early (exit codes {codes})", hint="run again") from None
            continue
        if report.failure:
            raise report.failure
        if report.bug:
            raise RuntimeError(f"a loading process failed on {report.table}:\n{report.bug}")
        done += report.rows
        if report.rows:
            progress("loading rows", done, total, "rows")
        if report.done:
            filled[report.table] = report.done
    return filled

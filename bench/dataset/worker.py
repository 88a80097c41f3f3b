"""A loading process: makes the chunks of one table after the other and copies them in.

One table goes through one connection in chunk order, so that the physical order of the rows, and with it each buffer
count, is the same whatever the number of workers. Making the next chunk and sending this one overlap in two threads.
"""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql

from bench.dataset.source import tables
from bench.dataset.table import Table, identifier_of
from bench.errors import PgproofError
from bench.postgres.connection import Connection, Target
from bench.postgres.copying import copy_statement, encoder_of

if TYPE_CHECKING:
    from bench.inference.rows.filling import FilledTable

AHEAD = 1
"""Chunks made ahead of the one being sent: enough to keep both threads busy, few enough to keep memory flat."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that defines the rows."""

    folder: Path
    scale: int
    seed: int
    skew: str
    base: int | None = None
    """Units that are spread over all tenants, while those beyond belong to the largest one; None: all of them."""
    clock: str = ""
    """The present of the rows, for a package that is told."""

    def tables(self) -> list[Table]:
        """The tables that the dataset's package makes by it."""
        return tables(self.folder, self.scale, self.seed, self.skew, self.base, self.clock)


@dataclass(frozen=True, slots=True)
class Loaded:
    """One filled table: how many rows, and the hash of their content."""

    rows: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker says: rows just sent, a table that is done, or a failure."""

    table: str
    rows: int = 0
    done: Loaded | None = None
    failure: PgproofError | None = None
    bug: str = ""


def work(recipe: Recipe, target: Target, database: str, todo: Queue[str | None], reports: Queue[Report]) -> None:
    """Load tables from ``todo`` until it gives None. Runs in a process of its own."""
    logging.getLogger("psycopg").addHandler(logging.NullHandler())  # what it warns of is reported, in our words
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process decides what an interruption means
    parent = os.getppid()
    name = ""
    try:
        by_name = {table.name: table for table in recipe.tables()}
        with target.connect(database, autocommit=False) as connection:
            while name := todo.get() or "":
                _load(by_name[name], connection, reports, parent)
    except PgproofError as error:
        reports.put(Report(name, failure=error))
    except BaseException as error:  # reported by the main process, with the traceback that only this process has
        _report_bug(name, error, reports)


def _report_bug(name: str, error: BaseException, reports: Queue[Report]) -> None:
    import traceback

    from bench.postgres.failures import explained

    try:
        with explained(f"loading {name}"):
            raise error
    except PgproofError as known:
        reports.put(Report(name, failure=known))
    except BaseException:
        reports.put(Report(name, bug=traceback.format_exc()))


def _load(table: Table, connection: Connection, reports: Queue[Report], parent: int) -> None:
    def sent(rows: int) -> None:
        if rows:
            reports.put(Report(table.name, rows))
        if os.getppid() != parent:
            raise SystemExit("the main process is gone")

    reports.put(Report(table.name, done=load_table(table, connection, sent)))


def load_table(
    table: Table | FilledTable, connection: Connection, sent: Callable[[int], None] = lambda rows: None
) -> Loaded:
    """Copy all rows of the table in, in a transaction of its own; ``sent`` hears of each piece how many it had."""
    loaded = copy_table(table, connection, sent)
    connection.commit()
    return loaded


def copy_table(
    table: Table | FilledTable, connection: Connection, sent: Callable[[int], None] = lambda rows: None
) -> Loaded:
    """The same without an end of the transaction."""
    digest, total = hashlib.sha256(), 0
    name, options = identifier_of(table), ("FREEZE",) if getattr(table, "whole", True) else ()
    # FREEZE needs the table to be new or emptied in this transaction; it saves rewriting every page later.
    if options:
        connection.execute(sql.SQL("TRUNCATE ONLY {}").format(sql.Identifier(*name)))
    statement = copy_statement(name, table.schema.names, *options, text=getattr(table, "text", False))
    with connection.cursor().copy(statement) as copy:
        for piece, rows in _pieces(table):
            copy.write(piece)
            digest.update(hashlib.sha256(piece).digest())
            total += rows
            sent(rows)
    return Loaded(total, digest.hexdigest())


def _pieces(table: Table | FilledTable) -> Iterator[tuple[bytes, int]]:
    """Yield (bytes, rows) in order, made by a second thread ahead of the sending one."""
    made: queue.Queue[tuple[bytes, int] | BaseException | None] = queue.Queue(AHEAD)

    def make() -> None:
        try:
            encoder = encoder_of(table.schema, text=getattr(table, "text", False))
            made.put((encoder.header(), 0))
            for index in range(table.chunks):
                batch = table.build(index)
                made.put((encoder.rows(batch), batch.num_rows))
            made.put((encoder.trailer(), 0))
            made.put(None)
        except BaseException as error:  # raised again by the sending thread
            made.put(error)

    threading.Thread(target=make, daemon=True).start()
    while (item := made.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        yield item

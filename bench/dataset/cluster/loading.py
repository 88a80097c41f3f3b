"""The side of a load that asks: which tables are still to be loaded, how far they are, and who is gone."""

from __future__ import annotations

import contextlib
import logging
import pickle
import queue
import secrets
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path

import psycopg
from distributed import Client, Future, KilledWorker
from distributed.comm.core import CommClosedError
from distributed.security import Security

from bench.dataset.cluster.job import Job, Source, TakesPart, files_of, load_table, rules_here, topic
from bench.dataset.cluster.once import close_notes, open_notes
from bench.dataset.table import Table
from bench.dataset.worker import Loaded, Recipe
from bench.errors import DatasetError, PgproofError, ServerError
from bench.inference.rows.filling import FilledTable
from bench.postgres.connection import Connection, Target
from bench.progress import Progress

PATIENCE_S = 20.0
"""How long a scheduler may take to answer, and to have a worker: one that died is started again within seconds."""

TRIES = 3
"""How often a table is asked for where the connection to the server broke; a worker that dies does not count."""

SPARE = 10
"""Connections that are left to others."""

LOOK_S = 1.0
"""Pause between looks at who is there."""

Tables = Sequence[Table | FilledTable]


def load_tables(
    target: Target, database: str, source: Source, folder: Path, tables: Tables, scheduler: str,
    progress: Progress,
) -> tuple[dict[str, Loaded], dict[str, PgproofError]]:  # fmt: skip
    """Fill ``tables`` by the workers at ``scheduler`` (host:port); return those filled, and why others are not.

    Args:
        target: where to; of it workers get what is in the DSN, a password too.
        database: its name.
        source: what the rows are made of.
        folder: the dataset/ whose Python takes part in that.
        tables: those to fill.
        scheduler: the address of a Dask scheduler.
        progress: told as ever.

    Raises:
        ServerError: no scheduler, or none of its workers, can take part.
        DatasetError: a worker died again and again at the same rows.
    """
    token = secrets.token_hex(8)
    with _quiet(), _client(scheduler) as client, target.connect(database) as own:
        job = Job(token, target.as_seen_by(own), database, pickle.dumps(source), files_of(folder), rules_here())
        open_notes(own, token)
        try:
            with _taking_part(client, job):
                return _Loading(client, own, token, source, tables, progress).run()
        finally:
            with contextlib.suppress(psycopg.OperationalError):  # the server is gone, and its rows are of no use
                close_notes(own, token)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Dask's own log of this process is silent: what matters of it is said in our words."""
    loggers = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict) if name.startswith("distr")]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)


@contextlib.contextmanager
def _client(scheduler: str) -> Iterator[Client]:
    """A client of that scheduler which has a worker, encrypted where Dask's configuration has a certificate."""
    scheme = "tls" if Security().tls_ca_file else "tcp"
    hint = "start it with 'dask scheduler', and its workers with 'dask worker HOST:PORT'"
    try:
        client = Client(f"{scheme}://{scheduler}", timeout=PATIENCE_S, set_as_default=False, name="pgproof")
    except (OSError, ValueError, RuntimeError) as error:
        raise ServerError(f"no Dask scheduler answers at {scheduler}", hint=hint) from error
    try:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError:
            raise ServerError(f"the Dask scheduler at {scheduler} has no worker", hint=hint) from None
        yield client
    except CommClosedError:
        raise ServerError(f"the Dask scheduler at {scheduler} went away", hint="run the command again") from None
    finally:
        client.close(timeout=PATIENCE_S)


@contextlib.contextmanager
def _taking_part(client: Client, job: Job) -> Iterator[None]:
    """Give the job to every worker, also to those that come later, and take it away at the end."""
    plugin = TakesPart(job)
    try:
        try:
            client.register_plugin(plugin)
        except ImportError as error:
            hint = "pip install 'pgproof[dask]' there"
            raise ServerError(f"a machine of the Dask cluster lacks pgproof ({error})", hint=hint) from None
        yield
    finally:
        with contextlib.suppress(OSError, TimeoutError):
            client.unregister_worker_plugin(plugin.name)


class _Loading:
    """The state of one load."""

    def __init__(
        self, client: Client, own: Connection, token: str, source: Source, tables: Tables, progress: Progress
    ) -> None:  # fmt: skip
        self.client, self.own, self.token, self.source, self.progress = client, own, token, source, progress
        self.sizes = {table.name: table.rows for table in sorted(tables, key=lambda table: -table.rows)}
        self.numbers = {name: number for number, name in enumerate(self.sizes)}
        self.waiting = deque(self.sizes)
        self.running: dict[Future, str] = {}
        self.tries: Counter[str] = Counter()
        self.ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.sent: dict[str, int] = {}
        self.filled: dict[str, Loaded] = {}
        self.refused: dict[str, PgproofError] = {}

    def run(self) -> tuple[dict[str, Loaded], dict[str, PgproofError]]:
        """Have all tables loaded, the largest first."""
        total = sum(self.sizes.values())
        places, looked = self._places(), time.monotonic()
        seen = looked
        self.client.subscribe_topic(topic(self.token), self._hear)
        try:
            while self.waiting or self.running:
                self._ask_for_more(places)
                with contextlib.suppress(queue.Empty):
                    self._take(self.ended.get(timeout=0.2))
                if time.monotonic() - looked > LOOK_S:
                    looked, places = time.monotonic(), self._places()
                    seen = looked if places else seen
                    if looked - seen > PATIENCE_S:
                        hint = "start some, and run the command again"
                        raise ServerError("the Dask scheduler has no worker left", hint=hint)
                self.progress("loading rows", min(sum(self.sent.values()), total - 1), total, "rows")
        finally:
            self.client.cancel(list(self.running))
        self.progress("loading rows", total, total, "rows")
        return self.filled, self.refused

    def _hear(self, event: tuple[float, tuple[str, int]]) -> None:
        """A worker tells how many rows of a table it has sent; one that begins anew tells fewer."""
        name, sent = event[1]
        self.sent[name] = sent

    def _places(self) -> int:
        """Tables that may be loaded at a time: as many as workers have threads, and the server has room for."""
        room = self.own.execute(
            "SELECT current_setting('max_connections')::int - count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend'"
        ).fetchall()[0][0]
        threads = sum(self.client.nthreads().values())
        return min(threads, max(1, room + len(self.running) - SPARE)) if threads else 0

    def _ask_for_more(self, places: int) -> None:
        while self.waiting and len(self.running) < places:
            name = self.waiting.popleft()
            key = f"pgproof-{self.token}-{name}-whole-{self.tries[name]}"
            future = self.client.submit(load_table, self.token, name, self.numbers[name], key=key)
            self.running[future] = name
            future.add_done_callback(self.ended.put)

    def _take(self, future: Future) -> None:
        """Enter what became of a table."""
        name = self.running.pop(future)
        try:
            self.filled[name] = future.result(timeout=PATIENCE_S)
            self.sent[name] = self.sizes[name]
        except KilledWorker as error:
            hint = "has it memory for a chunk of it? its log may say more"
            raise DatasetError(f"{name}: worker after worker died at its rows", hint=hint) from error
        except (CancelledError, CommClosedError) as error:
            raise ServerError("the Dask scheduler went away", hint="run the command again") from error
        except ServerError as error:
            self.tries[name] += 1
            if self.tries[name] == TRIES:
                raise error from None
            self.waiting.appendleft(name)
        except PgproofError as error:
            if isinstance(self.source, Recipe):  # its rows are as they are, those of a plan can be planned anew
                raise
            self.refused[name] = error

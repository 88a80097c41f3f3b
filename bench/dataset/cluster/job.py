"""What a worker has to know of a load, and what it does with it.

The job reaches each worker beside the tasks, as a plugin, and stays in its memory: a task is its token, a table and a
number, so that no way to a server and no password stands in a task graph, a log or a page of the cluster.
"""

from __future__ import annotations

import pickle
import shutil
import tempfile
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from distributed import Future, Worker, WorkerPlugin, get_client, get_worker, secede

from bench import __version__
from bench.dataset.cluster.once import are_open, load_once
from bench.dataset.plans import with_functions
from bench.dataset.rules import rules_hash
from bench.dataset.table import Table
from bench.dataset.worker import Loaded, Recipe
from bench.errors import PgproofError, ServerError
from bench.inference.rows.filling import FilledTable, tables_of
from bench.inference.rows.world import World
from bench.postgres.connection import Target
from bench.postgres.failures import explained

AHEAD = 4
"""Chunks of a table that are made at a time: twice what one connection takes of rows that are dear to make."""

Source = Recipe | World
"""What rows are made of: a dataset's package, or a plan."""


@dataclass(frozen=True)
class Job:
    """All of it; ``files`` are those of the dataset's folder, which a worker on another machine does not have."""

    token: str
    target: Target = field(repr=False)
    database: str
    source: bytes = field(repr=False)
    """A ``Source``, pickled once more: one of another version is not read before that is known."""
    files: Mapping[str, bytes] = field(repr=False)
    made_by: str = ""


def rules_here() -> str:
    """By which rules rows are made in this process: two that say the same make the same."""
    return f"{__version__} {rules_hash()}"


def files_of(folder: Path) -> dict[str, bytes]:
    """What a dataset's Python is made of, by path; nothing where there is no such folder."""
    found = (file for file in sorted(folder.rglob("*")) if file.is_file() and "__pycache__" not in file.parts)
    return {str(file.relative_to(folder)): file.read_bytes() for file in found if file.suffix != ".sql"}


class TakesPart(WorkerPlugin):  # type: ignore[misc] # Dask has types in part
    """Gives a worker the job, also one that comes later; without it, it makes no row."""

    def __init__(self, job: Job) -> None:
        self.job, self.name = job, f"pgproof-{job.token}"

    def setup(self, worker: Worker) -> None:
        """Keep the job, once it is known that this worker makes the same rows and reaches the same database."""
        try:
            _KEPT[self.job.token] = _Kept(self.job, worker.address)
        except PgproofError as error:
            _UNFIT[self.job.token] = error
            raise

    def teardown(self, worker: Worker) -> None:
        """Forget the job."""
        if kept := _KEPT.pop(self.job.token, None):
            shutil.rmtree(kept.folder, ignore_errors=True)


class _Kept:
    """A job in the memory of a worker, ready to make rows."""

    def __init__(self, job: Job, address: str) -> None:
        if job.made_by != rules_here():
            there, here = job.made_by.split()[0], rules_here().split()[0]
            hint = "install the same everywhere: pip install 'pgproof[dask]'"
            raise ServerError(f"worker {address} has another pgproof ({here}, asked by {there})", hint=hint)
        self.job = job
        self._insist_on_the_database(address)
        self.folder = Path(tempfile.mkdtemp(prefix="pgproof-rows-"))
        for name, content in job.files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)
        source: Source = pickle.loads(job.source)  # noqa: S301 - it comes the way that the job itself comes
        self.tables = {table.name: table for table in _tables(source, self.folder)}

    def _insist_on_the_database(self, address: str) -> None:
        job, host = self.job, self.job.target.host
        if host.startswith("/") and not Path(host).exists():
            raise ServerError(
                f"worker {address} does not reach the server, which listens on a socket of one machine alone",
                hint="remote workers need a server of yours: --dsn with a host that they reach",
            )
        try:
            with job.target.connect(job.database) as connection:
                there = are_open(connection, job.token)
        except ServerError as error:
            hint = "they need a host that they reach, and a password in --dsn, PGPASSWORD or a ~/.pgpass of their own"
            raise ServerError(f"worker {address}: {error.message}", hint=hint) from None
        if not there:
            raise ServerError(f"worker {address} reaches another server at {host}", hint="name the host in --dsn")


_KEPT: dict[str, _Kept] = {}
_UNFIT: dict[str, PgproofError] = {}


def _tables(source: Source, folder: Path) -> list[Table] | list[FilledTable]:
    if isinstance(source, Recipe):
        return replace(source, folder=folder).tables()
    source.plan = with_functions(source.plan, folder)
    source.plans |= {plan.name: plan for plan in source.plan.tables if plan.name in source.plans}
    return tables_of(source)


class _SpreadTable:
    """A table whose chunks are made by all workers, some ahead of the one that is sent."""

    def __init__(self, token: str, table: Table | FilledTable) -> None:
        self._token, self._table, self._client = token, table, get_client()
        self._asked: deque[Future] = deque()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what there is of a table
        return getattr(self._table, name)

    def build(self, chunk: int) -> pa.RecordBatch:
        """The chunk, which has to be the first or the one that follows; a worker that dies at it is replaced."""
        for number in range(chunk + len(self._asked), min(chunk + AHEAD, self._table.chunks)):
            key = f"pgproof-{self._token}-{self._table.name}-{number}"
            self._asked.append(self._client.submit(make_chunk, self._token, self._table.name, number, key=key))
        return self._asked.popleft().result()


def make_chunk(token: str, table: str, chunk: int) -> pa.RecordBatch:
    """The task that many carry out: the rows of a chunk."""
    return _kept(token).tables[table].build(chunk)


def load_table(token: str, table: str, number: int) -> Loaded:
    """The task of one table: send its chunks, in order, over a connection of its own.

    Raises:
        PgproofError: the server takes the rows not, or cannot be reached.
    """
    kept, worker, done = _kept(token), get_worker(), 0

    def sent(rows: int) -> None:
        nonlocal done
        done += rows
        worker.log_event(topic(token), (table, done))

    secede()  # so that this worker makes chunks meanwhile
    with (
        explained(f"loading {table}"),
        kept.job.target.connect(kept.job.database, autocommit=False) as connection,
    ):
        spread: Any = _SpreadTable(token, kept.tables[table])  # it has all that a table has
        return load_once(token, spread, number, connection, sent)


def topic(token: str) -> str:
    """Under which Dask's events say how many rows of a table were sent."""
    return f"pgproof-{token}"


def _kept(token: str) -> _Kept:
    if token not in _KEPT:
        raise _UNFIT.get(token) or ServerError("a worker takes no part in this load", hint="see its log")
    return _KEPT[token]

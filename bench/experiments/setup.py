"""What every experiment starts from: a filled database, the parameters chosen from it, and its optimized copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

from bench.dataset.bindings import curate
from bench.dataset.template import Build, ensure, evict
from bench.dataset.worker import Recipe
from bench.errors import PgproofError
from bench.model import Applied, Binding, Dataset, Query
from bench.postgres import databases, optimizations
from bench.postgres.connection import Connection, Target, checkpoint
from bench.postgres.servers import ServerHandle
from bench.progress import Progress, silent
from bench.workload import Workload


@dataclass(frozen=True, slots=True)
class Ground:
    """A workload, and the server that it is put on."""

    workload: Workload
    server: ServerHandle
    target: Target
    admin: Connection
    progress: Progress = field(default=silent, repr=False)


def fill(ground: Ground, recipe: Recipe, workers: int, cache_limit_bytes: int) -> tuple[str, Dataset]:
    """Return the name of the filled database and its manifest, filling it where there is none.

    Older filled databases are dropped until all take ``cache_limit_bytes`` at most.

    Raises:
        WorkloadError: the dataset's files are wrong.
    """
    server = ground.server
    build = Build(ground.target, server.version_num // 10000, server.bulk, workers, ground.progress)
    template, dataset = ensure(ground.admin, ground.workload, recipe, build)
    evict(ground.admin, cache_limit_bytes, template)
    return template, dataset


def choose(ground: Ground, template: str, queries: Sequence[Query]) -> dict[str, dict[str, tuple[Binding, ...]]]:
    """Return the bindings of each query by class, from the rows of the filled database."""
    workload = ground.workload
    with ground.target.connect(template) as connection:
        return curate(connection, queries, workload.dataset / "classes.sql", workload.clock, ground.progress)


def optimize(ground: Ground, template: str, name: str, about: Mapping[str, Any]) -> tuple[Applied, ...]:
    """Make ``name`` the state after: a copy of ``template`` with all optimizations applied.

    Args:
        ground: where.
        template: name of the filled database.
        name: name of the new one; it is the caller's to drop, also where this fails.
        about: what its mark says beside the workload's name.
    """
    with ground.server.bulk():
        databases.clone(ground.admin, template, name, "after", {"workload": ground.workload.name, **about})
        return apply(ground, name)


def copy(server: ServerHandle, admin: Connection, source: str, name: str) -> None:
    """Make ``name``, a copy of ``source``, with nothing left to write while somebody measures. It is the caller's."""
    with server.bulk():
        databases.clone(admin, source, name, "scratch")
        checkpoint(admin)


@contextmanager
def passing_copy(server: ServerHandle, admin: Connection, source: str, name: str) -> Iterator[str]:
    """A copy of ``source`` that goes at the end of the block."""
    copy(server, admin, source, name)
    try:
        yield name
    finally:
        # Where the server is gone, the block says so, and the next run drops it.
        with suppress(PgproofError, psycopg.OperationalError):
            databases.drop(admin, name)
            databases.release(admin, name)


def drop_copies(target: Target, stamp: str) -> None:
    """Drop what the invocation of that ``stamp()`` made; where the server is gone, the next run does it."""
    with suppress(PgproofError, psycopg.OperationalError), target.connect() as admin:
        for one in databases.own_databases(admin):
            if one.name.startswith(f"{databases.PREFIX}{stamp}_"):
                databases.drop(admin, one.name)


def apply(ground: Ground, name: str) -> tuple[Applied, ...]:
    """Apply all optimizations to ``name``, and leave nothing of that to be written while somebody measures."""
    with ground.target.connect(name) as connection:
        applied = optimizations.apply_all(connection, ground.workload.optimizations, ground.progress)
    checkpoint(ground.admin)
    return applied

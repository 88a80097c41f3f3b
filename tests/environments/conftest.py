"""A schema with one object of each kind and a block of each sort, built once, and a database that others work on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.environments.files import Built, Files, built
from bench.environments.judge import Judgement, judge
from bench.environments.record import Build, Environment
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.definition import read_definition
from bench.postgres.servers import ServerHandle
from bench.postgres.statements import run_file
from bench.progress import silent
from bench.workload.distribution import read_distribution
from bench.workload.optimizations import read_optimizations
from bench.workload.psql import read_statements

HERE = Path(__file__).parent
LIVE = "pgproof_environment"

Judged = Callable[..., Judgement]


def files_here(schema: Path = HERE / "schema.sql", folder: Path = HERE) -> Files:
    steps = tuple(read_statements(schema.read_text(), schema.name))
    blocks = read_optimizations(folder / "optimizations.sql", folder)
    return Files("everything", steps, optimizations=blocks, distribution=read_distribution(folder))


def dsn_of(server: ServerHandle, database: str, **parts: str) -> str:
    return make_conninfo(**(conninfo_to_dict(server.dsn) | {"dbname": database, "options": ""} | parts))


@pytest.fixture(scope="package")
def everything(server: ServerHandle, target: Target) -> Iterator[Built]:
    """What the files beside this one define, and the database that it was read from."""
    with built(files_here(), server, silent) as found:
        yield found


@pytest.fixture(scope="package")
def live(server: ServerHandle, target: Target) -> Iterator[Connection]:
    """A database with the schema and all blocks, as psql would have made it; tests change it and roll that back."""
    files = files_here()
    with target.connect() as admin:
        databases.claim(admin, LIVE)
        databases.create(admin, LIVE, "scratch")
        with target.connect(LIVE) as connection:
            run_file(connection, files.schema, "schema.sql")
            for block in files.optimizations:
                run_file(connection, block.statements, block.file)
            yield connection
        databases.drop(admin, LIVE)


@pytest.fixture
def judged(everything: Built, live: Connection) -> Judged:
    """Change the living database, hold it against the files, and take the change back."""

    def after(change: str, *ignored: str, builds: tuple[Build, ...] = ()) -> Judgement:
        with live.transaction(force_rollback=True):
            live.execute(change)
            environment = Environment("here", "18.6", 18, read_definition(live), builds)
        return judge(everything.defined, environment, ignored)

    return after

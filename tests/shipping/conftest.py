"""A database that people work on, and psql on it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle
from tests.shipping.scripts import (
    Psql,
    command,
)


@pytest.fixture
def live(admin: Connection, target: Target) -> Iterator[Connection]:
    """A database that people work on."""
    databases.create(admin, "pgproof_live", "scratch")
    with target.connect("pgproof_live") as connection:
        connection.execute("CREATE TABLE t AS SELECT n, n % 7 AS m, 'x' || n AS s FROM generate_series(1, 1000) AS n")
        yield connection


@pytest.fixture
def psql(server: ServerHandle) -> Psql:
    """Run a script in the live database."""

    def call(script: str) -> subprocess.CompletedProcess[str]:
        line = command(server, "pgproof_live")
        return subprocess.run(line, input=script, capture_output=True, text=True, check=False, timeout=60)

    return call

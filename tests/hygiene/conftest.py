"""Databases for the traps, on the newest and the oldest server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.postgres import databases, extensions
from bench.postgres.connection import Connection, Target
from tests.hygiene.traps import TABLES


@pytest.fixture(scope="module")
def scratch(target: Target) -> Iterator[Connection]:
    """A database of ours with extension pgstattuple."""
    with target.connect() as admin:
        databases.create(admin, "pgproof_hygiene", "scratch")
        with target.connect("pgproof_hygiene") as connection:
            extensions.create(connection, "pgstattuple", "public")
            connection.execute("CREATE EXTENSION pg_trgm")
            yield connection
        databases.drop(admin, "pgproof_hygiene")


@pytest.fixture
def made(scratch: Connection) -> Iterator[Connection]:
    """Its tables, which are gone after the test."""
    scratch.execute(TABLES)
    yield scratch
    scratch.execute("DROP SCHEMA s CASCADE")


@pytest.fixture(scope="module")
def old(dsn15: str) -> Iterator[Connection]:
    """A database on PostgreSQL 15."""
    with Target(dsn15).connect() as admin:
        databases.create(admin, "pgproof_hygiene", "scratch")
        with Target(dsn15).connect("pgproof_hygiene") as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            yield connection
        databases.drop(admin, "pgproof_hygiene")

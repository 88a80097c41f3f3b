"""The objects of a living database: read only, in one snapshot, by a role that need not be allowed anything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import IsolationLevel

from bench.environments.files import plan_settings
from bench.environments.record import Build, Environment
from bench.errors import ServerError
from bench.postgres import cluster
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.definition import read_definition
from bench.postgres.failures import explained
from bench.postgres.servers.conninfo import users_dsn
from bench.postgres.servers.dsn import check_version, connect

LIMITS = {"lock_timeout": "5s", "statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s"}
"""To print a definition the server takes a reader's lock, for which it may have to wait, and others behind it."""


def read_environment(dsn: str) -> Environment:
    """Read what the database at ``dsn`` holds, in one REPEATABLE READ, READ ONLY transaction.

    Raises:
        ServerError: it cannot be reached, is too old, or somebody holds what has to be read; no secret is shown.
    """
    with connect(users_dsn(dsn)) as connection:
        where = label(connection)
        check_version(connection, where)
        connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
        with explained(f"reading the catalog of {where}"), _patient(where), connection.transaction():
            for name, value in LIMITS.items():
                connection.execute(f"SET LOCAL {name} = '{value}'")
            connection.execute("SET LOCAL search_path = pg_catalog")
            builds = _builds(connection)  # first: one that ends meanwhile is then not taken for one that failed
            objects = read_definition(connection)
            version = connection.info.server_version
            return Environment(
                where, f"{version // 10000}.{version % 10000}", version // 10000, objects, builds,
                plan_settings(connection), _distribution(connection),
            )  # fmt: skip


def _distribution(connection: Connection) -> dict[str, str] | None:
    """How its tables are spread; a shard of a worker is no business of the files."""
    if not cluster.version(connection):
        return None
    return {row["table_name"]: row["column_name"] for row in rows(connection, "list_distributed_tables")}


@contextmanager
def _patient(where: str) -> Iterator[None]:
    """Say in a line that somebody holds a lock for too long."""
    try:
        yield
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
        hint = "somebody changes its tables now: try again later"
        raise ServerError(f"reading the catalog of {where}: {error.diag.message_primary}", hint=hint) from None


def label(connection: Connection) -> str:
    """What the database is called: ``app on staging``, the port where it is not PostgreSQL's own."""
    info = connection.info
    host = "this machine" if info.host.startswith("/") else info.host
    port = "" if info.port == 5432 else f":{info.port}"
    return f"{info.dbname} on {host}{port}"


def _builds(connection: Connection) -> tuple[Build, ...]:
    found = rows(connection, "list_index_builds")
    return tuple(Build(row["table_identifier"], row["index_identifier"] or "") for row in found)

"""The server's buffers, emptied by its own function; where it has none, the caller may restart it."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from bench.errors import ServerError
from bench.postgres import databases, ledger
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import first_line

EVICT_ALL_SINCE = 180000
"""PostgreSQL 18 brings ``pg_buffercache_evict_all`` (its release notes, pg_buffercache)."""

REFUSED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedFile,
    psycopg.errors.FeatureNotSupported,
    psycopg.errors.UndefinedFunction,
)
"""The extension cannot be had here, or not be used by this role, or is too old."""


def open_evictor(admin: Connection, target: Target, name: str) -> tuple[Connection | None, str]:
    """A connection on which ``evict`` works, or the reason why there is none.

    Its database ``name`` is new and pgproof's own, because the extension has to stand somewhere, and the databases
    that are measured should stay as they are. It is the caller's to drop.
    """
    version = admin.info.server_version
    if version < EVICT_ALL_SINCE:
        return None, f"PostgreSQL {version // 10000} has no function that empties them (18 has)"
    databases.claim(admin, name)
    databases.create(admin, name, "scratch")
    connection = target.connect_as_ourselves(name)
    try:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {ledger.SCHEMA}")
        connection.execute(f"CREATE EXTENSION pg_buffercache SCHEMA {ledger.SCHEMA}")
        evict(connection)
    except REFUSED as error:
        connection.close()
        return None, first_line(error)
    except BaseException:
        connection.close()
        raise
    return connection, ""


def evict(connection: Connection) -> tuple[int, int]:
    """Empty the buffers of the whole server; return how many were written for it, and how many stayed.

    A buffer stays when somebody is using it at this moment.
    """
    (found,) = rows(connection, "evict_buffers")
    return int(found["flushed"]), int(found["skipped"])


def drop_evictor(target: Target, name: str) -> None:
    """Drop the database of ``open_evictor``; where the server is gone, the next run does."""
    with suppress(ServerError, psycopg.OperationalError):
        databases.drop_all(target, [name])

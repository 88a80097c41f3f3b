"""Where PostgreSQL comes from: four ways to get a server, each a context manager that yields a ServerHandle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import psycopg

from bench.errors import ServerError
from bench.postgres.servers.conninfo import redact
from bench.postgres.servers.disk import disk_full, servers_disk_full
from bench.postgres.servers.docker import docker_server
from bench.postgres.servers.dsn import existing_server
from bench.postgres.servers.embedded import embedded_server, local_server
from bench.postgres.servers.handle import ServerHandle, ServerOptions
from bench.postgres.servers.settings import SESSION_SETTINGS, TIMED_SETTINGS
from bench.postgres.workload_role import make_role

__all__ = [
    "SERVERS", "SESSION_SETTINGS", "SUPERUSER", "TIMED_SETTINGS", "ServerHandle", "ServerOptions", "open_server",
    "redact",
]  # fmt: skip

SERVERS: dict[str, Callable[[ServerOptions], AbstractContextManager[ServerHandle]]] = {
    "embedded": embedded_server,
    "local": local_server,
    "docker": docker_server,
    "dsn": existing_server,
}


SUPERUSER = "the role of --dsn is a superuser, so the workload's SQL may do anything on that server (docs/security.md)"
"""Said where it is so."""

LOST = (psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown)
"""How a server takes leave, when it does so in words; otherwise the error has no SQLSTATE at all."""


@contextmanager
def open_server(kind: str, options: ServerOptions) -> Iterator[ServerHandle]:
    """The server of that kind, as a block that ends it (or only lets go of it, where it is not ours).

    A server lost and a disk filled up inside the block are expected failures, whatever statement met them first.
    """
    if kind not in SERVERS:
        raise ServerError(f"no such kind of server: {kind}", hint=f"choose one of {', '.join(SERVERS)}")
    try:
        with SERVERS[kind](options) as handle:
            try:
                yours = options.cluster_sql or not handle.capabilities.ours
                yield handle if yours else replace(handle, login=make_role(handle.dsn))
            except psycopg.errors.DiskFull as error:
                reason = error.diag.message_primary or "disk full"
                raise disk_full(handle.data_dir) if handle.data_dir else servers_disk_full(reason) from error
    except psycopg.OperationalError as error:
        if error.sqlstate is None or isinstance(error, LOST):
            raise ServerError(f"the server ended the connection: {' '.join(str(error).split())}") from error
        raise

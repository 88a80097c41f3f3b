"""Where PostgreSQL comes from: three ways to get a server, each a context manager that yields a ServerHandle."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from bench.errors import ServerError
from bench.servers.docker import docker_server
from bench.servers.dsn import existing_server, redact
from bench.servers.embedded import embedded_server
from bench.servers.handle import ServerHandle, ServerOptions
from bench.servers.settings import SESSION_SETTINGS

__all__ = ["SERVERS", "SESSION_SETTINGS", "ServerHandle", "ServerOptions", "open_server", "redact"]

SERVERS: dict[str, Callable[[ServerOptions], AbstractContextManager[ServerHandle]]] = {
    "embedded": embedded_server,
    "docker": docker_server,
    "dsn": existing_server,
}


def open_server(kind: str, options: ServerOptions) -> AbstractContextManager[ServerHandle]:
    """The server of that kind, as a block that ends it (or only lets go of it, where it is not ours)."""
    if kind not in SERVERS:
        raise ServerError(f"no such kind of server: {kind}", hint=f"choose one of {', '.join(SERVERS)}")
    return SERVERS[kind](options)

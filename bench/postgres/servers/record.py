"""A server that answers, as the record of a run keeps it."""

from __future__ import annotations

from bench.model import Server
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.servers.handle import ServerHandle


def record_of(server: ServerHandle, connection: Connection) -> Server:
    """Kind, version, and the settings that shape plans, work and times."""
    version = str(connection.execute("SHOW server_version").fetchall()[0][0])
    settings = {row["name"]: row["value"] for row in rows(connection, "list_settings")}
    return Server(server.kind, version, server.version_num, settings)

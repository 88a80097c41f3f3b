"""A server that answers, as the record of a run keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import psycopg

from bench.model import ForcedSetting, Server
from bench.postgres import cluster
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.postgres.servers.handle import ServerHandle
from bench.postgres.servers.settings import TIMED_SETTINGS
from bench.settings import PARTS

KEPT = ("plan_cache_mode", "synchronous_commit", *(setting.name for setting in PARTS["results"]))
"""Forced even where queries are measured under the server's own settings."""


def record_of(server: ServerHandle, connection: Connection, *, spread: bool = False) -> Server:
    """Kind, version, and the settings that shape plans, work and times; with ``spread`` the cluster, too."""
    version = str(connection.execute("SHOW server_version").fetchall()[0][0])
    settings = {row["name"]: row["value"] for row in rows(connection, "list_settings")}
    found = Server(server.kind, version, server.version_num, settings, forced_settings(server.dsn))
    if not spread:
        return found
    nodes = 1 + sum(not node.is_coordinator for node in cluster.nodes_of(connection))
    return replace(found, nodes=nodes, citus=cluster.version(connection))


def forced_settings(dsn: str) -> tuple[ForcedSetting, ...]:
    """What every timed connection sets, beside what a session has that sets nothing."""
    with Target(dsn, TIMED_SETTINGS).connect() as timed, explained("reading the server's own settings"):
        forced = _values(timed, TIMED_SETTINGS)
        with psycopg.connect(dsn) as plain:
            own = _values(plain, TIMED_SETTINGS)
    return tuple(ForcedSetting(name, forced[name], own[name], name in KEPT) for name in TIMED_SETTINGS)


def _values(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    query = "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS wanted (name)"
    return dict(connection.execute(query, [list(names)]).fetchall())

"""What was measured on: the fingerprint that has to match a baseline's, and the server."""

from __future__ import annotations

from bench.database import Connection, rows
from bench.judge.records import Fingerprint
from bench.model import Dataset, Server
from bench.servers import ServerHandle
from bench.workload import Workload

WITHOUT_INFLUENCE = {
    "checkpoint_timeout", "fsync", "io_method", "lc_collate", "max_wal_size", "shared_buffers", "synchronous_commit",
    "track_io_timing",
}  # fmt: skip
"""Settings in the run's record that change no counter: each block counts once, whether it was cached or not. Databases
of pgproof have the C collation whatever the server's own."""


def settings_of(connection: Connection) -> dict[str, str]:
    """The settings that shape plans and work."""
    return {row["name"]: row["value"] for row in rows(connection, "list_settings")}


def fingerprint_of(workload: Workload, dataset: Dataset, connection: Connection) -> Fingerprint:
    """What has to be the same for stored counters to be comparable."""
    version = str(connection.execute("SHOW server_version").fetchall()[0][0])
    return Fingerprint(
        server_version=version,
        settings={name: value for name, value in settings_of(connection).items() if name not in WITHOUT_INFLUENCE},
        workload=workload.name,
        scale=dataset.scale,
        unit=dataset.unit,
        seed=dataset.seed,
        skew=dataset.skew,
        clock=dataset.clock,
        tables={table.name: f"{table.rows:,} rows, {table.content_hash[:16]}" for table in dataset.tables},
    )


def server_of(server: ServerHandle, connection: Connection) -> Server:
    """The server, for the record."""
    version = str(connection.execute("SHOW server_version").fetchall()[0][0])
    return Server(server.kind, version, server.version_num, settings_of(connection))

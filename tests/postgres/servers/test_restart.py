"""A server of our own can be restarted: it answers again, with its databases and nothing in its buffers."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.postgres.servers.postmaster import serving


def restarted(handle: ServerHandle) -> None:
    """Restart it while somebody is connected, and look for what was there."""
    assert handle.restart
    with psycopg.connect(handle.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        dsn = handle.restart()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_the_embedded_server_restarts_and_still_ends_with_its_block(used_home: Path) -> None:
    with open_server("embedded", ServerOptions(home=used_home)) as handle:
        restarted(handle)
        restarted(handle)
        assert serving(handle.data_dir)
    assert not serving(handle.data_dir)


def test_a_server_by_dsn_has_no_restart(dsn15: str) -> None:
    with open_server("dsn", ServerOptions(dsn=dsn15)) as handle:
        assert handle.restart is None

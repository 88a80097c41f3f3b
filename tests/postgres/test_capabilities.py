"""What a server lets pgproof do, asked of the server and of the role."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from bench.postgres.capabilities import is_superuser, may_skip_triggers
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle, ServerOptions, docker, open_server
from bench.postgres.servers.disk import free_bytes_of
from bench.postgres.servers.record import record_of


def test_a_server_that_pgproof_started_is_its_own_and_here(server: ServerHandle, admin: Connection) -> None:
    can = server.capabilities
    assert (can.ours, can.clocks_readable, can.is_here(admin)) == (True, True, True)
    assert (free_bytes_of(server) or 0) > 0


def test_a_server_that_pgproof_did_not_start_keeps_its_settings_and_its_files(dsn15: str) -> None:
    with open_server("dsn", ServerOptions(dsn=dsn15)) as other:
        assert (other.capabilities.ours, other.capabilities.clocks_readable, other.restart) == (False, False, None)
        assert other.capabilities.files_out_of_reach.endswith("did not start are not touched")
        assert free_bytes_of(other) is None


def test_a_server_in_a_container_is_here_where_its_port_is(admin: Connection, dsn15: str) -> None:
    """Its processes have numbers of their own, and those of this machine are others."""
    assert not docker.CAPABILITIES.is_here(admin)  # through a socket
    with Target(dsn15).connect() as by_loopback:
        assert docker.CAPABILITIES.is_here(by_loopback)


def test_a_record_of_a_server_remembers_whose_it_was(server: ServerHandle, admin: Connection, dsn15: str) -> None:
    assert record_of(server, admin).ours
    assert record_of(replace(server, kind="docker"), admin).ours
    with open_server("dsn", ServerOptions(dsn=dsn15)) as other, Target(other.dsn).connect() as connection:
        assert not record_of(other, connection).ours


def test_a_role_is_asked_what_it_may(admin: Connection) -> None:
    assert (is_superuser(admin), may_skip_triggers(admin)) == (True, True)
    with admin.transaction():
        admin.execute("CREATE ROLE pgproof_plain")
        admin.execute("SET LOCAL ROLE pgproof_plain")
        assert (is_superuser(admin), may_skip_triggers(admin)) == (False, False)
        raise psycopg.Rollback

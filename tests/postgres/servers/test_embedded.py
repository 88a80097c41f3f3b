"""The embedded server: quick to start, private, set up for repeatable measurements."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import psycopg
import pytest

from bench.errors import ServerError
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle, ServerOptions, open_server
from bench.postgres.servers.settings import EMBEDDED_SETTINGS, machine_memory_bytes, start_settings

DURABILITY = (
    "SELECT DISTINCT setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
)


@pytest.mark.alone
def test_answers_within_five_seconds(home: Path):
    """From nothing at all to the first answer: initdb, start, connect."""
    started = time.monotonic()
    with open_server("embedded", ServerOptions(home=home)) as handle, psycopg.connect(handle.dsn) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
        assert time.monotonic() - started < 5
    assert handle.version_num >= 180000


def test_settings_are_in_force(server: ServerHandle):
    """Every line of settings.conf is what the server runs with, under the name that the server knows."""
    settings = {**start_settings(machine_memory_bytes()), **EMBEDDED_SETTINGS}
    query = "SELECT current_setting(%s), %s::text"
    with psycopg.connect(server.dsn) as conn:
        seen = {name: conn.execute(query, [name, value]).fetchone() for name, value in settings.items()}
    assert {name: shown.lower() for name, (shown, _) in seen.items()} == {
        name: value.lower() for name, value in settings.items()
    }


def test_any_role_may_set_the_session_settings(server: ServerHandle):
    """They are set on servers where we are nobody special."""
    with psycopg.connect(server.dsn) as conn:
        conn.execute("CREATE ROLE ordinary")
        conn.execute("SET ROLE ordinary")
        for name, value in SESSION_SETTINGS.items():
            conn.execute("SELECT set_config(%s, %s, false)", [name, value])
        conn.rollback()


def test_backends_do_not_give_memory_back_after_each_query(server: ServerHandle):
    assert server.data_dir
    pid = (server.data_dir / "postmaster.pid").read_text().splitlines()[0]
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert b"MALLOC_TRIM_THRESHOLD_=268435456" in environment
    assert b"MALLOC_MMAP_THRESHOLD_=33554432" in environment


def test_bulk_switches_durability_off_and_on(server: ServerHandle):
    """Inside the block nothing waits for the disk; after it measurements pay for durability again."""
    with server.bulk(), psycopg.connect(server.dsn) as conn:
        assert conn.execute(DURABILITY).fetchall() == [("off",)]
    with psycopg.connect(server.dsn) as conn:
        assert conn.execute(DURABILITY).fetchall() == [("on",)]


def test_of_bulks_in_one_another_and_beside_one_another_the_last_switches_durability_on(server: ServerHandle):
    first, second = server.bulk(), server.bulk()
    steps = (first.__enter__, second.__enter__, lambda: first.__exit__(None, None, None))
    for step, wanted in zip(
        (*steps, lambda: second.__exit__(None, None, None)), ("off", "off", "off", "on"), strict=True
    ):
        step()
        with psycopg.connect(server.dsn) as conn:
            assert conn.execute(DURABILITY).fetchall() == [(wanted,)]


def test_bulk_switches_durability_on_after_an_error(server: ServerHandle):
    """A load that fails does not leave the server forgetful."""
    with pytest.raises(ZeroDivisionError), server.bulk():
        raise ZeroDivisionError
    with psycopg.connect(server.dsn) as conn:
        assert conn.execute(DURABILITY).fetchall() == [("on",)]


def test_listens_on_a_private_socket_only(server: ServerHandle):
    """No network address, and a socket folder that only the server's account (and root) can enter."""
    with psycopg.connect(server.dsn) as conn:
        assert conn.execute("SHOW listen_addresses").fetchone() == ("",)
        folder = Path(conn.info.host)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_new_cluster_has_c_locale_utf8_and_checksums(server: ServerHandle):
    """Sort orders that no operating system update changes; checksums as PostgreSQL 18 has them."""
    query = "SELECT datcollate, datctype, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template1'"
    with psycopg.connect(server.dsn) as conn:
        assert conn.execute(query).fetchone() == ("C", "C", "UTF8")
        assert conn.execute("SHOW data_checksums").fetchone() == ("on",)


def test_brings_its_own_programs(server: ServerHandle):
    """bin_dir holds the programs of the same version, among them those that the benchmarks use."""
    assert all(os.access(server.bin_dir / name, os.X_OK) for name in ("postgres", "pgbench", "psql"))


def test_environment_does_not_bend_the_connection(used_home: Path, monkeypatch: pytest.MonkeyPatch):
    """A DBA's shell exports PG* variables for other servers; ours is reached all the same."""
    for name, value in {
        "PGHOSTADDR": "127.0.0.1",
        "PGPORT": "9",
        "PGOPTIONS": "-c work_mem=1MB",
        "PGREQUIREAUTH": "scram-sha-256",
        "PGCHANNELBINDING": "require",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "system",
        "PGDATA": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    with open_server("embedded", ServerOptions(home=used_home)) as handle, psycopg.connect(handle.dsn) as conn:
        assert conn.execute("SHOW work_mem").fetchone() == ("16MB",)


def test_unknown_service_in_the_environment_is_one_error(used_home: Path, monkeypatch: pytest.MonkeyPatch):
    """The one variable that a connection string cannot override is named."""
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    with pytest.raises(ServerError, match="unset PGSERVICE"), open_server("embedded", ServerOptions(home=used_home)):
        pass


def test_body_errors_come_through(used_home: Path):
    """What a statement does wrong is not the server's failure."""
    with (
        pytest.raises(psycopg.errors.QueryCanceled),
        open_server("embedded", ServerOptions(home=used_home)) as handle,
        psycopg.connect(handle.dsn) as conn,
    ):
        conn.execute("SET statement_timeout = 1; SELECT pg_sleep(1)")

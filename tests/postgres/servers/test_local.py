"""A server by programs that somebody installed: Debian's, where they are."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from bench.errors import ServerError
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, installations, open_server
from bench.postgres.servers.account import server_account
from bench.postgres.servers.binaries import wheel_programs
from bench.postgres.servers.installations import extensions_of, find_installation
from tests.conftest import DEBIAN_15
from tests.postgres.servers.test_restart import restarted

needs_debian_15 = pytest.mark.skipif(not (DEBIAN_15 / "postgres").exists(), reason=f"no PostgreSQL 15 in {DEBIAN_15}")


@needs_debian_15
def test_an_installed_server_is_one_of_our_own(home: Path) -> None:
    options = ServerOptions(home=home, pg_bin=DEBIAN_15)
    with open_server("local", options) as handle:
        assert (handle.kind, handle.version_num // 10000, handle.bin_dir) == ("local", 15, DEBIAN_15)
        assert handle.data_dir
        assert handle.data_dir.is_relative_to(home / "local")
        assert handle.login["user"] == "pgproof_workload"
        with psycopg.connect(handle.dsn, autocommit=True) as conn:
            for name, value in SESSION_SETTINGS.items():
                assert conn.execute("SELECT current_setting(%s)", [name]).fetchone()[0].lower() == value.lower()
            own = conn.execute("SELECT current_setting('listen_addresses'), datcollate FROM pg_database").fetchone()
            assert own == ("", "C")
            conn.execute("CREATE EXTENSION xml2")
        restarted(handle)
    with open_server("local", options) as again, psycopg.connect(again.dsn) as conn:
        assert conn.execute("SELECT n FROM kept").fetchone() == (7,)


@needs_debian_15
def test_installations_are_found_newest_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    programs, account = wheel_programs(), server_account()
    assert programs
    monkeypatch.setenv("PATH", f"{tmp_path}:relative:{programs}")
    found = installations.installations(account)
    assert found == sorted(found, key=lambda one: -one.major)
    assert [one.folder for one in found][:1] == [programs]
    assert DEBIAN_15 in [one.folder for one in found]
    assert len({one.label for one in found}) == len(found)


@needs_debian_15
def test_an_installation_says_which_extensions_it_has() -> None:
    account = server_account()
    found = extensions_of(find_installation(DEBIAN_15, account), account)
    assert found == {file.stem for file in Path("/usr/share/postgresql/15/extension").glob("*.control")}
    assert {"pgcrypto", "uuid-ossp", "xml2"} <= found


def test_a_folder_above_the_programs_will_do() -> None:
    programs = wheel_programs()
    assert programs
    assert find_installation(programs.parent, None).folder == programs


def test_a_folder_without_a_server_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=f"--pg-bin {tmp_path}: there is no postgres in it"):
        find_installation(tmp_path, None)


def test_an_old_server_is_refused(tmp_path: Path) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(ServerError, match="PostgreSQL 14; pgproof needs 15 or later"):
        find_installation(tmp_path, None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends an account")
def test_programs_that_the_account_cannot_run_are_refused(tmp_path: Path) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).touch(mode=0o700)
    with pytest.raises(ServerError, match=r"cannot run the programs there"):
        find_installation(tmp_path, server_account())


def test_a_machine_without_postgresql_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installations, "PLACES", ())
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServerError, match="no PostgreSQL 15 or later is installed") as caught:
        find_installation(None, server_account())
    assert "--pg-bin" in caught.value.hint

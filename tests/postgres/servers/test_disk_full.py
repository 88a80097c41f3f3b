"""A full disk: said so, with nothing half-made left."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bench.errors import DiskFull
from bench.postgres.servers import ServerOptions, open_server

Disk = Callable[[int], Path]


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A small disk of that many MB: memory mounted as one."""
    folder = Path(tempfile.mkdtemp(prefix="pgproof-test-disk-"))
    mounted = []

    def mount(size_mb: int) -> Path:
        if os.geteuid() != 0:
            pytest.skip("mounting needs root")
        command = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=755", "tmpfs", folder]
        if subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip("this machine does not allow mounting")
        mounted.append(folder)
        return folder

    yield mount
    for path in mounted:
        subprocess.run(["umount", path], check=True)
    folder.rmdir()


def test_too_small_for_a_cluster(disk: Disk):
    """initdb stops half-way: one error that says what to do, and no piece of a cluster."""
    home = disk(30) / "home"
    with pytest.raises(DiskFull, match="free some space"), open_server("embedded", ServerOptions(home=home)):
        pass
    assert not list(home.glob("embedded/*/data*"))


def test_full_while_rows_are_made(disk: Disk):
    """Whichever file grows last, rows or log of changes, the reader learns that the disk is full."""
    home = disk(150) / "home"
    with (
        pytest.raises(DiskFull, match="no room left"),
        open_server("embedded", ServerOptions(home=home)) as handle,
        psycopg.connect(handle.dsn) as conn,
    ):
        conn.execute("CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 1000000)")


def test_works_again_once_there_is_room(disk: Disk):
    """A disk that filled up while the server ran costs nothing that was committed."""
    folder = disk(150)
    with open_server("embedded", ServerOptions(home=folder / "home")) as handle, psycopg.connect(handle.dsn) as conn:
        conn.execute("CREATE TABLE kept ()")
    filler = folder / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(150 * 1024**2))
    with pytest.raises(DiskFull), open_server("embedded", ServerOptions(home=folder / "home")):
        pass
    filler.unlink()
    with open_server("embedded", ServerOptions(home=folder / "home")) as handle, psycopg.connect(handle.dsn) as conn:
        assert conn.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)

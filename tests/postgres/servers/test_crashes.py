"""Several runs, killed servers and killed runs: committed databases stay, nothing lingers, nothing clashes."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import psycopg
import pytest

from bench.errors import ServerError
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.postgres.servers.postmaster import serving
from tests.postgres.servers.processes import children, start_run

SLEEP = "print('ready', flush=True)\ntime.sleep(60)"


def execute(handle: ServerHandle, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in the maintenance database."""
    with psycopg.connect(handle.dsn, autocommit=True) as conn:
        cursor = conn.execute(statement)
        return cursor.fetchall() if cursor.description else []


def kept(handle: ServerHandle) -> bool:
    """Whether the earlier run's database is there."""
    return execute(handle, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == [(1,)]


def postmaster(data: Path) -> int:
    """The server's main process."""
    return int((data / "postmaster.pid").read_text().splitlines()[0])


def wait_for(condition) -> bool:
    """Whether ``condition`` comes true within a minute: the machine may be busy."""
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_databases_stay_between_runs(used_home: Path):
    """The template cache lives in the cluster."""
    with open_server("embedded", ServerOptions(home=used_home)) as first:
        execute(first, "CREATE DATABASE kept")
    with open_server("embedded", ServerOptions(home=used_home)) as second:
        assert kept(second)
        assert second.data_dir == first.data_dir


def test_nothing_runs_after_the_block(used_home: Path):
    """The server ends with the block, and its socket goes."""
    with open_server("embedded", ServerOptions(home=used_home)) as handle:
        assert serving(handle.data_dir)
    assert not serving(handle.data_dir)
    assert not list(handle.data_dir.with_name("socket").iterdir())


def test_two_at_once_take_two_slots(used_home: Path):
    """The second run gets a cluster of its own; later ones use the first free slot again."""
    options = ServerOptions(home=used_home)
    with open_server("embedded", options) as one, open_server("embedded", options) as two:
        assert [handle.data_dir.parent.name[-2:] for handle in (one, two)] == ["-1", "-2"]
        assert execute(one, "SHOW data_directory") != execute(two, "SHOW data_directory")
    with open_server("embedded", options) as three:
        assert three.data_dir == one.data_dir


def test_server_killed_last_time(used_home: Path):
    """The server died by kill -9: what was committed is there, and it starts."""
    with open_server("embedded", ServerOptions(home=used_home)) as handle:
        execute(handle, "CREATE DATABASE kept")
        os.kill(postmaster(handle.data_dir), signal.SIGKILL)
    with open_server("embedded", ServerOptions(home=used_home)) as again:
        assert kept(again)


def test_server_that_dies_is_named(used_home: Path):
    """The statement's own error would be an ended connection: the cause is the server."""

    def run() -> None:
        with open_server("embedded", ServerOptions(home=used_home)) as handle:
            os.kill(postmaster(handle.data_dir), signal.SIGKILL)
            execute(handle, "SELECT 1")

    with pytest.raises(ServerError, match="the embedded server stopped"):
        run()


def test_process_that_is_killed_is_named(used_home: Path):
    """The machine killed one connection's process for its memory: the server goes on, the run cannot."""

    def run() -> None:
        with open_server("embedded", ServerOptions(home=used_home)) as handle, psycopg.connect(handle.dsn) as conn:
            os.kill(conn.info.backend_pid, signal.SIGKILL)
            conn.execute("SELECT 1")

    with pytest.raises(ServerError, match="terminated by signal 9"):
        run()


def test_killed_run_takes_its_server_with_it(used_home: Path):
    """kill -9 of the Python process: the server shuts down by itself."""
    run = start_run(used_home, SLEEP)
    data = next(used_home.glob("embedded/*/data"))
    assert serving(data)
    run.kill()
    run.wait()
    assert wait_for(lambda: not serving(data))


def test_killed_run_is_followed_by_another(used_home: Path):
    """The next run waits for the old server to go, in the same slot, and finds what was committed."""
    run = start_run(used_home, SLEEP)
    run.kill()
    run.wait()
    with open_server("embedded", ServerOptions(home=used_home)) as handle:
        assert kept(handle)
        assert handle.data_dir.parent.name.endswith("-1")


def test_server_left_behind_is_taken_over(used_home: Path):
    """Even with the watcher killed too, no server is left to linger: the next run ends it."""
    run = start_run(used_home, SLEEP)
    data = next(used_home.glob("embedded/*/data"))
    os.kill(children(run.pid)["sh"], signal.SIGKILL)
    run.kill()
    run.wait()
    left = postmaster(data)
    assert left in serving(data)
    with open_server("embedded", ServerOptions(home=used_home)) as handle:
        assert kept(handle)
        assert left not in serving(data)


def test_run_killed_inside_bulk_leaves_durability_on(used_home: Path):
    """The setting that bulk() stored in the cluster does not outlive it."""
    run = start_run(used_home, f"with server.bulk():\n    {SLEEP.replace(chr(10), chr(10) + '    ')}")
    run.kill()
    run.wait()
    with open_server("embedded", ServerOptions(home=used_home)) as handle:
        assert execute(handle, "SHOW fsync") == [("on",)]


def test_ctrl_c_does_not_reach_the_server(used_home: Path):
    """A terminal interrupts its whole process group; the run still finishes its work with the server."""
    body = "try:\n    print('ready', flush=True)\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    time.sleep(0.2)\n"
    run = start_run(
        used_home, body + "    print(psycopg.connect(server.dsn).execute('SELECT 7').fetchone(), flush=True)"
    )
    os.killpg(run.pid, signal.SIGINT)
    output, _ = run.communicate(timeout=60)
    assert output == "(7,)\n"
    assert run.returncode == 0


def test_children_do_not_hold_the_slot(used_home: Path):
    """A forked worker that outlives its killed run keeps neither the lock nor the server."""
    body = "import os\nif os.fork() == 0:\n    time.sleep(120)\n    os._exit(0)\n"
    run = start_run(used_home, body + SLEEP)
    data = next(used_home.glob("embedded/*/data"))
    run.kill()
    run.wait()
    assert wait_for(lambda: not serving(data))
    with open_server("embedded", ServerOptions(home=used_home)) as handle:
        assert handle.data_dir == data
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)


def test_cluster_torn_by_a_power_cut_is_made_anew(used_home: Path):
    """Durability was off and the machine started anew since: its files cannot be trusted. The reader is told."""
    told: list[str] = []
    with open_server("embedded", ServerOptions(home=used_home)) as handle:
        execute(handle, "CREATE DATABASE kept")
        mark = handle.data_dir.with_name("unsynced")
    mark.write_text("the boot before")
    with open_server("embedded", ServerOptions(home=used_home, progress=told.append)) as again:
        assert not kept(again)
    assert "the machine restarted" in told[0]


def test_orderly_end_syncs_what_bulk_wrote(used_home: Path):
    """After that a power cut loses nothing, and no mark says so."""
    with open_server("embedded", ServerOptions(home=used_home)) as handle, handle.bulk():
        assert handle.data_dir.with_name("unsynced").exists()
    assert not handle.data_dir.with_name("unsynced").exists()

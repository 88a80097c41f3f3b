"""A PostgreSQL server process of ours: started, awaited, stopped, and taken over when its run was killed."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from bench.errors import PgproofError, ServerError
from bench.servers.account import Account, spawn
from bench.servers.binaries import Binaries
from bench.servers.home import disk_full
from bench.servers.settings import EMBEDDED_SETTINGS, as_config, machine_memory_bytes, start_settings
from bench.servers.slot import Slot, close, keep_from_children

START_TIMEOUT_S = 600.0
"""A start after a crash replays up to max_wal_size of log; a plain one takes a tenth of a second."""
SLOW_START_S = 3.0
"""After this long the reader is told what is going on."""
STOP_TIMEOUT_S = 120.0
"""A fast shutdown writes the shared buffers out; after this long it is cut short."""
POLL_S = 0.01
LOG_TAIL_BYTES = 8192


@contextlib.contextmanager
def running(
    slot: Slot, binaries: Binaries, sockets: Path, account: Account | None, progress: Callable[[str], None]
) -> Iterator[str]:
    """The cluster's server, answering at the yielded DSN until the block ends."""
    process = _start(slot, binaries, sockets, account)
    try:
        with _stops_with_us(process):
            dsn = make_conninfo(host=str(sockets), port="5432", user="postgres", dbname="postgres")
            _wait_until_it_answers(process, dsn, slot, progress)
            try:
                yield dsn
            except psycopg.OperationalError as error:
                cause = _cause(error, process, slot)
                if cause is None:
                    raise
                raise cause from error
            finally:
                _stop(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _start(slot: Slot, binaries: Binaries, sockets: Path, account: Account | None) -> subprocess.Popen[str]:
    settings = {**start_settings(machine_memory_bytes()), **EMBEDDED_SETTINGS, "port": "5432"}
    slot.config.write_text(as_config(settings | {"unix_socket_directories": str(sockets)}))
    slot.config.chmod(0o644)  # the server's account reads it, and cannot change it
    log = os.open(slot.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        return spawn(
            [binaries.folder / "postgres", "-D", slot.data, "-c", f"config_file={slot.config}"],
            account,
            stdout=log,
            stderr=log,
        )
    finally:
        os.close(log)


@contextlib.contextmanager
def _stops_with_us(process: subprocess.Popen[str]) -> Iterator[None]:
    """Have the server shut down when we die, kill -9 included.

    A shell waits at a pipe whose other end is ours alone: end of file means that we are gone. (The kernel's
    parent-death signal would come from any thread that ends, and needs code between fork and exec.)
    """
    reading, writing = os.pipe()
    keep_from_children(writing)
    try:
        script = 'read -r _; kill -INT "$1"'
        watcher = spawn(["/bin/sh", "-c", script, "sh", str(process.pid)], None, stdin=reading)
        os.close(reading)
        try:
            yield
        finally:
            watcher.kill()
            watcher.wait()
    finally:
        close(writing)


def _wait_until_it_answers(
    process: subprocess.Popen[str], dsn: str, slot: Slot, progress: Callable[[str], None]
) -> None:
    started = time.monotonic()
    told = False
    while True:
        try:
            psycopg.connect(dsn, connect_timeout=10).close()
            return
        except psycopg.OperationalError as error:
            waited_s = time.monotonic() - started
            if process.poll() is not None:
                raise _cause(error, process, slot) or error from None
            if waited_s > START_TIMEOUT_S:
                raise ServerError(f"the embedded server does not answer: {error}", hint=f"see {slot.log}") from None
        if waited_s > SLOW_START_S and not told:
            told = True
            progress("the embedded server is recovering from an interrupted run")
        time.sleep(POLL_S)


def _cause(error: psycopg.OperationalError, process: subprocess.Popen[str], slot: Slot) -> PgproofError | None:
    """What lies behind a failed statement or connection: a full disk, a dead server, or nothing but itself."""
    log = log_tail(slot.log)
    lost = process.poll() is not None or isinstance(error, psycopg.errors.AdminShutdown | psycopg.errors.CrashShutdown)
    if isinstance(error, psycopg.errors.DiskFull) or (
        (lost or error.sqlstate is None) and os.strerror(errno.ENOSPC) in log
    ):
        return disk_full(slot.folder)
    if process.poll() is None:
        return None
    reasons = [line for line in log.splitlines() if "FATAL:" in line or "PANIC:" in line or "error:" in line]
    reason = reasons[-1].strip() if reasons else f"exit status {process.returncode}"
    return ServerError(f"the embedded server stopped: {reason}", hint=f"see {slot.log}")


def log_tail(log: Path) -> str:
    """The end of a log file."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
        return file.read().decode(errors="replace")


def _stop(process: subprocess.Popen[str]) -> None:
    """A fast shutdown; an immediate one when that takes too long or the reader presses Ctrl-C again."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_TIMEOUT_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.send_signal(signal.SIGQUIT)
        process.wait(STOP_TIMEOUT_S)


def stop_left_behind(slot: Slot) -> None:
    """End the server that a killed run left in our slot, so that a new one can start.

    The slot is locked, so whatever serves its data has no run any more. Its processes are those named postgres
    whose working folder is the data folder: no other process is ever signalled.
    """
    deadline = time.monotonic() + STOP_TIMEOUT_S
    for number, patience_s in ((signal.SIGINT, STOP_TIMEOUT_S), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        until = min(deadline, time.monotonic() + patience_s)
        for pid in _postmaster_of(slot) if number == signal.SIGINT else _serving(slot.data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        while _serving(slot.data):
            if time.monotonic() > until or (number == signal.SIGINT and not _postmaster_of(slot)):
                break
            time.sleep(POLL_S)
        else:
            return
    raise ServerError(f"a server of an earlier run does not stop: process {_serving(slot.data)} in {slot.data}")


def _postmaster_of(slot: Slot) -> list[int]:
    """The server's main process, when it is alive; it passes the shutdown on to the others."""
    try:
        pid = int((slot.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return []
    return [pid] if pid in _serving(slot.data) else []


def _serving(data: Path) -> list[int]:
    """The server processes that work in this data folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or somebody else's
            if (process / "comm").read_text() == "postgres\n" and (process / "cwd").readlink() == data:
                found.append(int(process.name))
    return found

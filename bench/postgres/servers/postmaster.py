"""A PostgreSQL server process of ours: started, awaited, stopped, and taken over when its run was killed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.errors import PgproofError, ServerError
from bench.postgres.servers.account import Account, spawn
from bench.postgres.servers.binaries import Binaries
from bench.postgres.servers.conninfo import own_dsn
from bench.postgres.servers.disk import disk_full, tells_of_full_disk
from bench.postgres.servers.settings import EMBEDDED_SETTINGS, as_config, machine_memory_bytes, start_settings
from bench.postgres.servers.slot import Slot, close, keep_from_children
from bench.postgres.stand_ins import control_path

START_TIMEOUT_S = 600.0
"""A start after a crash replays up to max_wal_size of log; a plain one takes a tenth of a second."""
SLOW_START_S = 3.0
"""After this long the reader is told what is going on."""
STOP_TIMEOUT_S = 120.0
"""A fast shutdown writes the shared buffers out; after this long it is cut short."""
LEFT_BEHIND_TIMEOUT_S = 20.0
"""For the fast shutdown of a server without a run; what it does not finish, the next start replays."""
ORPHAN_TIMEOUT_S = 10.0
"""Server processes whose main process was killed end at once, or within a statement."""
POLL_S = 0.01
DYING_S = 0.5
LOG_TAIL_BYTES = 8192
LEAST_FREE_BYTES = 16 * 1024**2
"""One segment of the server's log of changes: with less it cannot go on."""
PID_FILE_LINES = 8
"""postmaster.pid: process, data folder, start time, port, socket folder, address, memory key, status."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers at ``dsn``. ``restart`` ends every connection; it returns when the server answers again."""

    dsn: str
    restart: Callable[[], None]


@contextlib.contextmanager
def running(
    slot: Slot, binaries: Binaries, sockets: Path, account: Account | None, progress: Callable[[str], None]
) -> Iterator[Running]:
    """The cluster's server, answering until the block ends."""
    dsn = own_dsn(host=str(sockets), port=5432, user="postgres", dbname="postgres")

    def started() -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
        return _answering(lambda: _start(slot, binaries, sockets, account), dsn, slot, progress)

    with contextlib.ExitStack() as life:
        process = life.enter_context(started())

        def restart() -> None:
            nonlocal process
            life.close()
            process = life.enter_context(started())

        try:
            yield Running(dsn, restart)
        except psycopg.OperationalError as error:
            cause = _cause(error, process, slot)
            if cause is None:
                raise
            raise cause from error


@contextlib.contextmanager
def _answering(
    start: Callable[[], subprocess.Popen[str]], dsn: str, slot: Slot, progress: Callable[[str], None]
) -> Iterator[subprocess.Popen[str]]:
    """One process of the server, from its start to its end."""
    process = start()
    try:
        with stops_with_us(process):
            _wait_until_ready(process, slot, progress)
            try:
                yield process
            finally:
                _stop(process, dsn)
    finally:
        if process.poll() is None:  # interrupted before it was ready
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_TIMEOUT_S)


def _start(slot: Slot, binaries: Binaries, sockets: Path, account: Account | None) -> subprocess.Popen[str]:
    settings = {**start_settings(machine_memory_bytes()), **EMBEDDED_SETTINGS, "port": "5432"}
    settings |= control_path(slot.folder / "stand-ins", binaries.major)
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
def stops_with_us(process: subprocess.Popen[str]) -> Iterator[None]:
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


def _wait_until_ready(process: subprocess.Popen[str], slot: Slot, progress: Callable[[str], None]) -> None:
    """Wait for the word "ready" in the server's own pid file: asking by connecting would hide the caller's mistakes."""
    started = time.monotonic()
    told = False
    while not _says_ready(slot.data / "postmaster.pid", process.pid):
        waited_s = time.monotonic() - started
        if process.poll() is not None:
            raise _why_it_stopped(process, slot)
        if waited_s > START_TIMEOUT_S:
            raise ServerError(f"the {slot.kind} server is not ready after {waited_s:.0f} s", hint=f"see {slot.log}")
        if waited_s > SLOW_START_S and not told:
            told = True
            progress(f"the {slot.kind} server is recovering from an interrupted run")
        time.sleep(POLL_S)


def _says_ready(pid_file: Path, pid: int) -> bool:
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= PID_FILE_LINES and lines[0] == str(pid) and lines[-1].strip() == "ready"


def _cause(error: psycopg.OperationalError, process: subprocess.Popen[str], slot: Slot) -> PgproofError | None:
    """What lies behind a failed statement or connection, when it is more than the statement itself."""
    if error.sqlstate is None or isinstance(error, psycopg.errors.AdminShutdown | psycopg.errors.CrashShutdown):
        # The connection just ended: a dying server closes it a moment before it is gone.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(DYING_S)
        # After the death of a single process (killed for its memory, no room for its log) the server goes on.
        if process.poll() is not None or "terminated by signal" in log_tail(slot.log) or _disk_is_full(slot):
            return _why_it_stopped(process, slot)
    return None


def _why_it_stopped(process: subprocess.Popen[str], slot: Slot) -> PgproofError:
    if _disk_is_full(slot):
        return disk_full(slot.folder)
    telling = re.compile(r"FATAL|PANIC|terminated by signal")
    reasons = [line.strip() for line in log_tail(slot.log).splitlines() if telling.search(line)]
    reason = reasons[-1] if reasons else f"exit status {process.returncode}"
    return ServerError(f"the {slot.kind} server stopped: {reason}", hint=f"see {slot.log}")


def _disk_is_full(slot: Slot) -> bool:
    """The log says it, or there is no room to write even that."""
    return tells_of_full_disk(log_tail(slot.log)) or shutil.disk_usage(slot.folder).free < LEAST_FREE_BYTES


def log_tail(log: Path) -> str:
    """The end of a log file."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
        return file.read().decode(errors="replace")


def _stop(process: subprocess.Popen[str], dsn: str) -> None:
    """A fast shutdown; an immediate one when that takes too long or the reader presses Ctrl-C again.

    Immediate, too, while the server restarts after the death of one of its processes: a fast shutdown that meets
    PostgreSQL 18.6 then never ends. Nothing committed is lost, the next start replays the log.
    """
    process.send_signal(signal.SIGINT if _answers(dsn) else signal.SIGQUIT)
    try:
        process.wait(STOP_TIMEOUT_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.send_signal(signal.SIGQUIT)
        process.wait(STOP_TIMEOUT_S)


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True


def stop_left_behind(slot: Slot) -> None:
    """End the server that a killed run left in our slot, so that a new one can start.

    The slot is locked, so whatever serves its data has no run any more. Its processes are those named postgres
    whose working folder is the data folder: no other process is ever signalled.
    """
    if postmaster := _postmaster_of(slot):
        _signal([postmaster], signal.SIGINT)
        _wait_until_gone(slot.data, LEFT_BEHIND_TIMEOUT_S)
    for number in (signal.SIGQUIT, signal.SIGKILL):
        _signal(serving(slot.data), number)
        if _wait_until_gone(slot.data, ORPHAN_TIMEOUT_S):
            return
    raise ServerError(f"a server of an earlier run does not stop: process {serving(slot.data)} in {slot.data}")


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _wait_until_gone(data: Path, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while serving(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def _postmaster_of(slot: Slot) -> int | None:
    """The server's main process, when it is alive; it passes the shutdown on to the others."""
    try:
        pid = int((slot.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if pid in serving(slot.data) else None


def serving(data: Path) -> list[int]:
    """The server processes that work in this data folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or somebody else's
            if (process / "comm").read_text() == "postgres\n" and (process / "cwd").samefile(data):
                found.append(int(process.name))
    return found

"""pgbench started, watched and stopped; its password stays in the environment, its log in a folder that goes away."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import pq

from bench.errors import LoadError
from bench.pgbench.log import Transaction, parse
from bench.pgbench.programs import Pgbench
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, session_options
from bench.postgres.servers.account import spawn
from bench.postgres.servers.postmaster import stops_with_us

CLIENTS = 4
"""More than the two processors of a small CI machine, so that one blocked client does not silence the load; few enough
that they do not compete for processors."""

RATE_TPS = 400
"""Asked for of all clients together: a sixth of a core, so that a stall is a lock and not a lack of processor."""

MOST_TRIES = 3
"""A transaction that the server ends as the victim of a deadlock is tried again, and the time of all tries counts."""

SYNCHRONOUS_COMMIT = "off"
"""A commit that waits for the disk measures the disk and everybody else who writes to it. On the machine where this was
tried, that was up to 390 ms once in a minute, with nothing applied: as long as a build."""

LONGEST_S = 24 * 3600
"""pgbench ends by itself after this; only with a limit can it be told to end in order."""

APPLICATION = "pgproof load"
START_TIMEOUT_S = 20.0
WAITING_MS = 5
"""A client that has had nothing to do for so long is on schedule. One that is behind goes on within a millisecond."""

DRAIN_TIMEOUT_S = 10.0
"""For the load to catch up after a stall; a stall of a minute leaves 24,000 transactions, which take about as long."""
STOP_TIMEOUT_S = 10.0
POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class Running:
    """A load at work."""

    process: subprocess.Popen[str]
    folder: Path

    def trouble(self) -> str:
        """What is wrong with it, in one line: it ended, or one of its clients did; empty where nothing is."""
        lines = [line.strip() for line in self._errors().splitlines() if line.strip()]
        first = next((line for line in lines if "error:" in line), "")
        ended = self.process.poll()
        if ended is None:
            return first
        return first or next(iter(lines), f"pgbench ended ({_how(ended)})")

    def is_alive(self) -> bool:
        """Whether it makes transactions, if with fewer clients."""
        return self.process.poll() is None

    def _errors(self) -> str:
        return (self.folder / "errors").read_text(encoding="utf-8", errors="replace")

    def wait_until_on_schedule(self, watcher: Connection) -> bool:
        """Return when no stall is being caught up with; False where the load ended, or needs longer than we wait."""
        deadline = time.monotonic() + DRAIN_TIMEOUT_S
        while self.is_alive() and time.monotonic() < deadline:
            if rows(watcher, "count_load_clients", APPLICATION, WAITING_MS)[0]["waiting"]:
                return True
            time.sleep(POLL_S)
        return False

    def stop(self) -> tuple[Transaction, ...]:
        """End it in order, which completes its log, and return all transactions that are in it."""
        if self.is_alive():
            self.process.send_signal(signal.SIGALRM)  # as if its time was over
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return tuple(
            transaction
            for file in sorted(self.folder.glob("log.*"))
            for transaction in parse(file.read_text(encoding="utf-8"))
        )


@contextmanager
def running(pgbench: Pgbench, connection: Connection, dsn: str, scripts: Sequence[str]) -> Iterator[Running]:
    """The load on the database of ``connection``, to which ``dsn`` leads, until the block ends, however it does.

    Raises:
        LoadError: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="pgproof-load-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        arguments = []
        for number, script in enumerate(scripts, 1):
            (folder / f"script-{number}").write_text(script, encoding="utf-8")
            arguments.append(f"--file={folder / f'script-{number}'}@1")
        with (folder / "errors").open("w") as errors:
            process = spawn(
                [pgbench.path, *_options(folder), *arguments],
                None,
                stderr=errors.fileno(),
                environment=environment(connection, dsn, {"synchronous_commit": SYNCHRONOUS_COMMIT}),
            )
        load = Running(process, folder)
        try:
            with stops_with_us(process):
                _wait_until_it_works(load, connection)
                yield load
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def _options(folder: Path) -> list[str]:
    return [
        "--no-vacuum",
        f"--client={CLIENTS}",
        "--jobs=1",
        f"--rate={RATE_TPS}",
        f"--time={LONGEST_S}",
        "--protocol=prepared",  # half the processor time of planning each transaction anew, and what drivers do
        f"--max-tries={MOST_TRIES}",
        "--log",
        f"--log-prefix={folder / 'log'}",
    ]


def environment(connection: Connection, dsn: str, settings: Mapping[str, str]) -> dict[str, str]:
    """What leads libpq where ``dsn`` does, under ``settings``; what the DSN leaves open is as psycopg had it."""
    options = [*pq.Conninfo.get_defaults(), *pq.Conninfo.parse(dsn.encode())]
    values = {option.envvar: option.val for option in options if option.envvar and option.val is not None}
    found = {name.decode(): value.decode() for name, value in values.items() if value}
    if connection.info.password:  # from a password file, for instance
        found["PGPASSWORD"] = connection.info.password
    found["PGOPTIONS"] = f"{found.get('PGOPTIONS', '')} {session_options(settings)}".strip()
    return found | {
        "PGDATABASE": connection.info.dbname,
        "PGUSER": connection.info.user,
        "PGAPPNAME": APPLICATION,
        "PGCLIENTENCODING": "UTF8",
    }


def _wait_until_it_works(load: Running, watcher: Connection) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not load.wait_until_on_schedule(watcher):
        if trouble := load.trouble():
            raise LoadError(f"the load does not start: {trouble}")
        if time.monotonic() > deadline:
            raise LoadError(f"the load does not start within {START_TIMEOUT_S:.0f} s")


def _how(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"

"""One step of a load: pgbench with so many clients for so many seconds, and what its clients wait for meanwhile."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import LoadError
from bench.pgbench.background import APPLICATION, MOST_TRIES, environment
from bench.pgbench.log import Entry, parse_entries
from bench.pgbench.programs import Pgbench
from bench.pgbench.scripts import QueryMix
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.servers.account import spawn
from bench.postgres.servers.postmaster import stops_with_us

SAMPLE_S = 0.1
"""Between two looks at what the clients do: 600 in a step of a minute, at a thousandth of a processor."""

GRACE_S = 60.0
"""For the transactions that run when the time is over, and for the server to take so many connections."""

KILL_S = 5.0
MOST_ERRORS = 5

ABORTED = re.compile(r"client \d+ script (?P<script>\d+)\b[^:]*(?:: (?P<why>.*))?")

Tick = Callable[[float], None]
"""Told the seconds since the start, about ten times a second."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of a step."""

    clients: int
    seconds: int
    """Warm-up included."""
    rate_tps: float | None = None
    """Transactions that become due in a second, of all clients together; None: each client asks when it is free."""
    late_ms: float = 1000.0
    """With a rate: a transaction that could not begin so long after it was due is skipped."""


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of it."""

    entries: tuple[Entry, ...]
    doing: Mapping[str, int]
    """What clients were seen doing, and how often, over all samples."""
    samples: int
    errors: tuple[str, ...]
    """What went wrong, in pgbench's words; a client that meets an error is gone."""


def drive(
    pgbench: Pgbench,
    watcher: Connection,
    dsn: str,
    settings: Mapping[str, str],
    mix: QueryMix,
    demand: Demand,
    tick: Tick,
) -> Driven:
    """Run ``mix`` in the database of ``watcher``, to which ``dsn`` leads, in sessions with ``settings``.

    Raises:
        LoadError: pgbench did not end in time.
    """
    doing: Counter[str] = Counter()
    samples = 0
    with tempfile.TemporaryDirectory(prefix="pgproof-load-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        begin = time.monotonic()
        with _started(folder, pgbench, environment(watcher, dsn, settings), mix, demand) as process:
            while process.poll() is None:
                if time.monotonic() - begin > demand.seconds + GRACE_S:
                    raise LoadError(
                        f"pgbench with {demand.clients} clients did not end within {GRACE_S:.0f} s after its time",
                        hint="a statement runs for long: give its query '-- weight: 0', or take a smaller scale",
                    )
                seen = {
                    str(row["doing"]): int(row["clients"]) for row in rows(watcher, "sample_load_waits", APPLICATION)
                }
                if seen:
                    doing.update(seen)
                    samples += 1
                tick(time.monotonic() - begin)
                time.sleep(SAMPLE_S)
            ended = process.wait()
        told = (folder / "errors").read_text(encoding="utf-8", errors="replace")
        errors = complaints(told, mix, ended)
        logs = [parse_entries(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("log.*"))]  # of a thread
    entries = sorted((entry for log in logs for entry in log), key=lambda entry: entry.end_s)
    return Driven(tuple(entries), dict(doing), samples, errors)


@contextmanager
def _started(
    folder: Path, pgbench: Pgbench, surroundings: Mapping[str, str], mix: QueryMix, demand: Demand
) -> Iterator[subprocess.Popen[str]]:
    """Pgbench at work, gone when the block ends, however it does."""
    with (folder / "errors").open("w") as errors:
        process = spawn(
            [pgbench.path, *_options(folder, demand), *_arguments(folder, mix)],
            None,
            stderr=errors.fileno(),
            environment=surroundings,
        )
    try:
        with stops_with_us(process):
            yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(KILL_S)


def _options(folder: Path, demand: Demand) -> list[str]:
    rate = [] if demand.rate_tps is None else [f"--rate={demand.rate_tps:.3f}", f"--latency-limit={demand.late_ms:.0f}"]
    return [
        "--no-vacuum",
        f"--client={demand.clients}",
        f"--jobs={min(demand.clients, os.cpu_count() or 1)}",  # one thread waits with all of its clients for a PREPARE
        f"--time={demand.seconds}",
        "--protocol=prepared",
        f"--max-tries={MOST_TRIES}",
        "--random-seed=1",
        "--log",
        f"--log-prefix={folder / 'log'}",
        *rate,
    ]


def _arguments(folder: Path, mix: QueryMix) -> list[str]:
    arguments = [f"--define={name}={value}" for name, value in mix.variables.items()]
    for number, script in enumerate(mix.scripts):
        path = folder / f"script-{number}"
        path.write_text(script.text, encoding="utf-8")
        arguments.append(f"--file={path}@{script.weight}")
    return arguments


def complaints(text: str, mix: QueryMix, ended: int) -> tuple[str, ...]:
    """What pgbench complained of, each once, with the query's name in front where it says which script it was."""
    found: dict[str, None] = {}
    for line in text.splitlines():
        if "error:" not in line:
            continue
        words = line.partition("error:")[2].strip()
        # Anywhere in the line: threads of pgbench write at once, and may leave two beginnings on one.
        if (aborted := ABORTED.search(line)) and int(aborted["script"]) < len(mix.scripts):
            words = f"{mix.scripts[int(aborted['script'])].query}: {aborted['why'] or words}"
        found.setdefault(words)
    if ended < 0 or (ended and not found):
        found.setdefault(f"pgbench ended with status {ended}")
    return tuple(found)[:MOST_ERRORS]

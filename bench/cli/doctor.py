"""``pgproof doctor``: what this machine can run, and what is missing, with what mends it."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Literal

import click

from bench import machine
from bench.cli.options import home_option, quiet_option
from bench.cli.streams import answer, out
from bench.errors import PgproofError, ServerError
from bench.experiments.room import Wanted, in_turn_bytes
from bench.pgbench import find_pgbench
from bench.postgres import stand_ins
from bench.postgres.connection import Target
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle, ServerOptions, open_server
from bench.postgres.servers.account import Account, server_account
from bench.postgres.servers.docker import engine_problem
from bench.postgres.servers.home import choose_home
from bench.postgres.servers.installations import INSTALL, extensions_of, extensions_of_wheel, installations
from bench.postgres.servers.settings import small_machine_note
from bench.progress_bars import progress
from bench.report.numbers import plural

LEAD_BYTES = 10_200
"""Of the CRM at 1M leads, with indexes: 10.2 GB."""
RUN = Wanted(kept=True, aa=True, writes=True, attribute=True)
"""What pgproof run wants where nothing is there yet and nothing is left out."""

EXISTING = "existing server"
PORT = 5432
"""PostgreSQL's own (registered with IANA)."""

CLOCK_NS = 1_000
"""A reading of the clock that takes longer than this is a clock that EXPLAIN's timings suffer from."""

STATEMENT = "SELECT sum(hashint8(n)) FROM generate_series(1, 4000) AS n"
"""A millisecond of processor, no table and no disk: what differs between two executions is the machine."""
BLOCK = 40
"""Executions whose median is held against that of the next as many, as two sides of a cell are."""
ENOUGH = 3 * BLOCK
"""Executions that an answer needs: two differences of medians."""
PATIENCE_S = 30.0
"""Seconds that a machine gets beyond those asked for where it is so busy that it made fewer."""
NOISY = 0.05
"""What two copies of one database differ by on a quiet machine; above it small gains cannot be told."""

State = Literal["ok", "mind", "missing"]
SIGNS: dict[State, str] = {"ok": "✓", "mind": "!", "missing": "✗"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    state: State
    said: str
    mend: str = ""
    """What to do about it: a command where there is one."""


@click.command("doctor")
@click.option("--seconds", default=20.0, show_default=True, type=click.FloatRange(min=0), help="Seconds to watch how "
              "much equal executions differ on this machine; 0 leaves it out.")  # fmt: skip
@click.option("--dsn", envvar="PGPROOF_DSN", help="An existing server to look at, too.  [default: what PGPROOF_DSN "
              "says]")  # fmt: skip
@home_option
@quiet_option
def doctor(seconds: float, dsn: str | None, home: Path | None, quiet: bool) -> int:
    """Say what this machine can run, and what is missing, with the command that mends it.

    It looks at servers, programs, disk, memory and the clock, starts the embedded server, and watches how much equal
    executions differ: smaller differences than that cannot be told here. Exit code 0 where a server can be run, else 2.
    """
    seen = []
    for check in _checks(seconds, dsn, home, quiet):
        seen.append(check)
        out.print(f"{SIGNS[check.state]} {check.what:<18} {check.said}", markup=False, soft_wrap=True)
        if check.mend:
            out.print(f"  {'':<18} → {check.mend}", markup=False, soft_wrap=True)
    answer({"checks": seen})
    if lost := [check for check in seen if check.what == EXISTING and check.state == "missing"]:
        raise ServerError(f"--dsn: {lost[0].said}", hint=lost[0].mend)
    if not any(check.what.endswith("server") and check.state == "ok" for check in seen):
        raise ServerError("no server can be run here", hint="see the lines above, or give one that exists: --dsn")
    return 0


def _checks(seconds: float, dsn: str | None, home: Path | None, quiet: bool) -> Iterator[Check]:
    seen = machine.facts()
    yield Check("machine", "ok", f"{plural(seen.cores, 'core')} of {seen.cpu}, {seen.system}, Python {seen.python}")
    yield _memory(seen.memory_bytes)
    yield _clock()
    yield _ports()
    account: Account | None = None
    try:
        account = server_account()
        home = choose_home(home, account, lambda _: None)
        yield _disk(home)
        yield from _embedded(home, seconds, quiet)
    except PgproofError as error:
        yield Check("embedded server", "missing", error.message, error.hint)
    yield from _installed(account)
    if dsn:
        yield _existing(dsn)
    problem = engine_problem()
    mend = (
        "pip install 'pgproof[docker]'"
        if "testcontainers" in problem
        else "systemctl start docker, or: systemctl --user start podman.socket"
    )
    yield Check("docker server", "mind" if problem else "ok", problem or "an engine answers", mend if problem else "")


def _memory(size: int) -> Check:
    note = small_machine_note(size)
    return Check("memory", "mind" if note else "ok", f"{size / 2**30:.1f} GiB{f': {note}' if note else ''}")


def _clock() -> Check:
    """How long reading the clock takes, as the mean of many readings."""
    begin = time.perf_counter_ns()
    for _ in range(1000):
        time.perf_counter_ns()
    each = (time.perf_counter_ns() - begin) / 1000
    source = ""
    with suppress(OSError):
        source = f"{Path('/sys/devices/system/clocksource/clocksource0/current_clocksource').read_text().strip()}, "
    return Check("clock", "mind" if each > CLOCK_NS else "ok", f"{source}{each:.0f} ns a reading")


def _ports() -> Check:
    """Whether a port can be had (a container publishes one), and whether somebody's PostgreSQL may be listening."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 0))
        except OSError as error:
            return Check("ports", "mind", f"none can be had on 127.0.0.1 ({error.strerror})", "pgproof run needs none: "
                         "its own server has a socket; a container does")  # fmt: skip
    with socket.socket() as caller:
        caller.settimeout(1)
        taken = caller.connect_ex(("127.0.0.1", PORT)) == 0
    what = f"something listens on {PORT}; if that is PostgreSQL, --dsn uses it" if taken else f"{PORT} is free"
    return Check("ports", "ok", f"a server of pgproof's own needs none, a container finds a free one; {what}")


def _existing(dsn: str) -> Check:
    try:
        with open_server("dsn", ServerOptions(dsn)) as server:
            major, minor = divmod(server.version_num, 10000)
            mend = "give a role that is no superuser: CREATEDB is enough" if server.superuser else ""
            return Check(EXISTING, "ok", f"PostgreSQL {major}.{minor}", mend)
    except PgproofError as error:
        return Check(EXISTING, "missing", error.message, error.hint)


def _disk(home: Path) -> Check:
    free = shutil.disk_usage(home if home.exists() else home.parent).free
    leads = free // (LEAD_BYTES + in_turn_bytes(LEAD_BYTES, None, RUN)) // 1000 * 1000
    said = f"{free / 2**30:.1f} GiB free in {home}: room for a run of the CRM at about {leads:,} leads"
    return Check("disk", "ok" if leads >= 100_000 else "mind", said, "" if leads >= 100_000 else "pgproof cache clear")


def _embedded(home: Path, seconds: float, quiet: bool) -> Iterator[Check]:
    begin = time.monotonic()
    with open_server("embedded", ServerOptions(home=home)) as server:
        took = time.monotonic() - begin
        major, minor = divmod(server.version_num, 10000)
        own = extensions_of_wheel()
        said = f"PostgreSQL {major}.{minor}, up in {took:.1f} s, {len(own)} extensions"
        yield Check("embedded server", "ok", f"{said}; stand-ins for {', '.join(sorted(stand_ins.NAMES))}")
        try:
            yield Check("pgbench", "ok", f"{find_pgbench(server).path}")
        except PgproofError as error:
            yield Check("pgbench", "mind", f"{error.message}; pgproof load needs it", error.hint)
        if seconds:
            yield _noise(server, seconds, quiet)


def _installed(account: Account | None) -> Iterator[Check]:
    found = installations(account)
    for one in found:
        said = f"PostgreSQL {one.major} in {one.folder}, {len(extensions_of(one, account))} extensions"
        yield Check("local server", "ok", said)
    if not found:
        yield Check("local server", "mind", "none is installed where one would look", INSTALL)


def _noise(server: ServerHandle, seconds: float, quiet: bool) -> Check:
    """How much two medians of as many equal executions, one after the other, differ in 19 of 20 cases."""
    times, begin = list[float](), time.perf_counter()
    with Target(server.dsn, SESSION_SETTINGS).connect() as connection, progress(out, quiet=quiet) as shown:
        most = seconds + min(9 * seconds, PATIENCE_S)
        while (gone := time.perf_counter() - begin) < (seconds if len(times) >= ENOUGH else most):
            start = time.perf_counter()
            connection.execute(STATEMENT)
            times.append(time.perf_counter() - start)
            shown("watching equal executions", min(gone, seconds), seconds, "s")
        shown("watching equal executions", seconds, seconds, "s")
    medians = [median(times[n : n + BLOCK]) for n in range(0, len(times) - BLOCK + 1, BLOCK)]
    apart = sorted(max(a, b) / min(a, b) - 1 for a, b in pairwise(medians))
    if len(apart) < 2:
        return Check("noise", "mind", f"{plural(len(times), 'execution')} are too few to tell", "more --seconds")
    floor = apart[min(len(apart) - 1, int(0.95 * len(apart)))]
    equal = f"{BLOCK} equal executions of {1e3 * median(times):.1f} ms"
    said = f"two medians of {equal} differ by up to {floor:.1%}, load {os.getloadavg()[0]:.1f}"
    mend = "stop what else is running, or read small differences as none" if floor > NOISY else ""
    return Check("noise", "mind" if floor > NOISY else "ok", said.replace("%", " %"), mend)

"""Other processes for the tests: a run to be killed, and code run as an ordinary user."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from bench.postgres.servers.account import Account

RUN = """
import sys, time
from pathlib import Path
import psycopg
from bench.postgres.servers import ServerOptions, open_server

with open_server("embedded", ServerOptions(home=Path(sys.argv[1]))) as server:
    with psycopg.connect(server.dsn, autocommit=True) as conn:
        conn.execute("CREATE DATABASE kept")
    {body}
"""


def start_run(home: Path, body: str) -> subprocess.Popen[str]:
    """A Python process with an embedded server in ``home`` and a database ``kept``; it runs ``body`` inside.

    Returns when the process has printed its first line.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", RUN.format(body=body.replace("\n", "\n    ")), home],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def children(pid: int) -> dict[str, int]:
    """Name to process id, of the processes that ``pid`` started."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except FileNotFoundError:
            continue
        if fields.get("PPid") == str(pid):
            found[fields["Name"]] = int(fields["Pid"])
    return found


def run_as(account: Account, home: Path, code: Callable[[], None]) -> None:
    """Run ``code`` as an ordinary user with this HOME.

    A fork, not a new interpreter: the account may be unable to reach the one we run on.
    """
    report = home / "report"
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            os.environ["HOME"] = str(home)
            os.environ.pop("XDG_CACHE_HOME", None)
            code()
            os._exit(0)
        except BaseException:
            report.write_text(traceback.format_exc())
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert status == 0, report.read_text()

"""Who the embedded server runs as: PostgreSQL refuses root, so root lends it an unprivileged account."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import ServerError

ACCOUNTS = ("postgres", "nobody")
"""Tried in this order. ``nobody`` is shared with other programs, hence the last resort."""

STEADY_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(256 * 1024**2), "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2)}
"""The C library (glibc, mallopt(3)) gives memory back to the system when the end of the heap is free, and whether it is
free is a lottery that each connection draws once. One backend in eight drew a heap that shrank and grew with each
execution: 115 page faults, 45 % more time, same plan, same buffers. With these thresholds none of 24 did."""

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **STEADY_MEMORY}
"""Of every program that is started here: the caller's PG* variables and locale must not shape the server."""


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account of this machine."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """The account to run the server as, or None for the account that we are."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ServerError(
        "PostgreSQL does not run as root, and this machine has neither an account postgres nor nobody",
        hint="add one (useradd --system postgres), or run pgproof as an ordinary user",
    )


def spawn(
    argv: Sequence[str | Path],
    account: Account | None,
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
    stderr: int = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start a program as ``account``, in a session of its own.

    Ctrl-C in a terminal goes to the terminal's whole process group; the server must outlive it, so that we can
    finish with it in order.
    """
    try:
        return subprocess.Popen(
            [os.fspath(argument) for argument in argv],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
            cwd="/",
            env={**ENVIRONMENT, **(environment or {})},
            umask=0o077,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except OSError as error:
        as_whom = f" as {account.name}" if account else ""
        raise ServerError(f"cannot run {argv[0]}{as_whom}: {error.strerror}") from error


def run(argv: Sequence[str | Path], account: Account | None) -> tuple[int, str]:
    """Run a program to its end: exit status, and what it wrote."""
    process = spawn(argv, account, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)  # initdb has children of its own
        process.wait()
        raise
    return process.returncode, output


def can_enter(account: Account | None, folder: Path) -> bool:
    """Whether the account can reach ``folder``, through every folder above it.

    Asked of the kernel by a shell that tries, since mode bits alone miss access lists and mount options.
    """
    return account is None or run(["/bin/sh", "-c", 'cd "$1"', "sh", folder], account)[0] == 0

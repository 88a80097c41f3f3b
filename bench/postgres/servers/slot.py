"""A place for one cluster: the folder ``<home>/embedded/<major>-<n>``, for one run at a time.

Of programs that are installed here it is ``<home>/local/<major>-<which>-<n>``: two installations of one major version
may have other libraries, hence other orders of sorting.

lock              held (flock) while a run uses the slot; the kernel lets go when the run dies
data/             the cluster, the template cache in it; owned by the server's account
socket/           the private folder of the unix socket
socket-in         where that folder is instead, when its path would be too long
postgresql.conf   the settings of the latest start
server.log        what the server wrote since then
unsynced          exists while a power cut could have torn the cluster; holds the boot id
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import PgproofError, ServerError
from bench.postgres.servers.account import Account, run
from bench.postgres.servers.binaries import Binaries
from bench.postgres.servers.disk import disk_full, tells_of_full_disk
from bench.postgres.servers.home import own_folder

MOST_SLOTS = 64
"""Runs at the same time, and a stop for the search when locking itself does not work."""
SOCKET_PATH_LIMIT = 103
"""Bytes that fit into sockaddr_un.sun_path, the closing zero left out: 107 on Linux, 103 on macOS and BSD."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SHORT_SOCKETS = "/tmp"  # noqa: S108 (mkdtemp: private; TMPDIR may be long itself)

_parents_files: set[int] = set()


def keep_from_children(descriptor: int) -> None:
    """Close ``descriptor`` in processes forked from this one: its end must mean that *this* process ended."""
    _parents_files.add(descriptor)


def close(descriptor: int) -> None:
    """Close a descriptor that was kept from children."""
    _parents_files.discard(descriptor)
    os.close(descriptor)


def _close_in_child() -> None:
    while _parents_files:
        os.close(_parents_files.pop())


os.register_at_fork(after_in_child=_close_in_child)


@dataclass(frozen=True, slots=True)
class Slot:
    """One cluster's folder and what lies in it."""

    folder: Path

    @property
    def kind(self) -> str:
        """The kind of server that it is of."""
        return self.folder.parent.name

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server wrote since its latest start."""
        return self.folder / "server.log"

    @property
    def config(self) -> Path:
        """The server's settings, written at each start."""
        return self.folder / "postgresql.conf"

    @property
    def unsynced(self) -> Path:
        """The mark that a power cut could have torn the cluster."""
        return self.folder / "unsynced"

    def mark_unsynced(self) -> None:
        """From here on the data may lie in the machine's memory only."""
        self.unsynced.write_text(boot_id())


def boot_id() -> str:
    """What changes when the machine starts anew."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


@contextmanager
def take_slot(slots: Path, binaries: Binaries, account: Account | None) -> Iterator[Slot]:
    """The first free slot in that folder for a cluster of these programs, ours until the block ends."""
    for folder in (slots, *(slots / f"{binaries.label}-{n}" for n in range(1, MOST_SLOTS + 1))):
        refusal = own_folder(folder, account)
        if refusal:
            raise ServerError(f"cannot keep a cluster in {folder}: {refusal}", hint=f"remove {folder}")
        lock = _try_lock(folder / "lock") if folder != slots else None
        if lock is not None:
            try:
                yield Slot(folder)
            finally:
                close(lock)
            return
    raise ServerError(f"all {MOST_SLOTS} slots in {slots} are in use", hint="wait for other runs to end")


def _try_lock(path: Path) -> int | None:
    """The locked file, or None when another run holds it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    keep_from_children(lock)
    return lock


def discard_torn_cluster(slot: Slot, progress: Callable[[str], None]) -> None:
    """Throw away a cluster whose machine went down before its data was on disk.

    A crash of the server or of pgproof alone loses nothing: what was written is in the kernel's hands.
    """
    if slot.data.exists() and slot.unsynced.exists() and slot.unsynced.read_text() != boot_id():
        progress("the machine restarted before the cached databases were safely on disk: making them anew")
        shutil.rmtree(slot.data)
        slot.unsynced.unlink()


def ensure_cluster(slot: Slot, binaries: Binaries, account: Account | None) -> None:
    """Make the cluster unless there is one: aside, then moved into place, so that there is no half of one."""
    half = slot.folder / "data.half-made"
    shutil.rmtree(half, ignore_errors=True)
    if slot.data.exists():
        return
    try:
        half.mkdir(0o700)
        if account:
            os.chown(half, account.uid, account.gid)
        # C locale: comparisons and sort orders that no operating system update can change.
        # Not synced yet: the end of the session does it, mark_unsynced says so until then.
        initdb: list[str | Path] = [
            binaries.folder / "initdb",
            "-D",
            half,
            "-U",
            "postgres",
            "--no-locale",
            "--encoding=UTF8",
        ]
        status, output = run([*initdb, "--auth=trust", "--no-sync", "--no-instructions"], account)
        if status != 0:
            raise _initdb_error(slot, output)
        slot.mark_unsynced()
        half.rename(slot.data)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


def _initdb_error(slot: Slot, output: str) -> PgproofError:
    if tells_of_full_disk(output):
        return disk_full(slot.folder)
    last = next((line for line in reversed(output.splitlines()) if "error:" in line or "FATAL:" in line), output)
    # Containers often run under a number that has no account.
    hint = "give this user id an entry in /etc/passwd" if "look up effective user ID" in output else ""
    return ServerError(f"initdb could not make a cluster in {slot.folder}: {last.strip()}", hint=hint)


@contextmanager
def socket_folder(slot: Slot, account: Account | None) -> Iterator[Path]:
    """A private folder for the unix socket: in the slot, or under /tmp when that path is too long for a socket."""
    mark = slot.folder / "socket-in"
    folder = slot.folder / "socket"
    _remove_left_behind(mark)
    # A comma separates hosts for libpq and folders for the server, and neither knows an escape.
    if len(os.fsencode(folder / ".s.PGSQL.5432")) > SOCKET_PATH_LIMIT or "," in str(folder):
        folder = Path(tempfile.mkdtemp(prefix="pgproof-", dir=SHORT_SOCKETS))
        mark.write_text(str(folder))
    else:
        folder.mkdir(0o700, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)
    try:
        yield folder
    finally:
        _remove_left_behind(mark)


def _remove_left_behind(mark: Path) -> None:
    """Remove the socket folder that ``mark`` names; a killed run leaves one."""
    if mark.exists():
        shutil.rmtree(mark.read_text(), ignore_errors=True)
        mark.unlink()

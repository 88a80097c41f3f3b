"""Room on the server's disk, and a full one: told from other failures and said in one way."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import DiskFull, ServerError
from bench.postgres.servers.handle import ServerHandle

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

FreeBytes = Callable[[ServerHandle], int | None]


def free_bytes_of(server: ServerHandle) -> int | None:
    """Free bytes on the device that holds the server's files; None where it cannot be looked at from here."""
    return shutil.disk_usage(server.data_dir).free if server.data_dir else None


def disk_full(where: Path) -> DiskFull:
    """The error for a device of ours without room, with what to do."""
    return DiskFull(
        f"no room left on the device that holds {where}",
        hint="free some space (pgproof cache clear), use a smaller dataset, or point XDG_CACHE_HOME to a larger disk",
    )


def servers_disk_full(reason: str) -> DiskFull:
    """The error for a server elsewhere without room."""
    return DiskFull(f"no room left on the server's disk ({reason})", hint="free some space there, or use less data")


def tells_of_full_disk(text: str) -> bool:
    """Whether a program's output or a log names a full disk as the reason."""
    return any(os.strerror(number) in text for number in NO_ROOM)


@contextmanager
def file_errors_explained(where: Path) -> Iterator[None]:
    """A block that works on files in ``where``; what the system refuses becomes one line."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM or tells_of_full_disk(str(error)):  # shutil joins many errors into one text
            raise disk_full(where) from error
        raise ServerError(f"cannot work in {where}: {error}") from error

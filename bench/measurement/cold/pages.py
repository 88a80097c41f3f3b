"""The operating system's cache of files: dropped with posix_fadvise(2), looked at with mincore(2).

Neither needs a privilege beyond reading the files, and neither touches what the machine has cached of other files. The
cache of the whole machine is for whoever asks for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

DROP_CACHES = Path("/proc/sys/vm/drop_caches")
"""Linux drops what it has cached of all files when a 1 is written here (proc(5)); dirty pages stay."""

FAILED = ctypes.c_void_p(-1).value
"""What mmap(2) returns when it fails."""


def files_of(data: Path, oid: int) -> tuple[Path, ...]:
    """All files of the database ``oid`` in the cluster ``data``: every fork and segment, in every tablespace.

    Raises:
        OSError: the folder cannot be read.
    """
    folders = [data / "base" / str(oid), *data.glob(f"pg_tblspc/*/PG_*/{oid}")]
    return tuple(sorted(Path(entry.path) for folder in folders for entry in os.scandir(folder) if entry.is_file()))


def drop(files: Iterable[Path], *, write_back: bool) -> None:
    """Have the system forget what it has cached of ``files``.

    Pages that are not on the disk yet stay: ``write_back`` puts them there first. A file that is gone is passed over.

    Raises:
        OSError: a file cannot be opened.
    """
    for descriptor in _opened(files):
        if write_back:
            os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def drop_machine(*, write_back: bool) -> None:
    """Have the system forget what it has cached of any file.

    Raises:
        OSError: this user may not, or this is no Linux.
    """
    if write_back:
        os.sync()
    DROP_CACHES.write_text("1")


def resident(files: Iterable[Path]) -> tuple[int, int] | None:
    """Count the pages of ``files`` that the system has in memory, and all of them; None where it does not say."""
    found = total = 0
    for descriptor in _opened(files):
        size = os.fstat(descriptor).st_size
        if not size:
            continue
        pages = _pages(descriptor, size)
        if pages is None:
            return None
        found, total = found + pages, total + -(-size // mmap.PAGESIZE)
    return found, total


def _opened(files: Iterable[Path]) -> Iterator[int]:
    for file in files:
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            try:
                yield descriptor
            finally:
                os.close(descriptor)


def _pages(descriptor: int, size: int) -> int | None:
    """Map the file without reading it, and ask which of its pages are in memory."""
    system = _system()
    address = system.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    if address == FAILED:
        return None
    try:
        seen = (ctypes.c_ubyte * -(-size // mmap.PAGESIZE))()
        if system.mincore(address, size, seen) != 0:
            return None
        # The lowest bit says it; the others are reserved (mincore(2)).
        return int(np.count_nonzero(np.frombuffer(bytes(seen), np.uint8) & 1))
    finally:
        system.munmap(address, size)


@cache
def _system() -> ctypes.CDLL:
    """The C library, with the shapes of what is called. Python's own mmap does not give its address away."""
    system = ctypes.CDLL(None, use_errno=True)
    system.mmap.restype = ctypes.c_void_p
    system.mmap.argtypes = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
    )  # fmt: skip
    system.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
    system.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    return system

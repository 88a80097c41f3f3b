"""A folder for each result: its record while it goes on, the reports at its end, and a link to the newest of its kind.

``<output>/<time>-<name>/`` holds one result and is never written to by another; ``latest`` in ``<output>`` leads to the
newest run, ``latest-load`` to the newest load, and so on.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from bench import storage
from bench.errors import PgproofError
from bench.storage import Kind

Record = TypeVar("Record")

LATEST = "latest"
SAVE_EVERY_S = 1.0
SAVE_SHARE = 0.02
"""Pause between two writes of a record: a second at least, and so long that writing takes 2 % of the time at most.
A cell is often faster than writing the file, which grows with each."""

STARTED = re.compile(rb'"started_at": ?"([\d:T-]{19})')
HEAD_BYTES = 4096
"""In which a record says when it began, as one of its first fields."""


def stamp() -> str:
    """The moment, as the name of a folder."""
    return time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime())


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Say in one line where files cannot be written."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO)
        raise PgproofError(f"cannot write to {folder}: {reason}", hint="choose another folder with --output") from None


def insist_on(output: Path) -> None:
    """Make the folder of all results, or raise ``PgproofError``: before any work is done for them."""
    with writing_to(output):
        output.mkdir(parents=True, exist_ok=True)
        if not os.access(output, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "")


def make(output: Path, name: str) -> Path:
    """Make and return ``<output>/<time>-<name>/``, with a number behind it where there is one of this second."""
    begun = f"{stamp()}-{name}"
    folder, number = output / begun, 1
    with writing_to(output):
        while True:
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                number += 1
                folder = output / f"{begun}-{number}"
            else:
                return folder


def oldest_first(output: Path, kind: Kind[Any]) -> list[Path]:
    """The files of results of ``kind`` in ``output``, by the moment at which each began: its folder may have any name.

    Links are left out. What says no moment comes first.
    """
    return sorted((file for file in output.glob(f"*/{kind.file}") if not file.parent.is_symlink()), key=_begun)


def _begun(file: Path) -> tuple[str, str]:
    """When the result in ``file`` began, to the second, from its first bytes, and the name of its folder."""
    try:
        with open(file, "rb") as opened:
            found = STARTED.search(opened.read(HEAD_BYTES))
    except OSError:
        found = None
    return found[1].decode() if found else "", file.parent.name


def publish(output: Path, name: str, write: Callable[[Path], object]) -> Path:
    """Have ``write`` fill a new folder for a result that takes no time to make, and point to it."""
    folder = make(output, name)
    with writing_to(folder):
        write(folder)
    point(folder, f"{LATEST}-{name}")
    return folder


def point(folder: Path, link: str) -> None:
    """Let ``link``, beside ``folder``, lead to it."""
    path, aside = folder.parent / link, folder.parent / f".{link}.{os.getpid()}"
    if path.is_dir() and not path.is_symlink():
        raise PgproofError(f"{path} is a folder, not our link", hint="move it away")
    with writing_to(folder.parent):
        aside.unlink(missing_ok=True)
        aside.symlink_to(folder.name, target_is_directory=True)
        aside.replace(path)


class Checkpoint(Generic[Record]):
    """The record of one result as it grows, in a folder that is made when there is something to keep."""

    def __init__(
        self, kind: Kind[Record], make_folder: Callable[[], Path], link: str = "",
        is_worth: Callable[[Record], bool] = lambda _record: True,
    ) -> None:  # fmt: skip
        """``link``, where there is one, leads to the folder once the result is complete; before that, only a record
        that ``is_worth`` it is stored."""
        self._kind, self._make_folder, self._link, self._is_worth = kind, make_folder, link, is_worth
        self._save_again_at = 0.0
        self.latest: Record | None = None

    @cached_property
    def folder(self) -> Path:
        """Where it is kept; made when somebody asks first."""
        return self._make_folder()

    @property
    def file(self) -> Path:
        """The file of the record."""
        return self.folder / self._kind.file

    def keep(self, record: Record) -> None:
        """Store the record so far, unless that was done a moment ago, or it is not worth it."""
        self.latest = record
        if time.monotonic() >= self._save_again_at and self._is_worth(record):
            self.save(record)

    def save(self, record: Record) -> None:
        """Store ``record``."""
        self.latest = record
        begin = time.monotonic()
        with writing_to(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            storage.save(record, self._kind, self.file)
        took = time.monotonic() - begin
        self._save_again_at = begin + took + max(SAVE_EVERY_S, took / SAVE_SHARE)

    def write(self, record: Record, reports: Callable[[Record, Path], object]) -> None:
        """Store ``record`` with its ``reports``."""
        self.save(record)
        with writing_to(self.folder):
            reports(record, self.folder)

    def publish(self, record: Record, reports: Callable[[Record, Path], object]) -> None:
        """Store ``record``, which is complete, with its ``reports``, and let the link lead here."""
        self.write(record, reports)
        if self._link:
            point(self.folder, self._link)

"""The folder of one run: run.json while it goes on, the reports at its end, and the link to the latest."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from bench import storage
from bench.errors import PgproofError
from bench.experiments.before_after import formats as report
from bench.model import Run, RunStatus

RUN_FILE = "run.json"
SAVE_EVERY_S = 1.0
SAVE_SHARE = 0.02
"""Pause between two writes of run.json: a second at least, and so long that writing takes 2 % of the time at most.
A cell is often faster than writing the file, which grows with each."""


def stamp() -> str:
    """The moment, as the name of a folder."""
    return time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime())


class Folder:
    """``<output>/<time>/``, made when there is something to keep; ``<output>/<name>/`` where it gets a name."""

    def __init__(self, output: Path, name: str = "") -> None:
        self._output = output
        self._linked = not name
        self._latest: Run | None = None
        self._save_again_at = 0.0
        self.path = output / (name or stamp())

    def __enter__(self) -> Folder:
        self._make(self._output)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def keep(self, run: Run) -> None:
        """Store the run so far, unless that was done a moment ago."""
        self._latest = run
        if time.monotonic() >= self._save_again_at:
            self._save(run)

    def abandon(self, status: RunStatus) -> Path | None:
        """Store what an unfinished run has; return the file, or None when nothing had been seen."""
        if self._latest is None or not (self._latest.attribution or _has_cells(self._latest)):
            return None
        return self._save(replace(self._latest, status=status))

    def publish(self, run: Run) -> None:
        """Write run.json and all reports, and point ``latest`` here unless this folder was given a name."""
        self._save(run)
        report.write(run, self.path)
        if not self._linked:
            return
        aside = self._output / f".latest.{os.getpid()}"
        aside.symlink_to(self.path.name, target_is_directory=True)
        link = self._output / "latest"
        if link.is_dir() and not link.is_symlink():
            aside.unlink()
            raise PgproofError(f"{link} is a folder, not our link", hint="move it away")
        aside.replace(link)

    def _save(self, run: Run) -> Path:
        self._make(self.path)
        begin = time.monotonic()
        storage.save(run, storage.RUN, self.path / RUN_FILE)
        took = time.monotonic() - begin
        self._save_again_at = begin + took + max(SAVE_EVERY_S, took / SAVE_SHARE)
        return self.path / RUN_FILE

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = os.strerror(error.errno or errno.EIO)
            raise PgproofError(
                f"cannot make the folder {folder}: {reason}", hint="choose another one with --output"
            ) from None


def _has_cells(run: Run) -> bool:
    return any(pair.before.first_ms is not None for pair in run.pairs)

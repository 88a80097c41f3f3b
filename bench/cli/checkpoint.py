"""What an experiment has seen so far, kept in its folder, also where it is interrupted or fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from bench import timestamps
from bench.cli.streams import err
from bench.errors import PgproofError
from bench.experiments.compare.command import written
from bench.experiments.load.record import LoadRun
from bench.experiments.maintain.record import MaintenanceRun
from bench.experiments.traps.record import TrapsRun
from bench.model import RunStatus

Seen = TypeVar("Seen", LoadRun, MaintenanceRun, TrapsRun)


@dataclass
class Kept(Generic[Seen]):
    """The latest state of one experiment, stored after every step."""

    folder: Path
    file: str
    """Name of the JSON file that holds it."""
    page: str
    save: Callable[[Seen, Path], object]
    write: Callable[[Seen, Path], object]
    """Makes the reports in a folder."""
    said: Callable[[Seen], str]
    """What is kept, in words; empty where that is nothing worth a report."""
    latest: Seen | None = None

    def keep(self, seen: Seen) -> None:
        """Store what was seen so far."""
        self.latest = seen
        written(self._save, self.folder)

    @contextmanager
    def also_when_stopped(self) -> Iterator[None]:
        """Store what there is, with its reports, where the block is interrupted or fails as expected."""
        try:
            yield
        except (KeyboardInterrupt, PgproofError) as error:
            if self.latest is not None and (said := self.said(self.latest)):
                status: RunStatus = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
                now: dict[str, Any] = {"status": status, "finished_at": timestamps.now_text()}
                partial = replace(self.latest, **now)
                self.keep(partial)
                written(lambda: self.write(partial, self.folder), self.folder)
                err.print(f"{status}; {said} kept: {self.folder / self.page}", markup=False, soft_wrap=True)
            raise

    def _save(self) -> None:
        assert self.latest is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        self.save(self.latest, self.folder / self.file)

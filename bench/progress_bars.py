"""What the command line shows while it works: bars on a terminal, plain lines elsewhere, nothing if so asked."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from bench.progress import Progress as Notice
from bench.progress import silent


class _Rate(ProgressColumn):
    """Units per second, where a phase counts something fast."""

    def render(self, task: Task) -> Text:
        """Show the rate of tasks with a unit."""
        if not task.speed or not task.fields.get("unit") or task.speed < 10:
            return Text("")
        return Text(f"{task.speed:,.0f} {task.fields['unit']}/s", style="progress.data.speed")


class Bars:
    """Progress bars, one for each phase, with rate and time left. A context manager and a progress callback."""

    def __init__(self, console: Console) -> None:
        self.also: Notice = silent
        """Takes notice of the same."""
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f}%"),
            _Rate(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, phase: str, done: float, total: float, unit: str = "") -> None:
        """Show ``done`` of ``total``."""
        if phase not in self._tasks:
            self._tasks[phase] = self._progress.add_task(phase, total=total or 1, unit=unit)
        self._progress.update(self._tasks[phase], completed=done if total else 1, total=total or 1)
        self.also(phase, done, total, unit)

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(line, highlight=False, markup=False)


class Lines:
    """One plain line at the end of each phase, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self.also: Notice = silent
        """Takes notice of the same."""
        self._console = console
        self._begun: dict[str, float] = {}

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def __call__(self, phase: str, done: float, total: float, unit: str = "") -> None:
        """Take notice; print when ``done`` reaches ``total``."""
        begin = self._begun.setdefault(phase, time.monotonic())
        if done >= total:
            what = f" ({total:,.0f} {unit})" if unit else ""
            self.say(f"{phase}{what}: {time.monotonic() - begin:.1f} s")
            del self._begun[phase]
        self.also(phase, done, total, unit)

    def say(self, line: str) -> None:
        """Print a line."""
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


class Silent(Lines):
    """Nothing at all, where only the result was asked for."""

    def say(self, line: str) -> None:
        """Say nothing."""


def progress(console: Console, *, quiet: bool) -> Bars | Lines:
    """Bars on a terminal that can draw them, lines elsewhere, nothing when asked to be quiet."""
    if quiet:
        return Silent(console)
    return Bars(console) if console.is_terminal and not console.is_dumb_terminal else Lines(console)

"""What an experiment is once it was measured, and the list of them: the command line, reports and history go by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from rich.console import RenderableType

from bench.errors import RunFileError
from bench.report.findings import Finding
from bench.storage import Kind

Record = TypeVar("Record")

Outcome = Literal["", "differs", "incompatible", "inconclusive"]
"""What an exit code says; empty: nothing is wrong."""

EXPERIMENTS: Mapping[str, str] = {
    "run.json": "before_after",
    "scale.json": "scale",
    "load.json": "load",
    "maintenance.json": "maintain",
    "traps.json": "traps",
    "gate.json": "gate",
}
"""The file that holds a result, to the folder of its experiment here: ``EXPERIMENT`` in its ``experiment.py``, loaded
when somebody asks for it."""


@dataclass(frozen=True, slots=True)
class Experiment(Generic[Record]):
    """How one is kept and shown."""

    name: str
    """Its command, and what its results are called."""
    kind: Kind[Record]
    show: Callable[[Record], RenderableType]
    """What a terminal shows."""
    write: Callable[[Record, Path], tuple[Path, ...]]
    """Write its reports into a folder; returns them. Raises ``OSError``."""
    page: str
    """The report to open first."""
    page_is: str
    """What it is called: ``report``."""
    findings: Callable[[Record], Iterable[Finding]]
    """What one looks at after it, one at a time."""
    outcome: Callable[[Record], Outcome] = lambda _record: ""
    worth_keeping: Callable[[Record], bool] = lambda _record: True
    """Whether anything was measured yet."""
    kept: Callable[[Record, Path], tuple[str, ...]] | None = None
    """What to say of the part of a stopped one that was kept in a folder; None where no part is ever kept."""
    worth_reporting: Callable[[Record], bool] = lambda _record: True
    """Whether the part of a stopped one gets its reports at once."""


def experiment_of(file: Path) -> Experiment[Any]:
    """The experiment that such a file is kept by: a run's where the name tells nothing."""
    found = import_module(f"bench.experiments.{EXPERIMENTS.get(file.name, 'before_after')}.experiment").EXPERIMENT
    assert isinstance(found, Experiment)
    return found


def result_in(path: Path) -> Path:
    """The file of a result: ``path``, or the one in that folder. Raises ``RunFileError``."""
    if not path.is_dir():
        return path
    for name in EXPERIMENTS:
        if (path / name).exists():
            return path / name
    raise RunFileError(f"{path} holds no result", hint=f"give a file, or a folder with one of {', '.join(EXPERIMENTS)}")

"""What an experiment is once it was measured, and the list of them: the command line, reports and history go by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from rich.console import RenderableType

from bench.errors import RunFileError
from bench.experiments import packages
from bench.experiments.entries import firm, of
from bench.model import Json
from bench.overview.record import Answers, Entry, Figure
from bench.report import machine_readable, markdown, terminal
from bench.report.document import Document, plain
from bench.report.files import put
from bench.report.findings import Finding, fails
from bench.report.html import render as html
from bench.storage import RUN, Kind

Record = TypeVar("Record")
Summary = TypeVar("Summary")

Outcome = Literal["", "differs", "incompatible", "inconclusive"]
"""What an exit code says; empty: nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Experiment(Generic[Record, Summary]):
    """How one is decided, shown and kept, once it was measured."""

    name: str
    """Its command, and what its results are called."""
    kind: Kind[Record]
    summarize: Callable[[Record], Summary]
    """Decides everything that is shown; pure."""
    document: Callable[[Record, Summary], Document]
    """Places it; computes nothing."""
    findings: Callable[[Record, Summary], Iterable[Finding]]
    """What one looks at after it, one at a time."""
    page: str
    """The report to open first."""
    page_is: str
    """What it is called: ``report``."""
    smallest: tuple[str, ...]
    """The arguments of its smallest run on a workload, for who only wants to see it go."""
    command: str = ""
    """The command that carries it out, where that is not its name."""
    others: Mapping[str, Callable[[Record, Summary], str | bytes]] = field(default_factory=dict)
    """Files beside page and Markdown, and what makes them."""
    outcome: Callable[[Record], Outcome] | None = None
    """None: it differs where one of its findings is a failure."""
    worth_keeping: Callable[[Record], bool] = lambda _record: True
    """Whether anything was measured yet."""
    kept: Callable[[Record, Path], tuple[str, ...]] | None = None
    """What to say of the part of a stopped one that was kept in a folder; None where no part is ever kept."""
    worth_reporting: Callable[[Record], bool] = lambda _record: True
    """Whether the part of a stopped one gets its reports at once."""
    answers: Callable[[Record, Summary], Answers] = lambda _record, _summary: {}
    """Which of the questions on the page of all results it answers, and how."""
    figures: Callable[[Record, Summary], tuple[Figure, ...]] = lambda _record, _summary: ()
    """What is drawn there through several results."""
    _last: list[tuple[Record, Summary]] = field(default_factory=list, init=False, repr=False, compare=False)
    _made: list[tuple[Record, Document]] = field(default_factory=list, init=False, repr=False, compare=False)

    def decided(self, record: Record) -> Summary:
        """The summary of ``record``, made once for the record that was asked about last."""
        if not (self._last and self._last[0][0] is record):
            self._last[:] = [(record, self.summarize(record))]
        return self._last[0][1]

    def placed(self, record: Record) -> Document:
        """The document of ``record``, made once for the record that was asked about last."""
        if not (self._made and self._made[0][0] is record):
            self._made[:] = [(record, self.document(record, self.decided(record)))]
        return self._made[0][1]

    @property
    def carried_out_by(self) -> str:
        """The command that carries it out."""
        return self.command or self.name

    def show(self, record: Record) -> RenderableType:
        """What a terminal shows of ``record``."""
        return terminal.render(self.placed(record))

    def markdown(self, record: Record) -> str:
        """What a comment on a pull request shows of ``record``."""
        return markdown.render(self.placed(record))

    def write(self, record: Record, folder: Path) -> tuple[Path, ...]:
        """Write page, Markdown and the others into ``folder``, made where it is missing. Raises ``OSError``."""
        summary, made = self.decided(record), self.placed(record)
        texts = {f"{made.file}.html": html.render(made), f"{made.file}.md": markdown.render(made)}
        return put({**texts, **{name: render(record, summary) for name, render in self.others.items()}}, folder)

    def look(self, record: Record) -> tuple[Finding, ...]:
        """The findings of ``record``."""
        return tuple(self.findings(record, self.decided(record)))

    def for_programs(self, record: Record, folder: Path) -> dict[str, Json]:
        """All that was decided, as JSON holds it: the same for every experiment but for ``summary``."""
        summary, made = self.decided(record), self.placed(record)
        return {
            "experiment": self.name,
            "status": str(getattr(record, "status", "complete")),
            "outcome": self.ends_as(record),
            "headline": made.headline,
            "alarms": [plain(line) for line in made.alarms],
            "record": str(folder / self.kind.file),
            "report": str(folder / self.page),
            "findings": [machine_readable.plain(one) for one in self.look(record)],
            "summary": machine_readable.plain(summary),
        }

    def entry(self, record: Record) -> Entry:
        """What the page of all results knows of ``record``. What was stopped answers no question with a yes."""
        summary, made, facts = self.decided(record), self.placed(record), of(record)
        return replace(
            facts,
            experiment=self.name,
            command=self.carried_out_by,
            headline=made.headline,
            answers=firm(self.answers(record, summary), facts.status),
            figures=self.figures(record, summary),
            alarms=len(made.alarms),
            page=self.page,
        )

    def ends_as(self, record: Record) -> Outcome:
        """What the exit code says."""
        if self.outcome is not None:
            return self.outcome(record)
        return "differs" if fails(self.look(record)) else ""


EXPERIMENTS: Mapping[str, str] = {one.FILE: one.__name__ for one in packages() if hasattr(one, "FILE")}
"""The file that holds a result, to the package of its experiment, which says so itself. How it is shown is
``EXPERIMENT`` in its ``document``, loaded when somebody asks for it."""


def experiment_of(file: Path) -> Experiment[Any, Any]:
    """The experiment that such a file is kept by: a run's where the name tells nothing."""
    package = EXPERIMENTS.get(file.name, EXPERIMENTS[RUN.file])
    found = import_module(f"{package}.document").EXPERIMENT
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

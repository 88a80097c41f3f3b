"""The page of an experiment while it goes on: what it is at, and its first figures; it reloads itself until the end."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from bench import __version__
from bench.experiments.experiment import Experiment
from bench.model.vocabulary import Mark
from bench.report.document import Block, Cell, Column, Document, Table
from bench.report.files import put
from bench.report.html import render as html
from bench.report.numbers import seconds
from bench.results_folder import Checkpoint, writing_to
from bench.timestamps import now_text, when

Record = TypeVar("Record")

GOING_ON = Mark("…", "⏳", "open")
EVERY_S = 5.0
"""Between two pages, at least."""
RELOAD_S = 5
"""Seconds after which a page reloads itself."""
SHARE = 0.02
"""Of the time, at most, that a processor is busy with pages, and as much again with deciding their figures."""


@dataclass(slots=True)
class _Phase:
    """A phase as its progress told it."""

    begun: float
    done: float = 0.0
    total: float = 0.0
    unit: str = ""
    took: float | None = None
    """Seconds, once it has ended."""


class Live(Generic[Record]):
    """Writes the page of an experiment as it goes on. To be called as its progress is."""

    def __init__(self, experiment: Experiment[Record, Any], results: Checkpoint[Record], about: str) -> None:
        """``about``: what was begun, in a line."""
        self._experiment, self._results, self._about = experiment, results, about
        self._phases: dict[str, _Phase] = {}
        self._begun, self._write_at, self._decide_at = now_text(), 0.0, 0.0
        self._seen: Document | None = None

    def begin(self) -> None:
        """Write the first page."""
        self._write()
        self._write_at = time.monotonic() + EVERY_S  # that templates were read is no measure of the next page

    def __call__(self, phase: str, done: float, total: float, unit: str = "") -> None:
        """Take notice, and write the page where that is due."""
        now = time.monotonic()
        at = self._phases.get(phase)
        if at is None or (at.took is not None and done < total):  # a phase that comes again begins anew
            at = self._phases[phase] = _Phase(now)
        at.done, at.total, at.unit = done, total, unit
        at.took = now - at.begun if done >= total else None
        if now >= self._write_at:
            self._write()

    def stop(self, how: str, *, kept: bool) -> None:
        """Say on the page ``how`` it ended where something is ``kept``, or take the page away again."""
        if kept:
            self._write(how)
            return
        with suppress(OSError):  # gone already, or somebody has put more into the folder
            (self._results.folder / self._experiment.page).unlink(missing_ok=True)
            self._results.folder.rmdir()

    def _write(self, ended: str = "") -> None:
        made, begun = self._document(ended), time.process_time()
        page = html.render(made)
        with writing_to(self._results.folder):
            put({self._experiment.page: page}, self._results.folder)
        self._write_at = time.monotonic() + max(EVERY_S, (time.process_time() - begun) / SHARE)

    def _document(self, ended: str) -> Document:
        made, going = self._figures(), (self._progress(),)
        said = f"Stopped ({ended})" if ended else "Going on: this page reloads itself until the end"
        note = f"{said}. As of {now_text()[:19].replace('T', ' ')} UTC, begun {when(self._begun)}."
        if made is None:
            name = self._experiment.carried_out_by
            made = Document(
                experiment=self._experiment.name, file=self._experiment.page.removesuffix(".html"),
                title=f"pgproof {name}", headline=f"{name}: nothing is measured yet", facts=(name, self._about),
                alarms=(), lead=(), sections=(), pgproof=__version__, footer=f"Written by pgproof {__version__}.",
            )  # fmt: skip
        return replace(
            made, mark=GOING_ON, notes=(note, *made.notes), lead=(*going, *made.lead), sections=made.sections[:1],
            reloads_s=0 if ended else RELOAD_S,
        )  # fmt: skip

    def _figures(self) -> Document | None:
        """What is known so far, decided anew where that is due; None before anything was measured."""
        seen = self._results.latest
        if seen is not None and time.monotonic() >= self._decide_at and self._experiment.worth_keeping(seen):
            begun = time.process_time()
            self._seen = self._experiment.placed(seen)
            self._decide_at = time.monotonic() + (time.process_time() - begun) / SHARE
        return self._seen

    def _progress(self) -> Block:
        now = time.monotonic()
        rows = tuple(
            (Cell(name), Cell(_of(at)), Cell(seconds(now - at.begun if at.took is None else at.took)))
            for name, at in reversed(self._phases.items())
        )
        heads = Column("Phase"), Column("Done", number=True), Column("Took", number=True)
        return Table("Phases, the newest first", heads, rows, kind="overview", cards=True)


def _of(at: _Phase) -> str:
    if at.took is not None:
        return f"{at.total:,.0f} {at.unit}".strip() if at.unit else "done"
    return f"{at.done:,.0f} of {at.total:,.0f} {at.unit}".strip()

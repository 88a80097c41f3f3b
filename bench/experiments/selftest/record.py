"""What a series of gate runs leaves behind: one line of JSON for each run, appended at once."""

from __future__ import annotations

import gzip
import json
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, TypeVar

from bench import storage
from bench.errors import RunFileError
from bench.experiments.gate import times
from bench.experiments.gate.record import GateResult
from bench.model import Json

T = TypeVar("T")

DIGITS = 5
"""Significant digits of a time."""


@dataclass(frozen=True, slots=True)
class CellLine:
    """The screen of one cell in one gate run; times in ms for one execution."""

    cell: str
    """``query[class]``."""
    word: str
    base_mean: float
    head_mean: float
    base_median: float
    head_median: float
    change: float
    """Median of the paired logarithms of head over base."""
    spread: float
    """Robust standard deviation of one pair."""
    pairs: int
    sessions: int
    """Sessions that the cell took part in: 1 is the screen alone."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """One gate run of a series."""

    at: str
    pgproof: str
    overall: str
    seconds: float
    load: float
    """Load average of the last minute, when it ended."""
    repeats: str
    controls: tuple[float, ...]
    cells: tuple[CellLine, ...]

    @property
    def red(self) -> bool:
        """Whether the gate said regression."""
        return self.overall == "regression"


Witness = Literal["counters", "rows", "time", "target", "error", "nothing"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One regression put in, and what the gate said."""

    name: str
    kind: str
    """``left out`` (an optimization), ``database``, ``settings``, ``query``, or ``cpu``."""
    promised: str
    """Who has to see it: ``counters``, ``rows``, ``time``, ``nothing`` (it does no more work), or ``unknown``."""
    witness: Witness
    """Who saw it first."""
    red: tuple[str, ...]
    """Cells that the gate called a regression, ``query[class]``."""
    detail: str
    """The headline of the first red cell, or why there is none."""
    seconds: float
    share: float = 0.0
    """``cpu``: how much slower it was made."""
    ratio: float = 0.0
    """``cpu``: how much slower the gate found it, head over base."""
    spread: float = 0.0
    """``cpu``: robust standard deviation of one pair, as a share."""


def line_of(result: GateResult, seconds: float, load: float) -> RunLine:
    """Boil a result down to what the analysis needs."""
    return RunLine(
        at=result.started_at,
        pgproof=result.pgproof,
        overall=result.overall,
        seconds=round(seconds, 1),
        load=round(load, 2),
        repeats=" ".join(note for note in result.notes if "repeated" in note),
        controls=tuple(round(ratio, 4) for ratio in result.controls),
        cells=tuple(
            CellLine(
                cell=f"{cell.query}[{cell.parameter_class}]",
                word=cell.word,
                base_mean=_rounded(statistics.fmean(session.base_ms)),
                head_mean=_rounded(statistics.fmean(session.head_ms)),
                base_median=_rounded(statistics.median(session.base_ms)),
                head_median=_rounded(statistics.median(session.head_ms)),
                change=round(statistics.median(times.logs(session)), 5),
                spread=round(times.spread(times.logs(session)), 5),
                pairs=len(session.base_ms),
                sessions=len(cell.timed.stages),
            )
            for cell in result.cells
            if cell.timed
            for session in cell.timed.stages[:1]
        ),
    )


def append(line: RunLine | Attempt, file: Path) -> None:
    """Add one line to a log, which is made where it is missing: cells as lists, so that hundreds of runs stay small."""
    document = storage.to_json(line)
    if isinstance(line, RunLine):
        document["cells"] = [list(cell.values()) for cell in document["cells"]]
    with open(file, "a", encoding="ascii") as log:
        log.write(storage.compact(document) + "\n")


def read_log(file: Path) -> list[RunLine]:
    """Read the log of an A/A series, packed with gzip or not; nothing where there is none yet.

    Raises:
        RunFileError: a line is not of such a log.
    """
    return _read(file, _run_line)


def read_attempts(file: Path) -> list[Attempt]:
    """Read the log of what was put in on purpose, as ``read_log`` does."""
    return _read(file, lambda document: storage.from_json(Attempt, document, "attempt"))


def _read(file: Path, parse: Callable[[Json], T]) -> list[T]:
    if not file.exists():
        return []
    found = []
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    for number, text in enumerate(content.decode("ascii").splitlines(), 1):
        try:
            found.append(parse(json.loads(text)))
        except (ValueError, KeyError, TypeError) as error:
            raise RunFileError(f"{file}:{number}: not a line of this selftest's log ({error})") from None
    return found


def _run_line(document: Json) -> RunLine:
    names = [field.name for field in fields(CellLine)]
    cells = [dict(zip(names, values, strict=True)) for values in document["cells"]]
    return storage.from_json(RunLine, {**document, "cells": cells}, "run")


def _rounded(value: float) -> float:
    return round(value, DIGITS - 1 - math.floor(math.log10(value))) if value > 0 else value


def per_cell(lines: Sequence[RunLine]) -> dict[str, list[CellLine]]:
    """The screens of each cell, run after run."""
    found: dict[str, list[CellLine]] = {}
    for line in lines:
        for cell in line.cells:
            found.setdefault(cell.cell, []).append(cell)
    return found

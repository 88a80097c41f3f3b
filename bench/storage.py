"""Runs, gate results, baselines and other experiments on disk: JSON files, moved into place whole.

They are read back with every field checked.

docs/file-format.md describes the fields.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from bench.errors import BaselineError, DiskFull, PgproofError, RunFileError
from bench.experiments.gate.record import Baseline, GateResult
from bench.experiments.load.record import LoadRun
from bench.experiments.maintain.record import MaintenanceRun
from bench.experiments.scale.record import Scaling
from bench.experiments.traps.record import TrapsRun
from bench.model import Json, Run
from bench.record_codec import ShapeError, decode, encode

# History of the formats:
#   1  pgproof 0.1: the first.
# A field added with a default needs no new number: readers ignore fields they do not know, and fill in those that are
# missing. A field that goes away, or changes its meaning or unit, needs one.
FORMAT = 1
GATE_FORMAT = 1
BASELINE_FORMAT = 1
LOAD_FORMAT = 1
MAINTENANCE_FORMAT = 1
SCALE_FORMAT = 1
TRAPS_FORMAT = 1

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
WIDTH = 120
"""Characters of a line in a file that people compare."""

Record = TypeVar("Record", Run, GateResult, Baseline, LoadRun, MaintenanceRun, Scaling, TrapsRun)


# ------------------------------------------------------------------------------------------------------ layout
def compact(document: Json) -> str:
    """Lay out ``document`` as small as it gets."""
    return json.dumps(document, allow_nan=False, separators=(",", ":"))


def spread(document: Json, indent: str = "") -> str:
    """Lay out ``document`` for a diff: keys sorted, and on one line what fits there, so that one change is one line."""
    flat = json.dumps(document, allow_nan=False, sort_keys=True)
    if len(indent) + len(flat) <= WIDTH or not isinstance(document, (dict, list)) or not document:
        return flat
    deeper = f"{indent}  "
    if isinstance(document, dict):
        parts = [f"{json.dumps(key)}: {spread(document[key], deeper)}" for key in sorted(document)]
    else:
        parts = [spread(item, deeper) for item in document]
    opening, closing = "{}" if isinstance(document, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{closing}"


@dataclass(frozen=True, slots=True)
class Sort(Generic[Record]):
    """A sort of file: what it holds, and what to say when it does not."""

    record: type[Record]
    format: int
    noun: str
    path: str
    """How the path of a field begins in an error."""
    missing: str
    """What to do where there is no such file."""
    error: type[PgproofError]
    layout: Callable[[Json], str]


RUN = Sort(Run, FORMAT, "run", "run", "a run is stored as reports/<time>/run.json", RunFileError, compact)
GATE = Sort(
    GateResult, GATE_FORMAT, "gate result", "gate", "a gate result is what pgproof gate writes", RunFileError, compact
)
LOAD = Sort(LoadRun, LOAD_FORMAT, "load", "load", "a load is what pgproof load writes", RunFileError, compact)
MAINTENANCE = Sort(
    MaintenanceRun, MAINTENANCE_FORMAT, "maintenance experiment", "maintenance",
    "it is what pgproof maintain writes", RunFileError, compact,
)  # fmt: skip
BASELINE = Sort(
    Baseline, BASELINE_FORMAT, "baseline", "baseline", "make one with: pgproof baseline", BaselineError, spread
)
SCALE = Sort(
    Scaling, SCALE_FORMAT, "scale experiment", "scale", "pgproof scale keeps it in the folder that it names",
    RunFileError, compact,
)  # fmt: skip
TRAPS = Sort(
    TrapsRun, TRAPS_FORMAT, "look for traps", "traps", "it is what pgproof traps writes", RunFileError, compact
)


# ------------------------------------------------------------------------------------------------- save and load
def save(run: Run, path: Path) -> None:
    """Write ``run`` to ``path``: whoever reads it sees the former content or the new, never a part.

    Raises ``DiskFull`` or ``OSError``; the former content is then untouched.
    """
    _save(run, RUN, path)


def load(path: Path) -> Run:
    """Read the run at ``path``. Raises ``RunFileError``, which says what is wrong and where."""
    return _load(RUN, path)


def gate_text(result: GateResult) -> str:
    """Give the content of gate.json."""
    return _text(result, GATE)


def save_gate(result: GateResult, path: Path) -> None:
    """Write the result of a gate to ``path``, as ``save`` does."""
    _save(result, GATE, path)


def load_gate(path: Path) -> GateResult:
    """Read the result of a gate at ``path``. Raises ``RunFileError``."""
    return _load(GATE, path)


def load_text(run: LoadRun) -> str:
    """Give the content of load.json."""
    return _text(run, LOAD)


def save_load(run: LoadRun, path: Path) -> None:
    """Write what a load saw to ``path``, as ``save`` does."""
    _save(run, LOAD, path)


def load_load(path: Path) -> LoadRun:
    """Read what a load saw at ``path``. Raises ``RunFileError``."""
    return _load(LOAD, path)


def save_maintenance(run: MaintenanceRun, path: Path) -> None:
    """Write what a maintenance experiment saw to ``path``, as ``save`` does."""
    _save(run, MAINTENANCE, path)


def load_maintenance(path: Path) -> MaintenanceRun:
    """Read the maintenance experiment at ``path``. Raises ``RunFileError``."""
    return _load(MAINTENANCE, path)


def save_baseline(baseline: Baseline, path: Path) -> None:
    """Write ``baseline`` to ``path``, laid out for a diff; otherwise as ``save`` does."""
    _save(baseline, BASELINE, path)


def load_baseline(path: Path) -> Baseline:
    """Read the baseline at ``path``. Raises ``BaselineError``."""
    return _load(BASELINE, path)


def save_scale(scaling: Scaling, path: Path) -> None:
    """Write a scale experiment to ``path``, as ``save`` does."""
    _save(scaling, SCALE, path)


def load_scale(path: Path) -> Scaling:
    """Read the scale experiment at ``path``. Raises ``RunFileError``."""
    return _load(SCALE, path)


def save_traps(run: TrapsRun, path: Path) -> None:
    """Write what a look for plan traps saw to ``path``, as ``save`` does."""
    _save(run, TRAPS, path)


def load_traps(path: Path) -> TrapsRun:
    """Read what a look for plan traps saw at ``path``. Raises ``RunFileError``."""
    return _load(TRAPS, path)


def _text(record: Record, sort: Sort[Record]) -> str:
    return sort.layout({"format": sort.format, **encode(record)}) + "\n"


def _save(record: Record, sort: Sort[Record], path: Path) -> None:
    text = _text(record, sort)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(aside, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        if error.errno in NO_ROOM:
            raise DiskFull(f"no room left to write {path}", hint="free some space, or choose another folder") from error
        raise
    _sync_folder(path.parent)


def _load(sort: Sort[Record], path: Path) -> Record:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise sort.error(f"{path}: no such file", hint=sort.missing) from None
    except UnicodeDecodeError:
        raise sort.error(f"{path}: not a {sort.noun} of pgproof (not text)") from None
    except OSError as error:
        raise sort.error(f"{path}: cannot be read ({error.strerror})") from None
    found = _parse(text, sort, path)
    number = found.get("format")
    if not isinstance(number, int) or isinstance(number, bool):
        raise sort.error(f"{path}: not a {sort.noun} of pgproof (it has no format number)")
    if number > sort.format:
        raise sort.error(
            f"{path}: made by a newer pgproof: format {number}, this one reads up to {sort.format}",
            hint="upgrade pgproof",
        )
    if number < 1:
        raise sort.error(f"{path}: format {number} never existed")
    try:
        record = decode(sort.record, {key: value for key, value in found.items() if key != "format"}, sort.path)
    except ShapeError as error:
        raise sort.error(
            f"{path}: {error}", hint=f"the file was changed by hand, or is not a {sort.noun} of pgproof"
        ) from None
    assert isinstance(record, sort.record)
    return record


def _parse(text: str, sort: Sort[Record], path: Path) -> dict[str, Json]:
    if not text.strip():
        raise sort.error(f"{path}: empty")
    try:
        found = json.loads(text)
    except RecursionError:
        raise sort.error(f"{path}: not a {sort.noun} of pgproof (nested too deeply)") from None
    except json.JSONDecodeError as error:
        # Text that ends in the middle of a value ("fals") was cut; anything else was never ours.
        cut = text.lstrip().startswith("{") and error.pos >= len(text.rstrip()) - len("false")
        cut = cut or error.msg.startswith("Unterminated string")
        what = "truncated" if cut else f"not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        hint = "the copy is incomplete: take the file again from where it was made" if cut else ""
        if any(line.startswith("<<<<<<< ") for line in text.splitlines()):
            what, hint = "holds a merge conflict", f"take one side, then make the {sort.noun} again"
        raise sort.error(f"{path}: {what}", hint=hint) from None
    if not isinstance(found, dict):
        raise sort.error(f"{path}: not a {sort.noun} of pgproof (not an object)")
    return found


def _sync_folder(folder: Path) -> None:
    """Make the move itself survive a power cut; a file system without that is no failure."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)

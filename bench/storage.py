"""Any record on disk: a JSON file with a format number, moved into place whole and read back with every field checked.

A ``Kind`` says what a file holds; each experiment's ``record.py`` has one. docs/file-format.md describes the fields.
"""

from __future__ import annotations

import errno
import json
import os
import types
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from bench.errors import DiskFull, PgproofError, RunFileError
from bench.model import Json, Run
from bench.suggestions import file_nearby

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
WIDTH = 120
"""Characters of a line in a file that people compare."""

Record = TypeVar("Record")


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


# ------------------------------------------------------------------------------------------------------- kinds
@dataclass(frozen=True, slots=True)
class Kind(Generic[Record]):
    """A kind of file: what it holds, and what to say when it does not.

    A field added with a default needs no new ``format``: readers ignore fields that they do not know, and fill in those
    that are missing. A field that goes away, or changes its meaning or unit, needs one.
    """

    record: type[Record]
    file: str
    """How the file is usually called."""
    format: int
    noun: str
    root: str
    """How the path of a field begins in an error."""
    missing: str
    """What to do where there is no such file."""
    error: type[PgproofError] = RunFileError
    layout: Callable[[Json], str] = compact


RUN = Kind(Run, "run.json", 1, "run", "run", "a run is stored as reports/<time>-run/run.json")


# ------------------------------------------------------------------------------------------- records and JSON
EXPECTED = {
    str: "text", int: "a whole number", float: "a number", bool: "true or false", tuple: "a list", dict: "an object",
}  # fmt: skip


class ShapeError(ValueError):
    """A value that does not fit its field; the message names the field."""


def to_json(record: object) -> Json:
    """Turn records into what json.dumps takes. A number that JSON cannot hold (NaN, infinity) becomes null."""
    try:
        return msgspec.json.decode(msgspec.json.encode(record))
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 cannot hold
        return json.loads(json.dumps(msgspec.to_builtins(record)), parse_constant=lambda _name: None)


def from_json(kind: type[Record], document: Json, where: str) -> Record:
    """Turn JSON into a record. Fields that it does not know are ignored.

    Raises:
        ShapeError: something does not fit: ``run.pairs[3].before.samples[0].ms should be a number, not "x"``, where
            ``where`` is how this path begins.
    """
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise ShapeError(_misfit(document, kind, where) or f"{where}: {error}") from None


def _misfit(value: Json, hint: Any, where: str) -> str:  # noqa: ANN401 - a type, or what typing makes of some
    """Name the innermost part of ``value`` that does not fit, what it should be and what it is; empty where all fit.

    What msgspec says leaves out the key of a dictionary, the choices of a ``Literal`` and what was found.
    """
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError:
        origin, args = get_origin(hint) or hint, get_args(hint)
    else:
        return ""
    if origin in (types.UnionType, Union):
        return _misfit(value, next(arg for arg in args if arg is not type(None)), where)
    for part, its_hint, its_path in _parts(value, hint, where):
        if found := _misfit(part, its_hint, its_path):
            return found
    if is_dataclass(origin):
        if isinstance(value, dict):
            missing = (one.name for one in fields(origin) if one.name not in value and _is_required(one))
            return f"{where}.{next(missing)} is missing"
        origin = dict
    expected = f"one of {', '.join(map(str, args))}" if origin is Literal else EXPECTED[origin]
    return f"{where} should be {expected}, not {_seen(value)}"


def _parts(value: Json, hint: Any, where: str) -> Iterator[tuple[Json, Any, str]]:  # noqa: ANN401
    """The parts of ``value`` that are there, each with its type and path."""
    if is_dataclass(hint) and isinstance(value, dict):
        hints, names = get_type_hints(hint), [one.name for one in fields(hint)]
        yield from ((value[name], hints[name], f"{where}.{name}") for name in names if name in value)
    elif get_origin(hint) is tuple and isinstance(value, list):
        yield from ((item, get_args(hint)[0], f"{where}[{number}]") for number, item in enumerate(value))
    elif get_origin(hint) is dict and isinstance(value, dict):
        yield from ((item, get_args(hint)[1], f"{where}.{key}") for key, item in value.items())


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _seen(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


# ------------------------------------------------------------------------------------------------- save and load
def text(record: Record, kind: Kind[Record]) -> str:
    """Give the content of the file of ``record``."""
    return kind.layout({"format": kind.format, **to_json(record)}) + "\n"


def save(record: Record, kind: Kind[Record], path: Path) -> None:
    """Write ``record`` to ``path``: whoever reads it sees the former content or the new, never a part.

    Raises ``DiskFull`` or ``OSError``; the former content is then untouched.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    content = text(record, kind)
    try:
        with open(aside, "w", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        if error.errno in NO_ROOM:
            raise DiskFull(f"no room left to write {path}", hint="free some space, or choose another folder") from error
        raise
    _sync_folder(path.parent)


def load(kind: Kind[Record], path: Path) -> Record:
    """Read the record at ``path``. Raises the error of its kind, which says what is wrong and where."""
    document = _read(kind, path)
    number = document.get("format")
    if not isinstance(number, int) or isinstance(number, bool):
        raise kind.error(f"{path}: not a {kind.noun} of pgproof (it has no format number)")
    if number > kind.format:
        raise kind.error(
            f"{path}: made by a newer pgproof: format {number}, this one reads up to {kind.format}",
            hint="upgrade pgproof",
        )
    if number < 1:
        raise kind.error(f"{path}: format {number} never existed")
    try:
        return from_json(kind.record, document, kind.root)
    except ShapeError as error:
        if path.name != kind.file:
            wrong = f"{path}: not a {kind.noun} of pgproof ({error})"
            raise kind.error(wrong, hint=f"a {kind.noun} is usually called {kind.file}") from None
        raise kind.error(
            f"{path}: {error}", hint=f"the file was changed by hand, or is not a {kind.noun} of pgproof"
        ) from None


def _read(kind: Kind[Any], path: Path) -> dict[str, Json]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise kind.error(f"{path}: no such file", hint=file_nearby(path) or kind.missing) from None
    except OSError as error:
        raise kind.error(f"{path}: cannot be read ({error.strerror})") from None
    try:
        document = msgspec.json.decode(content)
    except (ValueError, RecursionError):
        document = _parse(content, kind, path)
    if not isinstance(document, dict):
        raise kind.error(f"{path}: not a {kind.noun} of pgproof (not an object)")
    return document


def _parse(content: bytes, kind: Kind[Any], path: Path) -> Json:
    """Parse what msgspec cannot: half of a surrogate pair, or what is not JSON, and then say what it is."""
    try:
        text = content.decode()
        return json.loads(text)
    except UnicodeDecodeError:
        raise kind.error(f"{path}: not a {kind.noun} of pgproof (not text)") from None
    except RecursionError:
        raise kind.error(f"{path}: not a {kind.noun} of pgproof (nested too deeply)") from None
    except json.JSONDecodeError as error:
        if not text.strip():
            raise kind.error(f"{path}: empty") from None
        # Text that ends in the middle of a value ("fals") was cut; anything else was never ours.
        cut = text.lstrip().startswith("{") and error.pos >= len(text.rstrip()) - len("false")
        cut = cut or error.msg.startswith("Unterminated string")
        what = "truncated" if cut else f"not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        hint = "the copy is incomplete: take the file again from where it was made" if cut else ""
        if any(line.startswith("<<<<<<< ") for line in text.splitlines()):
            what, hint = "holds a merge conflict", f"take one side, then make the {kind.noun} again"
        raise kind.error(f"{path}: {what}", hint=hint) from None


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

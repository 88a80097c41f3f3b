"""A run on disk: one JSON file, moved into place whole, read back with every field checked.

docs/file-format.md describes the fields. Plans and other ``Json`` pass through as they are.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import math
import os
import types
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from bench.errors import DiskFull, RunFileError
from bench.model import Json, Run

# History of the format:
#   1  pgproof 0.1: the first.
# A field added with a default needs no new number: readers ignore fields they do not know, and fill in those that are
# missing. A field that goes away, or changes its meaning or unit, needs one.
FORMAT = 1

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def save(run: Run, path: Path) -> None:
    """Write ``run`` to ``path``: whoever reads it sees the former content or the new, never a part.

    Raises ``DiskFull`` or ``OSError``; the former content is then untouched.
    """
    text = json.dumps({"format": FORMAT, **encode(run)}, allow_nan=False, separators=(",", ":"))
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(aside, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        if error.errno in NO_ROOM:
            raise DiskFull(f"no room left to write {path}", hint="free some space, or choose another folder") from error
        raise
    _sync_folder(path.parent)


def load(path: Path) -> Run:
    """Read the run at ``path``. Raises ``RunFileError``, which says what is wrong and where."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RunFileError(f"{path}: no such file", hint="a run is stored as reports/<time>/run.json") from None
    except UnicodeDecodeError:
        raise RunFileError(f"{path}: not a run of pgproof (not text)") from None
    except OSError as error:
        raise RunFileError(f"{path}: cannot be read ({error.strerror})") from None
    found = _parse(text, path)
    number = found.get("format")
    if not isinstance(number, int) or isinstance(number, bool):
        raise RunFileError(f"{path}: not a run of pgproof (it has no format number)")
    if number > FORMAT:
        raise RunFileError(
            f"{path}: made by a newer pgproof: format {number}, this one reads up to {FORMAT}", hint="upgrade pgproof"
        )
    if number < 1:
        raise RunFileError(f"{path}: format {number} never existed")
    try:
        run = decode(Run, {key: value for key, value in found.items() if key != "format"}, "run")
    except ShapeError as error:
        raise RunFileError(
            f"{path}: {error}", hint="the file was changed by hand, or is not a run of pgproof"
        ) from None
    assert isinstance(run, Run)
    return run


def _parse(text: str, path: Path) -> dict[str, Json]:
    if not text.strip():
        raise RunFileError(f"{path}: empty")
    try:
        found = json.loads(text)
    except RecursionError:
        raise RunFileError(f"{path}: not a run of pgproof (nested too deeply)") from None
    except json.JSONDecodeError as error:
        # Text that ends in the middle of a value ("fals") was cut; anything else was never ours.
        cut = text.lstrip().startswith("{") and error.pos >= len(text.rstrip()) - len("false")
        cut = cut or error.msg.startswith("Unterminated string")
        what = "truncated" if cut else f"not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        hint = "the copy is incomplete: take the file again from where it was made" if cut else ""
        raise RunFileError(f"{path}: {what}", hint=hint) from None
    if not isinstance(found, dict):
        raise RunFileError(f"{path}: not a run of pgproof (not an object)")
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


PLAIN = frozenset({str, int, bool, type(None)})


# ------------------------------------------------------------------------------------- records to JSON and back
class ShapeError(ValueError):
    """A value that does not fit its field; the message names the field."""


def encode(value: Any) -> Json:  # noqa: ANN401 - any record, or part of one
    """Turn records into what json.dumps takes. A number that JSON cannot hold (NaN, infinity) becomes null."""
    kind: type = type(value)
    if kind in PLAIN:
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is tuple or kind is list:
        return [encode(item) for item in value]
    if kind is dict:
        return {str(key): encode(item) for key, item in value.items()}
    fields = _hints(kind)
    # A plan (a field of type Json) is JSON already, and most of the file.
    return {
        name: at if hint is Any else encode(at) for name, (hint, _) in fields.items() for at in [getattr(value, name)]
    }


def decode(kind: Any, value: Json, where: str) -> Any:  # noqa: ANN401 - what ``kind`` says
    """Turn JSON into ``kind``: a record, tuple, dict, Literal, optional or plain value.

    ``where`` is the path of the field for the error: ``run.pairs[3].before.samples[0].ms``.
    """
    if kind is Any:
        return value
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _decode_record(kind, value, where)
    origin, args = get_origin(kind), get_args(kind)
    if origin is tuple:
        if not isinstance(value, list):
            raise ShapeError(f"{where} should be a list, not {_seen(value)}")
        return tuple(decode(args[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise ShapeError(f"{where} should be an object, not {_seen(value)}")
        return {key: decode(args[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is Literal:
        if value not in args:
            raise ShapeError(f"{where} should be one of {', '.join(map(str, args))}, not {_seen(value)}")
        return value
    if origin in (types.UnionType, Union):
        rest = [arg for arg in args if arg is not type(None)]
        return None if value is None and len(rest) < len(args) else decode(rest[0], value, where)
    return _decode_plain(kind, value, where)


def _decode_record(kind: type, value: Json, where: str) -> object:
    if not isinstance(value, dict):
        raise ShapeError(f"{where} should be an object, not {_seen(value)}")
    known = {}
    for name, (hint, required) in _hints(kind).items():
        if name in value:
            known[name] = decode(hint, value[name], f"{where}.{name}")
        elif required:
            raise ShapeError(f"{where}.{name} is missing")
    return kind(**known)


def _decode_plain(kind: type, value: Json, where: str) -> Json:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    # To Python a bool is an int; in a file it is a mistake.
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    raise ShapeError(f"{where} should be {names.get(kind, kind.__name__)}, not {_seen(value)}")


@cache
def _hints(kind: type) -> Mapping[str, tuple[Any, bool]]:
    """Give the fields of a record: type, and whether a value must be given."""
    hints = get_type_hints(kind)
    return {
        field.name: (
            hints[field.name],
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(kind)
    }


def _seen(value: Json) -> str:
    if value is None:
        return "null"
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."

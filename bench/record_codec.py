"""Records to JSON and back, with every field checked. Plans and other ``Json`` pass through as they are."""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from bench.model import Json

PLAIN = frozenset({str, int, bool, type(None)})


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

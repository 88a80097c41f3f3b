"""On which line of a TOML file each key stands: ``tomllib`` reads values and forgets where they were."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

Place = tuple[str, ...]
"""The path of a key: ``("public", "orders", "columns", "status")``."""

_HEAD = re.compile(r"\s*(\[[^#]*\])\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*'))*)\s*=""")


def places(text: str) -> Mapping[Place, int]:
    """The line of each table and each key at the beginning of a line; the first where one comes twice."""
    found: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if head := _HEAD.match(line):
            table = _path(f"{head[1]}\n") or table
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_path(f"{key[1]} = 0\n")), number)
    return found


def _path(line: str) -> Place:
    try:
        data: object = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    path = []
    while isinstance(data, dict) and data:
        name, data = next(iter(data.items()))
        path.append(name)
    return tuple(path)


def line_of(found: Mapping[Place, int], place: Place) -> int:
    """The line of ``place``, or of the nearest that it is part of."""
    while place and place not in found:
        place = place[:-1]
    return found.get(place, 1)

"""What dataset.toml assumes, for a report: rows, references and columns, each with its reason and its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from bench.inference.dataset_file import TOP
from bench.inference.dataset_file.places import places
from bench.model.assumed import Assumed

LISTED = 5
"""Values of a list that are named."""

_WHY = re.compile(r"\s#\s(?P<why>.*)$")
_LEFT_OUT = "left out: "


def assumed_in(text: str) -> tuple[Assumed, ...]:
    """Everything that the file says, as it stands there."""
    data, lines = tomllib.loads(text), text.splitlines()
    found: list[Assumed] = []
    for place, number in places(text).items():
        value: Any = data
        for name in place:
            value = value.get(name) if isinstance(value, dict) else None
        why = _WHY.search(lines[number - 1])
        found += _one(place, value, why["why"] if why else "", number)
    return tuple(found)


def _one(place: tuple[str, ...], value: object, why: str, line: int) -> Iterator[Assumed]:
    if place[0] in TOP or len(place) < 3:
        return
    table = f"{place[0]}.{place[1]}"
    if place[2:] == ("rows",):
        if why.startswith(_LEFT_OUT):
            yield Assumed("left out", table, "no rows", why.removeprefix(_LEFT_OUT), line)
        else:
            yield Assumed("rows", table, f"{value:,}", why, line)
    elif place[2] == "columns" and len(place) == 4 and isinstance(value, dict):
        column = f"{table}.{place[3]}"
        if reference := value.get("references"):
            if not why.startswith("foreign key "):
                yield Assumed("reference", column, str(reference), why, line)
        else:
            yield Assumed("column", column, _words(value), why, line)


def _words(value: Mapping[str, Any]) -> str:
    said = [str(value.get("kind", "")) or "as inferred"]
    for name, option in value.items():
        if name == "kind":
            continue
        if name == "nulls":
            said.append(f"{float(option):.0%} NULL")
        elif isinstance(option, dict | list):
            names = [str(one) for one in option]
            more = f" … ({len(names)})" if len(names) > LISTED else ""
            said.append(f"{name} {', '.join(names[:LISTED])}{more}")
        else:
            said.append(f"{name} {option}")
    return "; ".join(said)

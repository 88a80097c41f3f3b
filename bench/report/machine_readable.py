"""A summary as plain values, for programs: what was decided, without what was seen, which stands in the record."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from bench.model import Json

SEEN = re.compile(r"bench\.(model\b|plans\b|report\.plans|report\.document|.*\.record$)")
"""Modules of records: of these only the fields that are one value each, or a summary would hold all samples and plans
once more."""
LONGEST = 2_000
"""Characters of a text; a longer one is a script or a plan, which have commands of their own."""


def plain(value: object) -> Json:
    """``value`` as JSON holds it; a number that JSON cannot hold is null."""
    if is_dataclass(value):
        return {name: plain(part) for name, part in _parts(value)}
    if isinstance(value, Mapping):
        return {_key(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(part) for part in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return str(value)


def _parts(value: object) -> Iterator[tuple[str, object]]:
    """The fields that are shown."""
    seen = SEEN.match(type(value).__module__)
    for one in fields(value):  # type: ignore[arg-type]  # a dataclass, as its caller saw
        part = getattr(value, one.name)
        simple = part is None or isinstance(part, (str, bool, int, float))
        if one.name.startswith("_") or (seen and not simple) or (isinstance(part, str) and len(part) > LONGEST):
            continue
        yield one.name, part


def _key(key: object) -> str:
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(key)

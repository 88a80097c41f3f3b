"""What was assumed for want of somebody who said it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AssumedKind = Literal["schema", "stand-in", "left out", "rows", "reference", "column", "query", "class"]
ASSUMED_KINDS: tuple[AssumedKind, ...] = (
    "schema", "stand-in", "left out", "query", "class", "reference", "rows", "column",
)  # fmt: skip
"""In the order of a report: what is missing first."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """One thing that was inferred."""

    kind: AssumedKind
    """``schema``, ``stand-in``, ``left out``, ``query``, ``class``, ``reference``, ``rows`` or ``column``."""
    what: str
    """What it is about: a table, ``table.column``, a query, ``query[class]``, an extension."""
    how: str
    """What was decided, in words."""
    why: str = ""
    """The reason."""
    line: int = 0
    """Where dataset.toml says so; 0 where it does not."""

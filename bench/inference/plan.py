"""How rows are going to be made: what inference decided, what dataset.toml may change, and why each of it is so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from bench.model.schema import ForeignKey

Values = Callable[["np.ndarray[Any, np.dtype[np.int64]]"], pa.Array]
"""Candidate numbers (int64, any order) to as many values: a pure function of them, the seed, the table and the column.

The array is of the Arrow type that is next to the column's type (int64, float64, decimal128, bool, string, date32,
timestamp[us], binary); for a type that Arrow lacks it is a string in PostgreSQL's text form (``{a,b}``, ``[1,5)``).
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the values of one column have to obey beyond its type, as read from CHECKs, domains and partitions.

    Bounds, values and patterns are in PostgreSQL's text form; what is empty or None limits nothing.
    """

    values: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    low: str | None = None
    low_open: bool = False
    high: str | None = None
    high_open: bool = False
    shortest: int | None = None
    """Characters (octets of bytea, elements of an array) at least."""
    longest: int | None = None
    patterns: tuple[str, ...] = ()
    """Regular expressions (POSIX, as PostgreSQL has them) that each value matches somewhere."""
    lower_case: bool = False
    trimmed: bool = False
    """Equal to itself without blanks at its ends."""
    octets: bool = False
    """What ``shortest`` and ``longest`` count is octets of a text, not its characters."""
    json_type: str = ""
    """What ``jsonb_typeof`` says of each value: ``object``, ``array``, ``string``, ``number``, ``boolean``."""
    json_keys: tuple[str, ...] = ()
    """That an object has."""
    elements: Limits | None = None
    """Of an array: what its elements have to obey; of a range: its bounds."""
    not_null: bool = False
    always_null: bool = False


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How the values of a column come into being."""

    name: str
    kind: str
    """Name of a generator: ``email``, ``status``, ``created_at``, ``integer``."""
    reason: str = ""
    """Why this kind, in words: ``named email``, ``CHECK orders_state_check lists 4 values``."""
    options: dict[str, Any] = field(default_factory=dict)
    """Of the kind: values, shares, low, high, locale."""
    nulls: float = 0.0
    """Share of NULL, 0 to 1."""
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class TablePlan:
    """How many rows a table gets, and how each column of them is made."""

    name: str
    rows: int
    """To be made, beside those that are there."""
    reason: str
    """Why so many: ``child of customers``, ``named like settings``, ``its key allows 26``."""
    columns: tuple[ColumnPlan, ...] = ()
    references: tuple[ForeignKey, ...] = ()
    """Declared and found, each column in one at most where they do not overlap."""
    skew: float = 1.0
    """Exponent of the Zipf-like fan-out of its references: 0 is even."""
    capacity: int | None = None
    """Rows that its keys, checks and parents allow; None where nothing limits them."""
    left_out: str = ""
    """Why it gets no rows at all, where it does not."""
    weight: float = 0.0
    """What part it gets of rows that are shared out; 0 where its number is its own."""


@dataclass(frozen=True, slots=True)
class DatasetPlan:
    """All tables, parents before children as far as there is such an order."""

    tables: tuple[TablePlan, ...]
    rows: int
    """Asked for in all."""
    seed: int = 1
    clock: str = ""
    """ISO 8601: no time in the rows lies behind it but those that point ahead (``expires_at``)."""
    locales: tuple[str, ...] = ("en_US",)

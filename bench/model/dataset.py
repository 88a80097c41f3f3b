"""The rows that were measured: the manifest of a dataset."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableSeen:
    """One filled table. ``content_hash`` is a function of (dataset version, scale, seed, skew) alone."""

    name: str
    rows: int
    content_hash: str
    size_bytes: int
    index_bytes: int


@dataclass(frozen=True, slots=True)
class Check:
    """One self-check of the dataset: the value found and the range it must lie in."""

    name: str
    value: float | None
    low: float
    high: float

    @property
    def ok(self) -> bool:
        """True when the value lies in the range."""
        return self.value is not None and self.low <= self.value <= self.high


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a distribution."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often what occurs in the rows: ``counts`` of each label, which are steps of ``across``, in display order."""

    name: str
    across: str
    """What the labels are: "live leads in the organization"."""
    counts: str
    """What is counted: "organizations"."""
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """The manifest of the rows."""

    key: str
    scale: int
    unit: str
    seed: int
    skew: str
    clock: str
    cached: bool
    load_s: float
    index_s: float
    vacuum_s: float
    tables: tuple[TableSeen, ...] = ()
    checks: tuple[Check, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    """What the rows look like; empty where the workload has no dataset/distributions.sql."""
    base: int | None = None
    """Units spread over all tenants, while those beyond belong to the largest one; None: all of them."""
    schema_notes: tuple[str, ...] = ()
    """What of the schema's file is no schema and was left out, or done in another way, each in a line."""

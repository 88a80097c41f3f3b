"""The rows that were measured: the manifest of a dataset."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableSeen:
    """One filled table. ``content_hash`` is a function of (dataset version, scale, seed, skew) alone."""

    name: str
    """With its schema."""
    rows: int
    content_hash: str
    """Of the rows, whatever their order; a function of dataset version, scale, seed and skew alone."""
    size_bytes: int
    """Table and TOAST."""
    index_bytes: int
    """All its indexes, in the before state."""


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
    """A step of ``across``."""
    count: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often what occurs in the rows: ``counts`` of each label, which are steps of ``across``, in display order."""

    name: str
    """What the report calls it."""
    across: str
    """What the labels are: "live leads in the organization"."""
    counts: str
    """What is counted: "organizations"."""
    bars: tuple[Bar, ...]
    """In display order."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The manifest of the rows."""

    key: str
    """Key of the cached template: everything that shaped it."""
    scale: int
    """How much."""
    unit: str
    """Of what: ``leads``."""
    seed: int
    """Of the values."""
    skew: str
    """``mild``, ``default`` or ``brutal``."""
    clock: str
    """The frozen "now" of the rows, ISO 8601."""
    cached: bool
    """Whether the filled template was there already; then the three times are of its making."""
    load_s: float
    """Copying the rows in."""
    index_s: float
    """Building indexes and foreign keys."""
    vacuum_s: float
    """``VACUUM (FREEZE, ANALYZE)``."""
    tables: tuple[TableSeen, ...] = ()
    checks: tuple[Check, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    """What the rows look like; empty where the workload has no dataset/distributions.sql."""
    base: int | None = None
    """Units spread over all tenants, while those beyond belong to the largest one; None: all of them."""
    schema_notes: tuple[str, ...] = ()
    """What of the schema's file is no schema and was left out, or done in another way, each in a line."""

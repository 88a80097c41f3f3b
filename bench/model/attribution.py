"""The four sides of an optimization as they were measured: what it gains, costs to write, to store, to ship."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bench.model.plan import Counters, Json


# ----------------------------------------------------------------------------------------------------- read gain
@dataclass(frozen=True, slots=True)
class Tried:
    """One plan of a cell: executed in the first set of optimizations that gave it."""

    without: tuple[str, ...]
    """The optimizations that were taken away from the whole when it was first met."""
    fingerprint: str
    cost: float
    """The planner's estimate of the whole statement, in its own unit."""
    counters: Counters
    """Work of finding: what a statement writes is left out, because an index costs there without being in the plan."""
    samples_ms: tuple[float, ...]
    """Wall time at the client, planning included."""
    plan: Json
    """Nodes and their work; empty for plans of sets other than all, none, all but one, and one."""
    censored: bool = False
    """It ran into the statement timeout: ``samples_ms`` is how long it was waited for, counters are zero."""
    processor_ms: tuple[float, ...] = ()
    """Of the same executions, how long the server's process was on a processor; empty where nobody can tell."""

    @property
    def least_ms(self) -> float:
        """Its fastest execution, on the processor where that is known: other work on the machine does not count."""
        return min(self.processor_ms or self.samples_ms)


@dataclass(frozen=True, slots=True)
class GainCell:
    """The plans of one query and class under sets of optimizations; numbers point into ``tried``."""

    query: str
    parameter_class: str
    tried: tuple[Tried, ...]
    after: int
    """The plan with all optimizations."""
    before: int
    """The plan with none."""
    without: dict[str, int] = field(default_factory=dict)
    """Leave-one-out: optimization to the plan of all others; those that are absent change nothing."""
    alone: dict[str, int] = field(default_factory=dict)
    """Add-one-in: optimization to the plan with it (and what it needs) alone; those that are absent change nothing."""
    matter: tuple[str, ...] = ()
    """Optimizations that change the plan in some company, in the order of the file."""
    subsets: dict[str, int] = field(default_factory=dict)
    """One character for each of ``matter``, ``1`` where it is present, to the plan that this set gives."""
    orders: tuple[tuple[str, ...], ...] = ()
    """Orders of arrival whose sets were tried; empty where all sets of ``matter`` were."""

    @property
    def label(self) -> str:
        """``query[class]``."""
        return f"{self.query}[{self.parameter_class}]"


# ----------------------------------------------------------------------------------------------------- write cost
@dataclass(frozen=True, slots=True)
class WriteSeen:
    """One write statement in one set of optimizations, rolled back."""

    rows: int
    """Rows that it inserted, updated or deleted."""
    buffers: int
    wal_bytes: int
    """Without images of whole pages, which depend on the last checkpoint."""
    samples_ms: tuple[float, ...]
    """Execution time of the statement as the server clocked it."""
    updated: int = 0
    hot_updated: int = 0
    """Updates that no index had to hear of (heap-only tuples)."""


@dataclass(frozen=True, slots=True)
class WriteCost:
    """One write statement with all optimizations, and with all but one (``optimization``; empty: with none)."""

    write: str
    optimization: str
    with_it: WriteSeen
    without_it: WriteSeen


@dataclass(frozen=True, slots=True)
class Write:
    """One representative write statement: a file of ``writes/``, or made up for a table."""

    name: str
    title: str
    sql: str
    file: str = ""


# ----------------------------------------------------------------------------------------------------------- disk
@dataclass(frozen=True, slots=True)
class Stored:
    """One index (or table) that an optimization made, before and after a phase of writes."""

    optimization: str
    name: str
    table: str
    method: str
    size_bytes: int
    table_bytes: int
    """Of the table that it stands on, without indexes; its own where it is a table."""
    churned_bytes: int | None = None
    leaf_density: float | None = None
    """Percent of the leaf pages in use, new and after the churn (pgstatindex); None where it is no B-tree."""
    churned_density: float | None = None


@dataclass(frozen=True, slots=True)
class Churn:
    """The phase of writes that ``Stored`` was measured after."""

    rows: dict[str, int] = field(default_factory=dict)
    """Rows written by write statement, all committed, VACUUM afterwards."""
    seconds: float = 0.0
    note: str = ""


# ------------------------------------------------------------------------------------------------------- shipping
ShipWay = Literal["plain", "concurrent"]


@dataclass(frozen=True, slots=True)
class Shipped:
    """One optimization applied under load, in one way."""

    optimization: str
    way: ShipWay
    ms: float
    """From the first statement to the end of the last."""
    locks: tuple[str, ...] = ()
    """``"<mode> on <relation>"``, strongest mode for each relation that existed before."""
    locked_ms: float | None = None
    """How long the strongest lock that hinders writers was held; None where none was."""
    stall_ms: float | None = None
    """The longest that one transaction of the load took while it was applied."""
    transactions: int = 0
    """Transactions of the load that overlap it: few of them see little."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """The load under which the optimizations were applied."""

    clients: int
    tps: float
    quiet_ms: tuple[float, ...]
    """The longest transaction in windows of ``window_ms`` in which nothing was applied."""
    window_ms: float
    note: str = ""
    """What it did, or why there is none."""


# -------------------------------------------------------------------------------------------------------- hygiene
@dataclass(frozen=True, slots=True)
class IndexKey:
    """One key column of an index."""

    text: str
    """Column or expression, as the server prints it."""
    opclass: str = ""
    collation: str = ""
    """Empty where the type has none."""
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """One index, as the catalog has it."""

    name: str
    table: str
    method: str
    keys: tuple[IndexKey, ...]
    include: tuple[str, ...] = ()
    predicate: str = ""
    unique: bool = False
    nulls_not_distinct: bool = False
    constraint: str = ""
    """The constraint that it belongs to; such an index cannot be dropped by itself."""
    primary: bool = False
    deferrable: bool = False
    """Uniqueness is checked late: no ON CONFLICT and no foreign key can rely on it."""
    options: tuple[str, ...] = ()
    """Storage parameters, ``"fillfactor=70"``."""
    valid: bool = True
    replica_identity: bool = False
    clustered: bool = False
    parent: str = ""
    """The index of the partitioned table that it is a part of."""
    partitioned: bool = False
    """It has no pages itself; its parts have, and ``size_bytes`` is theirs."""
    size_bytes: int = 0
    leaf_density: float | None = None
    """Percent of the leaf pages in use (pgstatindex); None where it is no B-tree or could not be asked."""
    optimization: str = ""
    """The optimization that made it; empty for one of the schema."""


@dataclass(frozen=True, slots=True)
class ForeignKeyFacts:
    """One foreign key."""

    name: str
    table: str
    columns: tuple[str, ...]
    references: str
    table_rows: int = 0
    collations: tuple[str, ...] = ()
    """Of the columns; empty where the type has none."""
    key_index: str = ""
    """The unique index of the referenced table that it relies on."""
    partitioned: bool = False
    """``table`` is partitioned."""
    sharing: tuple[float | None, ...] = ()
    """By column: how many rows of the referenced table have its commonest value; None without statistics."""


# ----------------------------------------------------------------------------------------------------- the whole
@dataclass(frozen=True, slots=True)
class LeftOut:
    """A chosen set without one of its members, executed, to prove that it is needed."""

    name: str
    without: tuple[str, ...]
    """It, and what cannot be without it."""
    samples_ms: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """``query[class]`` to wall times; only cells whose plan differs from the one with the whole set."""


@dataclass(frozen=True, slots=True)
class SetTried:
    """Every cell executed with a chosen set of optimizations, to prove that it is enough."""

    kept: tuple[str, ...]
    samples_ms: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """``query[class]`` to wall times, in order. Runs of before ``members`` have only cells whose plan differs from the
    one with all optimizations."""
    bindings: dict[str, int] = field(default_factory=dict)
    """``query[class]`` to how many bindings the executions took in turn; one where it is absent."""
    all_ms: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """The same with all optimizations, of cells that did not meet the target with the set."""
    members: tuple[LeftOut, ...] = ()
    """The set without each of its members."""
    dropped: tuple[str, ...] = ()
    """Chosen at first; taking them out left every cell within the target."""
    note: str = ""
    """Why it was not executed to the end."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The four sides of every optimization of a run, raw."""

    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Optimization to those without which it cannot be: found by taking them away."""
    not_tried: dict[str, str] = field(default_factory=dict)
    """Optimization to why it could not be taken away and tried."""
    cells: tuple[GainCell, ...] = ()
    smallest: SetTried | None = None
    writes: tuple[Write, ...] = ()
    write_costs: tuple[WriteCost, ...] = ()
    stored: tuple[Stored, ...] = ()
    churn: Churn | None = None
    shipped: tuple[Shipped, ...] = ()
    load: Load | None = None
    indexes: tuple[IndexFacts, ...] = ()
    foreign_keys: tuple[ForeignKeyFacts, ...] = ()
    upkeep_uses: tuple[str, ...] = ()
    """Indexes that the upkeep statements scan, inside of procedures too, where no plan shows it."""
    phases_s: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

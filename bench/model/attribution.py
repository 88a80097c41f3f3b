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
    """Of the access path."""
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
    """Name of the query."""
    parameter_class: str
    """Its parameter class."""
    tried: tuple[Tried, ...]
    """The plans that were met, each executed once it was."""
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
    """Blocks touched."""
    wal_bytes: int
    """Without images of whole pages, which depend on the last checkpoint."""
    samples_ms: tuple[float, ...]
    """Execution time of the statement as the server clocked it."""
    updated: int = 0
    """Rows updated."""
    hot_updated: int = 0
    """Updates that no index had to hear of (heap-only tuples)."""


@dataclass(frozen=True, slots=True)
class WriteCost:
    """One write statement with all optimizations, and with all but one (``optimization``; empty: with none)."""

    write: str
    """Name of the write statement."""
    optimization: str
    """The one that was taken away; empty where all were."""
    with_it: WriteSeen
    """With all optimizations."""
    without_it: WriteSeen
    """Without that one."""


@dataclass(frozen=True, slots=True)
class Write:
    """One representative write statement: a file of ``writes/``, or made up for a table."""

    name: str
    """Of the file, or of the table it was made up for."""
    title: str
    """What it stands for."""
    sql: str
    """The statement."""
    file: str = ""
    """``writes/NAME.sql``; empty for one that was made up."""


# ----------------------------------------------------------------------------------------------------------- disk
@dataclass(frozen=True, slots=True)
class Stored:
    """One index (or table) that an optimization made, before and after a phase of writes."""

    optimization: str
    """Which made it."""
    name: str
    """Index or table, ``schema.name``."""
    table: str
    """The table that it stands on."""
    method: str
    """Access method; ``heap`` for a table."""
    size_bytes: int
    """New."""
    table_bytes: int
    """Of the table that it stands on, without indexes; its own where it is a table."""
    churned_bytes: int | None = None
    """After the churn."""
    leaf_density: float | None = None
    """Percent of the leaf pages in use, new and after the churn (pgstatindex); None where it is no B-tree."""
    churned_density: float | None = None
    """The same after the churn."""


@dataclass(frozen=True, slots=True)
class Churn:
    """The phase of writes that ``Stored`` was measured after."""

    rows: dict[str, int] = field(default_factory=dict)
    """Rows written by write statement, all committed, VACUUM afterwards."""
    seconds: float = 0.0
    """How long it took, VACUUM included."""
    note: str = ""
    """Why there was none, or less."""


# ------------------------------------------------------------------------------------------------------- shipping
ShipWay = Literal["plain", "concurrent"]


@dataclass(frozen=True, slots=True)
class Shipped:
    """One optimization applied under load, in one way."""

    optimization: str
    """What was applied."""
    way: ShipWay
    """``plain`` (as in the file) or ``concurrent`` (as the ship script does it)."""
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
    """Why it failed; empty where it did not."""


@dataclass(frozen=True, slots=True)
class Load:
    """The load under which the optimizations were applied."""

    clients: int
    """Concurrent connections."""
    tps: float
    """Transactions in a second over the whole time."""
    quiet_ms: tuple[float, ...]
    """The longest transaction in windows of ``window_ms`` in which nothing was applied."""
    window_ms: float
    """Length of these windows."""
    note: str = ""
    """What it did, or why there is none."""


# -------------------------------------------------------------------------------------------------------- hygiene
@dataclass(frozen=True, slots=True)
class IndexKey:
    """One key column of an index."""

    text: str
    """Column or expression, as the server prints it."""
    opclass: str = ""
    """Operator class."""
    collation: str = ""
    """Empty where the type has none."""
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """One index, as the catalog has it."""

    name: str
    """``schema.name``."""
    table: str
    """``schema.name``."""
    method: str
    """Access method."""
    keys: tuple[IndexKey, ...]
    """Key columns in order."""
    include: tuple[str, ...] = ()
    """INCLUDE columns."""
    predicate: str = ""
    """Of a partial index."""
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
    """Of the constraint."""
    table: str
    """``schema.name``."""
    columns: tuple[str, ...]
    """In the order of the key."""
    references: str
    """The table that it points to."""
    table_rows: int = 0
    """Rows of ``table``."""
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
    """The member that was taken out."""
    without: tuple[str, ...]
    """It, and what cannot be without it."""
    samples_ms: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """``query[class]`` to wall times; only cells whose plan differs from the one with the whole set."""


@dataclass(frozen=True, slots=True)
class SetTried:
    """Every cell executed with a chosen set of optimizations, to prove that it is enough."""

    kept: tuple[str, ...]
    """The optimizations of the set."""
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
    """The plans of each query and class under sets of optimizations."""
    smallest: SetTried | None = None
    """The smallest set that keeps every query under target, executed."""
    writes: tuple[Write, ...] = ()
    """The representative write statements."""
    write_costs: tuple[WriteCost, ...] = ()
    """Each of them with and without each optimization of its tables."""
    stored: tuple[Stored, ...] = ()
    """What each optimization takes on disk."""
    churn: Churn | None = None
    """The writes between the two sizes of ``stored``."""
    shipped: tuple[Shipped, ...] = ()
    """Each optimization applied under load, plainly and concurrently."""
    load: Load | None = None
    """That load."""
    indexes: tuple[IndexFacts, ...] = ()
    """Every index of the schema, as the catalog has it."""
    foreign_keys: tuple[ForeignKeyFacts, ...] = ()
    """Every foreign key."""
    upkeep_uses: tuple[str, ...] = ()
    """Indexes that the upkeep statements scan, inside of procedures too, where no plan shows it."""
    phases_s: dict[str, float] = field(default_factory=dict)
    """What took how long."""
    notes: tuple[str, ...] = ()
    """What a reader must know."""

"""What the files of a workload say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

State = Literal["before", "after"]
STATES: tuple[State, State] = ("before", "after")
Arm = Literal["before", "after", "copy"]
"""What is timed in turn: the states, and a second copy of the database after, in which its statements run."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One ``:name`` of a query.

    ``source`` is ``class`` (the column of that name in dataset/classes.sql), ``clock`` (the frozen clock of the
    dataset), a literal, or a SELECT that may use the parameters declared before it.
    """

    name: str
    """As in ``:name``."""
    type: str
    """SQL type of the placeholder."""
    source: str
    """``class``, ``clock``, a literal, or a SELECT."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Another statement for the same question, used in the after state; part of the optimization it names."""

    optimization: str
    """The optimization that it is part of."""
    sql: str
    """The statement."""
    line: int
    """Where it starts."""
    ordinary: str = ""
    """What one server is asked, where this is a form for a Citus cluster."""


@dataclass(frozen=True, slots=True)
class Query:
    """One business query: a file of ``queries/``."""

    name: str
    """File name without ``.sql``."""
    title: str
    """For people."""
    asks: str
    """The business question in plain words."""
    tables: tuple[str, ...]
    """Tables that it reads."""
    parameters: tuple[Parameter, ...]
    """In the order of first use."""
    classes: tuple[str, ...]
    """Classes of dataset/classes.sql that this query is asked for; empty means all of them."""
    extra_classes: dict[str, str]
    """Classes of this query alone (``worst``…): name to the SELECT whose columns override parameters."""
    expects: tuple[str, ...]
    """Optimizations that it should profit from."""
    writes: bool
    """Whether it runs in a transaction that is rolled back."""
    cross_tenant: str
    """Why the query reads more than one tenant; empty when it does not."""
    sql: str
    """The statement, with ``:name`` placeholders."""
    line: int
    """Where the statement starts in ``file``."""
    file: str
    """Path in the workload."""
    rewrite: Rewrite | None = None
    """The statement of the after state where that differs."""
    expected: str = ""
    """Why a regression of this query is accepted by the gate, until the next baseline."""
    class_reasons: dict[str, str] = field(default_factory=dict)
    """Why the classes of this query alone are what they are, where its header says so."""
    weight: int = 1
    """How often it runs in a mixed load, beside the other queries."""
    unique: tuple[str, ...] = ()
    """Parameters that need another value in each execution of a load: ids that the caller hands out."""
    invariants: dict[str, str] = field(default_factory=dict)
    """What no load may break: name to a SELECT that gives the same rows after the load as before it."""
    ordinary: str = ""
    """The statement that one server is asked, where ``sql`` is a form for a Citus cluster."""

    def text(self, state: Arm) -> str:
        """The statement that runs in ``state``, with ``:name`` placeholders."""
        return self.rewrite.sql if state != "before" and self.rewrite else self.sql

    def distributed(self, state: Arm) -> bool:
        """Whether that is a form for a cluster, in place of what one server is asked."""
        return bool(self.rewrite.ordinary if state != "before" and self.rewrite else self.ordinary)


@dataclass(frozen=True, slots=True)
class ClusterForm:
    """What of a query is asked otherwise on a Citus cluster: a file of ``citus/``. What is empty is as ever."""

    query: str
    file: str
    line: int
    sql: str
    rewrite: Rewrite | None
    classes: dict[str, str]
    """SELECTs of the query's own classes."""
    sources: dict[str, str]
    """Of parameters."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement of a file, with the line on which it starts."""

    sql: str
    line: int


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An upkeep statement that is due again and again."""

    sql: str
    """The statement."""
    every_s: float
    """Seconds from one to the next."""


@dataclass(frozen=True, slots=True)
class Optimization:
    """One named block of ``optimizations.sql``: the unit that is applied, attributed and removed."""

    name: str
    """Unique in the workload."""
    category: str
    """Composite, gin, partial, time-series, covering, constraint…."""
    why: str
    """The reason its author gives."""
    serves: tuple[str, ...]
    """Queries that it is for."""
    statements: tuple[Statement, ...]
    """What applies it."""
    undo: tuple[str, ...]
    """What takes it back."""
    file: str
    line: int
    upkeep: tuple[str, ...] = ()
    """Statements that have to run now and then for as long as the optimization stays: a rollup's refresh."""
    staleness: str = ""
    """A SELECT of one value that says how late the optimization's data is, in words of the workload."""
    scheduled: tuple[Scheduled, ...] = ()
    """Those of ``upkeep`` that have a clock: carried out while a load runs."""


@dataclass(frozen=True, slots=True)
class DistributedTable:
    """How a table is spread over the nodes of a Citus cluster: one statement of ``distribution.sql``."""

    table: str
    """As the file names it, in words of SQL."""
    column: str = ""
    """The distribution column; empty for a reference table, which every node has whole."""
    colocate_with: str = ""
    """The table whose shards its own lie beside; empty: Citus' rule, which goes by the type of the column."""
    shard_count: int | None = None
    """None: as many as the cluster makes."""
    line: int = 0
    made_by: str = ""
    """The optimization that makes the table; empty where the schema does."""


InjectionKind = Literal["database", "settings", "query"]
CaughtBy = Literal["counters", "rows", "time", "nothing", "unknown"]


@dataclass(frozen=True, slots=True)
class Injection:
    """A change for the worse in the head arm of a gate, by which the gate tests itself."""

    name: str
    title: str
    kind: InjectionKind
    queries: tuple[str, ...]
    """``query``: the one whose text is replaced. Otherwise those that should notice, where somebody said so."""
    caught_by: CaughtBy
    """What has to find it. ``nothing``: it does no more work. ``unknown``: nobody has said, and it is worth a look."""
    why: str
    statements: tuple[Statement, ...] = ()
    """``database``: what runs in the head arm's database, after its optimizations, each by itself."""
    settings: dict[str, str] = field(default_factory=dict)
    """``settings``: what the head arm's sessions set."""
    sql: str = ""
    """``query``: the statement that takes the place of the query's own."""
    same_rows: bool = True
    """``query``: whether it gives the rows that the query gives."""
    file: str = ""
    line: int = 0
    """Where the first statement stands; no file for what pgproof makes up itself."""

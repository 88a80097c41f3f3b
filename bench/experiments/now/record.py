"""What was seen of queries on a schema as it is: samples, plans, the catalog's facts, and what was assumed."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.model import Dataset, Machine, Options, Pair, Query, RunStatus, Server
from bench.model.assumed import Assumed
from bench.model.attribution import ForeignKeyFacts, IndexFacts
from bench.storage import Kind


@dataclass(frozen=True, slots=True)
class NowRun:
    """Everything one ``pgproof run`` of a workload without optimizations saw."""

    id: str
    started_at: str
    status: RunStatus
    pgproof: str
    workload: str
    workload_hash: str
    options: Options
    machine: Machine
    server: Server
    dataset: Dataset
    queries: tuple[Query, ...]
    pairs: tuple[Pair, ...] = ()
    """``before`` is the schema as it is; there is no ``after``."""
    indexes: tuple[IndexFacts, ...] = ()
    """Of the catalog."""
    foreign_keys: tuple[ForeignKeyFacts, ...] = ()
    """Of the catalog."""
    phases_s: dict[str, float] = field(default_factory=dict)
    """Seconds by phase: dataset, parameters, plans, measure."""
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Queries of the workload that the user left out of this run."""
    class_reasons: dict[str, str] = field(default_factory=dict)
    """What each class of dataset/classes.sql stands for, where its header says so."""
    assumed: tuple[Assumed, ...] = ()
    """What was inferred for want of somebody who said it; empty for a workload written by hand."""
    plan_text: str = ""
    """dataset.toml as it was; its lines are those that ``assumed`` names."""
    source: str = ""
    """What the schema was read from; empty for a workload written by hand."""
    inferred_queries: bool = False
    """Whether the queries are probes made from the schema."""
    finished_at: str = ""


NOW = Kind(NowRun, "now.json", 1, "run", "now", "a run is stored as reports/<time>-run/now.json")

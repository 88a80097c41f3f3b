"""What candidates are derived from, and what is handed back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.model import PlanSeen, Query
from bench.model.advice import Candidate, Hopeless


@dataclass(frozen=True, slots=True)
class SeenClass:
    """One parameter class of a query."""

    plan: PlanSeen
    """From EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON), with or without TIMING. Of a statement that ran into the
    timeout a plan that was not executed: then the server's estimates stand for what was seen."""
    arguments: Mapping[str, str | None] = field(default_factory=dict)
    """The values of the execution, by parameter, as ``Binding.args`` has them: what is none of them is of the
    statement itself."""


@dataclass(frozen=True, slots=True)
class SeenQuery:
    """A query, and what its executions showed."""

    query: Query
    classes: Mapping[str, SeenClass]
    """By parameter class."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """What is worth trying, and the statements for which nothing is."""

    candidates: tuple[Candidate, ...]
    """In a stable order: indexes, statistics, rewrites, drops; each kind by table and name."""
    hopeless: tuple[Hopeless, ...]

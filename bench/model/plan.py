"""What EXPLAIN says of one execution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Json = Any
"""A value as json.loads gives it."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Work done by one execution, as EXPLAIN (ANALYZE, BUFFERS, WAL) counts it; free of clock noise.

    ``buffers``, ``temp_blocks``: 8 kB blocks (hit + read; temp read + written). ``rows``: rows emitted plus rows
    removed by filters and rechecks, times loops, over all nodes. ``heap_fetches``: of index-only scans.
    """

    buffers: int
    """Blocks read, from the cache or not, planning excluded."""
    rows: int
    """Rows emitted or thrown away by filters and rechecks, over all nodes and loops."""
    temp_blocks: int
    """Blocks of temporary files, read and written."""
    heap_fetches: int
    """Rows that index-only scans had to look up in the table."""
    wal_bytes: int = 0
    """Write-ahead log."""
    buffers_dirtied: int = 0
    """Blocks changed."""
    wal_full_pages: int = 0
    """Page images in ``wal_bytes``: the first change of a page after a checkpoint writes the whole page."""


Way = Literal["one shard", "all shards", "coordinator"]


@dataclass(frozen=True, slots=True)
class Spread:
    """How a statement was spread over the nodes of a Citus cluster."""

    way: Way
    """By one shard, by several at once, or by way of the coordinator: rows of one step went there to be sent on."""
    tasks: int
    """Statements that were sent to shards."""
    nodes: int
    """On which its tasks ran, as far as EXPLAIN shows them."""
    bytes_between: int
    """Rows that went from node to node, as Citus counts them: to the coordinator, and as intermediate results."""
    subplans: int = 0
    """Steps whose rows went by way of the coordinator."""


@dataclass(frozen=True, slots=True)
class PlanSeen:
    """The plan of one cell, from EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING OFF, FORMAT JSON)."""

    plan: Json
    """The object under ``"Plan"``, untouched; of a Citus cluster with what its tasks did below the node that asked for
    it."""
    fingerprint: str
    """Of the access path: node types, joins, relations, indexes, sort and group keys."""
    counters: Counters
    """Work done."""
    planning_ms: float
    execution_ms: float
    self_ms: tuple[float, ...] = ()
    """Time of each node alone, parents before children as ``bench.plans.tree`` gives them, from one further execution
    with TIMING ON. For shares only: reading the clock at every node takes time of its own, most of all where a node is
    run often. Empty where that was not measured."""
    spread: Spread | None = None
    """None on one server. With it, tasks hang below the node of the plan that asked for them; all blocks are summed."""

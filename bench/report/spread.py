"""How a statement was spread over a Citus cluster, in the cells of a table: the same words on every page."""

from __future__ import annotations

from collections.abc import Mapping

from bench.model.plan import Spread, Way
from bench.report import numbers
from bench.report.document import Cell, Column

WAYS: Mapping[Way, str] = {
    "one shard": "one shard", "all shards": "all shards", "coordinator": "by way of the coordinator",
}  # fmt: skip
ALONE, NOT_SEEN = "on the coordinator alone", "not seen"
"""No other node took part; there is no plan, so that nobody knows."""


def way(spread: Spread | None, *, planned: bool) -> str:
    """Where it was answered."""
    return WAYS[spread.way] if spread else ALONE if planned else NOT_SEEN


def columns(of: str = "", rank: int = 0) -> tuple[Column, ...]:
    """Of the figures that ``figures`` gives, ``of`` this side; ``rank`` says how soon a terminal leaves them out."""
    return Column(f"Tasks{of}", number=True, rank=rank and rank + 1), Column(
        f"Between nodes{of}", number=True, rank=rank
    )


def figures(spread: Spread | None) -> tuple[Cell, ...]:
    """Tasks, and what went from node to node."""
    if spread is None:
        return Cell(numbers.NOTHING), Cell(numbers.NOTHING)
    return Cell(str(spread.tasks)), Cell(numbers.size(spread.bytes_between))

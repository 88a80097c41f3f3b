"""Where on a Citus cluster each query is answered."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.before_after.spread import COORDINATOR_ALONE, SpreadSide
from bench.experiments.before_after.summary import RunSummary
from bench.report import numbers
from bench.report.document import Cell, Column, Line, Section, Sentences, Table, marked

WAYS = {"one shard": "one shard", "all shards": "all shards", "coordinator": "by way of the coordinator"}


def spread(summary: RunSummary) -> Iterator[Section]:
    """Give the section, for a run on a cluster."""
    if not (found := summary.spread):
        return
    table = Table(
        label="Queries on the cluster",
        columns=(
            Column("Query"), Column("Before"), *_figures(), Column("After"), *_figures(),
        ),
        rows=tuple((Cell(row.query), *_cells(row.before), *_cells(row.after)) for row in found.rows),
        caption=marked(
            "Of each query the class that asks the most of the cluster. *Tasks*: statements that the coordinator sent "
            "to shards. *Between nodes*: rows that went from one to another, results included. *Buffers*: blocks of "
            "8 kB of all tasks together."
        ),
        sortable=True,
    )  # fmt: skip
    yield Section("cluster", "On the cluster", (Sentences(found.sentences, "prose"), table), nav="Cluster")


def _figures() -> tuple[Column, ...]:
    names = {"Tasks": 2, "Between nodes": 0, "Buffers": 2}
    return tuple(Column(name, number=True, rank=rank) for name, rank in names.items())


def _cells(side: SpreadSide) -> tuple[Cell, ...]:
    if side.refused:
        return Cell("refused", "over"), Cell(numbers.NOTHING), Cell(numbers.NOTHING), Cell(numbers.NOTHING)
    buffers: Line = numbers.NOTHING if side.buffers is None else numbers.count(side.buffers)
    if side.spread is None:
        way = "not seen" if side.buffers is None else COORDINATOR_ALONE
        return Cell(way, "quiet"), Cell(numbers.NOTHING), Cell(numbers.NOTHING), Cell(buffers)
    one = side.spread
    return Cell(WAYS[one.way]), Cell(str(one.tasks)), Cell(numbers.size(one.bytes_between)), Cell(buffers)

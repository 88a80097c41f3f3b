"""Where on a Citus cluster each query is answered."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.before_after.spread import SpreadSide
from bench.experiments.before_after.summary import RunSummary
from bench.report import numbers
from bench.report.document import Cell, Column, Section, Sentences, Table, marked
from bench.report.spread import columns, figures, way


def spread(summary: RunSummary) -> Iterator[Section]:
    """Give the section, for a run on a cluster."""
    if not (found := summary.spread):
        return
    table = Table(
        label="Queries on the cluster",
        columns=(
            Column("Query"),
            *(column for state, rank in (("before", 3), ("after", 1)) for column in _columns(state, rank)),
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


def _columns(state: str, rank: int) -> tuple[Column, ...]:
    buffers = Column(f"Buffers {state}", number=True, rank=rank + 1)
    return Column(state.title()), *columns(f" {state}", rank), buffers


def _cells(side: SpreadSide) -> tuple[Cell, ...]:
    if side.refused:
        return Cell("refused", "over"), Cell(numbers.NOTHING), Cell(numbers.NOTHING), Cell(numbers.NOTHING)
    words = way(side.spread, planned=side.buffers is not None)
    where = Cell(f"{words}, form of citus/" if side.form else words, "" if side.spread else "quiet")
    return where, *figures(side.spread), Cell(numbers.count(side.buffers))

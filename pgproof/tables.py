"""The tables of a run as DataFrames: the rows that the CSV files have, with types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from bench.cells.samples import COLUMNS, rows
from bench.experiments.before_after.summary import RunSummary
from bench.model import STATES, Pair
from bench.plans.tree import tree
from bench.report.csv import Value

if TYPE_CHECKING:
    import pandas as pd

FLAGS = {
    "censored", "cold", "p50_censored", "p95_censored", "p95_is_max", "p99_censored", "max_censored", "plan_changed",
    "cold_p50_censored", "cold_max_censored", "in_smallest",
}  # fmt: skip
"""Columns that are true, false, or not known. ``censored`` of a cell is a number of executions."""
PLANS = (
    "query", "parameter_class", "state", "step", "depth", "kind", "relation", "index", "condition", "estimated_rows",
    "actual_rows", "rows_removed", "loops", "buffers", "temp_blocks", "heap_fetches", "self_ms",
)  # fmt: skip
OPTIMIZATIONS = (
    "name", "category", "use", "verdict", "in_smallest", "share_buffers", "share_ms", "build_ms", "size_bytes",
    "wal_bytes", "locks", "why",
)  # fmt: skip


def frame(columns: Sequence[str], found: Iterable[tuple[Value, ...]]) -> pd.DataFrame:
    """A frame of the rows: flags are booleans, and numbers are numbers where some of them, or all, are missing."""
    import pandas as pd  # half a second to import, and only needed here

    values = list(found)
    made = pd.DataFrame.from_records(values, columns=list(columns))
    numbers = {
        name for place, name in enumerate(columns)
        if values and str(made.dtypes[name]) == "object" and not any(isinstance(row[place], str) for row in values)
    }  # fmt: skip
    flags = {name for name in FLAGS if name in columns and not (name == "censored" and "n" in columns)}
    return made.astype(dict.fromkeys(numbers - flags, "float64") | dict.fromkeys(flags, "boolean"))


def samples(pairs: Iterable[Pair]) -> pd.DataFrame:
    """A row for each timed execution."""
    return frame(COLUMNS, rows(pairs))


def plans(pairs: Iterable[Pair]) -> pd.DataFrame:
    """A row for each step of each plan."""
    return frame(PLANS, _steps(pairs))


def _steps(pairs: Iterable[Pair]) -> Iterator[tuple[Value, ...]]:
    for pair in pairs:
        for state in STATES:
            seen = pair.side(state).plan
            nodes = tree(seen.plan) if seen else ()
            times = seen.self_ms if seen and len(seen.self_ms) == len(nodes) else (None,) * len(nodes)
            for step, (node, self_ms) in enumerate(zip(nodes, times, strict=True)):
                yield (
                    pair.query, pair.parameter_class, state, step, node.depth, node.kind, node.relation, node.index,
                    node.condition, node.estimated_rows, node.actual_rows, node.rows_removed, node.loops,
                    node.buffers_self, node.temp_self, node.heap_fetches, self_ms,
                )  # fmt: skip


def optimizations(summary: RunSummary | None) -> pd.DataFrame:
    """A row for each optimization of a run; none without a summary of one."""
    return frame(OPTIMIZATIONS, _optimizations(summary) if summary else ())


def _optimizations(summary: RunSummary) -> Iterator[tuple[Value, ...]]:
    attributed = {row.name: row for row in summary.attribution.rows} if summary.attribution else {}
    for one in summary.optimizations:
        row = attributed.get(one.name)
        verdict = row.verdict if row else None
        gains: tuple[Value, ...] = (None,) * 4
        if verdict:
            gains = (verdict.outcome, verdict.in_smallest, verdict.gain.share_buffers, verdict.gain.share_ms)
        size = row.size_bytes if row and row.size_bytes is not None else one.size_bytes
        yield (
            one.name, one.category, one.use, *gains, one.build_ms, size, one.wal_bytes, ", ".join(one.locks), one.why
        )  # fmt: skip

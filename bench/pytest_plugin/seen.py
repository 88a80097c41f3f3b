"""What ``pgproof_cell`` returns: one cell, as it was seen in one state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.model import Counters, PlanSeen, Sample, State
from bench.plans import index_names, tree
from bench.report.numbers import count


@dataclass(frozen=True, slots=True)
class CellSeen:
    """A query, a parameter class, a state, and what running it showed.

    ``plan`` and ``counters`` are of the first binding; both are None where the query ran into the timeout.
    """

    query: str
    parameter_class: str
    state: State
    plan: PlanSeen | None
    samples: tuple[Sample, ...]
    """Timed executions, in ms; the one of a query that timed out is censored."""
    first_ms: float | None
    """The first execution on a new connection; not among the samples."""
    hashes: list[tuple[str, int]]
    """For each binding, the hash of its rows and how many they are; fewer than bindings after a timeout."""
    complete: bool
    """False where a timeout left bindings without rows."""
    target_ms: float
    known_indexes: tuple[str, ...] = field(repr=False)
    """All indexes of the database."""
    more: Callable[[int], tuple[Sample, ...]] = field(repr=False, compare=False)
    """Time that many executions again."""
    fetch: Callable[[], Counter[tuple[str, ...]]] = field(repr=False, compare=False)
    """The rows of all bindings as text, with how often each occurs."""

    @property
    def name(self) -> str:
        """The name of its benchmark item: ``latest_orders[hot-after]``."""
        return f"{self.query}[{self.parameter_class}-{self.state}]"

    @property
    def counters(self) -> Counters | None:
        """The work of one execution: buffers, rows, temp blocks, heap fetches."""
        return self.plan.counters if self.plan else None

    @property
    def rows_hash(self) -> str:
        """One text for the rows of all bindings: equal texts, equal rows."""
        return "+".join(found for found, _ in self.hashes)

    @property
    def indexes(self) -> tuple[str, ...]:
        """The indexes that the plan uses."""
        return index_names(self.plan.plan) if self.plan else ()

    def plan_in_short(self) -> str:
        """The plan as indented lines: what each node is, its rows and buffers."""
        if self.plan is None:
            return "  (no plan: it ran into the timeout)"
        return "\n".join(
            f"  {'  ' * node.depth}{node.label}  (rows {count(node.actual_rows)}, buffers {count(node.buffers)})"
            for node in tree(self.plan.plan)
        )

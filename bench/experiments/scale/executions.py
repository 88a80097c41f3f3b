"""What each execution of a step did, node by node: what forecasts are fitted to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.experiments.scale.tenants import Values, tenant, tenants
from bench.model import STATES, CellSide, Json, Pair, Query, Run, State
from bench.plans import PlanNode, tree
from bench.plans.parse import blocks, fingerprint, number, walk

Cell = tuple[str, str, State]
"""Query, class, state."""
Statement = tuple[str, State]
"""Query, state."""

_EQUAL = re.compile(r"(\w+) = (?!ANY)")
"""A column that an index condition holds at one value."""


@dataclass(frozen=True, slots=True)
class NodeWork:
    """What one node of a plan did in one execution, over all its loops; ``buffers`` are its own, in blocks of 8 kB."""

    kind: str
    relation: str
    index: str
    children: tuple[int, ...]
    """Positions of the nodes that it reads from."""
    role: str
    """What it is to the node above where that does not simply read it: ``InitPlan 1``, ``SubPlan 2``, ``CTE c``."""
    expected: float
    """Rows of one loop, as the planner expected them; of a LIMIT what it asks for, where more are to be had."""
    bound: frozenset[str]
    """Columns that its index condition holds at one value."""
    loops: float
    rows: float
    read: float
    """``rows``, and those that it threw away."""
    buffers: float
    searches: float
    """Descents through its index; the loops where the server does not count them (before PostgreSQL 18)."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One binding of a cell at one step."""

    cell: Cell
    binding: int
    scale: int
    tenant_rows: float | None
    plan: str
    nodes: tuple[NodeWork, ...]
    buffers: float

    @property
    def statement(self) -> Statement:
        """What all classes execute."""
        return self.cell[0], self.cell[2]

    def planned(self) -> Execution:
        """What EXPLAIN says of it without executing it: its plan, and the rows that the planner expects."""
        bare = tuple(replace(one, loops=0.0, rows=0.0, read=0.0, buffers=0.0, searches=0.0) for one in self.nodes)
        return replace(self, nodes=bare, buffers=0.0)


def executions(run: Run) -> Iterator[Execution]:
    """Every execution of ``run`` whose plan is known."""
    queries = {query.name: query for query in run.queries}
    sizes = {name: tenants(run, query) for name, query in queries.items()}
    for pair in run.pairs:
        if query := queries.get(pair.query):
            for state in STATES:
                for place, plan in enumerate(_plans(pair.side(state))):
                    if plan:
                        yield _execution(run, query, pair, state, place, plan, sizes[query.name])


def _plans(side: CellSide) -> Sequence[Json]:
    if side.plan is None:
        return ()
    return (side.plan.plan, *(one.plan for one in side.by_binding[1:]))


def _execution(
    run: Run, query: Query, pair: Pair, state: State, place: int, plan: Json, sizes: Mapping[Values, int]
) -> Execution:  # fmt: skip
    rows = sizes.get(tenant(query, pair.bindings[place])) if place < len(pair.bindings) else None
    return Execution(
        cell=(pair.query, pair.parameter_class, state),
        binding=place,
        scale=run.dataset.scale,
        tenant_rows=rows,
        plan=fingerprint(plan),
        nodes=nodes(plan),
        buffers=blocks(plan),
    )


def nodes(plan: Json) -> tuple[NodeWork, ...]:
    """The work of each node of ``plan``, parents before children."""
    found, raws = tree(plan), list(walk(plan))
    depths = [one.depth for one in found]
    own = _own(found, raws)
    return tuple(
        NodeWork(
            kind=one.kind,
            relation=one.relation,
            index=one.index,
            children=_children(depths, place),
            role=one.role,
            expected=number(raw, "Plan Rows"),
            bound=frozenset(_EQUAL.findall(str(raw.get("Index Cond", "")))),
            loops=one.loops,
            rows=one.actual_rows,
            read=one.actual_rows + one.rows_removed,
            buffers=own[place],
            searches=number(raw, "Index Searches") if "Index Searches" in raw else one.loops,
        )
        for place, (one, raw) in enumerate(zip(found, raws, strict=True))
    )


def _own(found: Sequence[PlanNode], raws: Sequence[Json]) -> list[float]:
    """Blocks of each node alone.

    An InitPlan is counted where it hangs and once more where its result is first asked for: taken from there, and given
    back to the node above both, which it was taken from twice.
    """
    own = [float(one.buffers_self) for one in found]
    depths = [one.depth for one in found]
    for place, one in enumerate(found):
        if not one.role.startswith("InitPlan"):
            continue
        holder = max(above for above in range(place) if depths[above] == one.depth - 1)
        for other, raw in enumerate(raws):
            asks = any(one.role in str(value) for key, value in raw.items() if key not in ("Plans", "Subplan Name"))
            if asks and other != holder and own[other] >= one.buffers:
                below = sum(found[child].buffers for child in _children(depths, holder))
                own[other] -= one.buffers
                own[holder] = max(0.0, found[holder].buffers - below + one.buffers)
                break
    return own


def _children(depths: Sequence[int], place: int) -> tuple[int, ...]:
    found = []
    for other in range(place + 1, len(depths)):
        if depths[other] <= depths[place]:
            break
        if depths[other] == depths[place] + 1:
            found.append(other)
    return tuple(found)

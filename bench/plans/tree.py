"""A plan as rows that a person can read: one per node, parents first, labelled as EXPLAIN's text format does."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.model import Counters, Json
from bench.plans.exclusive import own_part, shared_parts
from bench.plans.parse import blocks, counters, number, rows_removed, walk

CONDITIONS = (
    "Index Cond", "Order By", "Recheck Cond", "Hash Cond", "Merge Cond", "TID Cond", "Join Filter", "One-Time Filter",
    "Filter",
)  # fmt: skip
AGGREGATES = {"Sorted": "GroupAggregate", "Hashed": "HashAggregate", "Mixed": "MixedAggregate"}
OPERATIONS = {"ModifyTable"}

Shared = tuple[dict[str, float], dict[str, float]]
"""What is left of the blocks, and of the temp blocks, of each CTE, for the scans that read it."""


@dataclass(frozen=True, slots=True)
class PlanNode:
    """One node of a plan.

    ``estimated_rows`` and ``actual_rows`` are over all loops, so that they add up and compare; the same holds for
    ``rows_removed`` and ``heap_fetches``. ``buffers`` counts 8 kB blocks of the node and everything below it,
    ``buffers_self`` those of the node alone. ``loops`` is 0 for a node that was never executed. ``disk_kb`` is the
    most that a sort, hash table or kept result took on disk (kB of 1,024 bytes), workers included, where the plan
    says so.
    """

    depth: int
    kind: str
    label: str
    role: str
    """What the node is to its parent where that is no plain input: ``InitPlan 1``, ``SubPlan 2``, ``CTE recent``."""
    relation: str
    alias: str
    index: str
    condition: str
    keys: str
    """Sort or group keys, as text."""
    estimated_rows: float
    actual_rows: float
    rows_removed: float
    loops: int
    buffers: int
    buffers_self: int
    temp_blocks: int
    heap_fetches: int
    method: str
    """The label without index and table: ``Index Scan Backward``, ``HashAggregate``."""
    source: str
    """The CTE or function whose rows it reads; empty where it reads a table, or the nodes below."""
    sort_method: str
    disk_kb: int
    batches: int
    """Parts that a hash table was worked off in: more than 1 did not fit into memory."""
    temp_self: int
    """Temp blocks of the node alone; ``temp_blocks`` has those of everything below it too."""

    @property
    def executed(self) -> bool:
        """False for a branch that the server planned and never ran."""
        return self.loops > 0


def tree(plan: Json) -> tuple[PlanNode, ...]:
    """Give the nodes of ``plan``, parents before children."""
    found: list[PlanNode] = []
    _collect(plan, 0, (shared_parts(plan, blocks), shared_parts(plan, _temp_blocks)), found)
    return tuple(found)


def work_of_finding(plan: Json) -> Counters:
    """Count the work of ``plan`` without what its nodes that write do themselves.

    Writing costs as much as the table has indexes, in every plan alike; finding the rows is what a plan decides.
    """
    finding = sum(node.buffers_self for node in tree(plan) if node.kind != "ModifyTable")
    return replace(counters(plan), buffers=finding, wal_bytes=0, buffers_dirtied=0, wal_full_pages=0)


def index_names(plan: Json) -> tuple[str, ...]:
    """Name the indexes that ``plan`` uses, in order of appearance, each once.

    An index of a branch that was never executed counts: the planner chose it.
    """
    names = (str(node["Index Name"]) for node in walk(plan) if node.get("Index Name"))
    return tuple(dict.fromkeys(names))


def label(node: Json) -> str:
    """Name a node as EXPLAIN's text format does: ``Index Scan using leads_queue_idx on leads l``."""
    words = _method(node)
    index, target = node.get("Index Name"), _target(node)
    if index:
        words += f" on {index}" if node["Node Type"] == "Bitmap Index Scan" else f" using {index}"
    return f"{words} on {target}" if target else words


def _method(node: Json) -> str:
    words = _kind_in_words(node)
    if node.get("Parallel Aware"):
        words = f"Parallel {words}"
    return f"{words} Backward" if node.get("Scan Direction") == "Backward" else words


def _kind_in_words(node: Json) -> str:
    kind, join = str(node["Node Type"]), node.get("Join Type", "Inner")
    if kind == "Nested Loop":
        return kind if join == "Inner" else f"{kind} {join} Join"
    if kind in ("Hash Join", "Merge Join"):
        return kind if join == "Inner" else f"{kind.removesuffix(' Join')} {join} Join"
    if kind == "Aggregate":
        partial = node.get("Partial Mode", "Simple")
        words = AGGREGATES.get(node.get("Strategy", ""), kind)
        return words if partial == "Simple" else f"{partial} {words}"
    if provider := node.get("Custom Plan Provider"):
        return f"{kind} ({provider})"
    if kind in OPERATIONS:
        return str(node.get("Operation", kind))
    return f"{'Hash' if node.get('Strategy') == 'Hashed' else ''}{kind} {node.get('Command', '')}".strip()  # of a SetOp


def _target(node: Json) -> str:
    name = node.get("Relation Name") or node.get("CTE Name") or node.get("Function Name") or ""
    alias = node.get("Alias") or ""
    if not name:
        return str(alias)
    return f"{name} {alias}" if alias and alias != name else str(name)


def _collect(node: Json, depth: int, shared: Shared, found: list[PlanNode]) -> None:
    loops = number(node, "Actual Loops")
    keys = node.get("Sort Key") or node.get("Group Key") or ()
    found.append(
        PlanNode(
            depth=depth,
            kind=str(node["Node Type"]),
            label=label(node),
            role=str(node.get("Subplan Name", "")),
            relation=str(node.get("Relation Name", "")),
            alias=str(node.get("Alias", "")),
            index=str(node.get("Index Name", "")),
            condition="; ".join(f"{key}: {joined(node[key])}" for key in CONDITIONS if node.get(key)),
            keys=joined(keys),
            estimated_rows=number(node, "Plan Rows") * max(loops, 1),
            actual_rows=number(node, "Actual Rows") * loops,
            rows_removed=rows_removed(node),
            loops=round(loops),
            buffers=blocks(node),
            buffers_self=round(own_part(node, blocks, shared[0])),
            temp_blocks=round(_temp_blocks(node)),
            heap_fetches=round(number(node, "Heap Fetches")),
            method=_method(node),
            source=str(node.get("CTE Name") or node.get("Function Name") or ""),
            sort_method=_sort_method(node),
            disk_kb=_disk_kb(node),
            batches=round(max(number(node, "Hash Batches"), number(node, "HashAgg Batches"))),
            temp_self=round(own_part(node, _temp_blocks, shared[1])),
        )
    )
    for child in node.get("Plans", ()):
        _collect(child, depth + 1, shared, found)


def _temp_blocks(node: Json) -> float:
    return number(node, "Temp Read Blocks") + number(node, "Temp Written Blocks")


def _sort_method(node: Json) -> str:
    """Name how a node sorted; an incremental sort says it for each of its kinds of groups."""
    groups = [node[key] for key in ("Full-sort Groups", "Pre-sorted Groups") if key in node]
    methods = [str(method) for group in groups for method in group.get("Sort Methods Used", ())]
    return ", ".join(dict.fromkeys(methods)) or str(node.get("Sort Method", ""))


def _disk_kb(node: Json) -> int:
    """Give the kB that a node and its workers kept on disk at the most."""
    parts = [node, *node.get("Workers", ())]
    sorts = sum(number(part, "Sort Space Used") for part in parts if part.get("Sort Space Type") == "Disk")
    groups = [node[key] for key in ("Full-sort Groups", "Pre-sorted Groups") if key in node]
    groups_most = max((number(group.get("Sort Space Disk", {}), "Peak Sort Space Used") for group in groups), default=0)
    hashed = sum(number(part, "Disk Usage") for part in parts)
    kept = number(node, "Maximum Storage") if node.get("Storage") == "Disk" else 0
    return round(max(sorts, groups_most, hashed, kept))


def joined(value: Json) -> str:
    """Write a property that may be a list."""
    return ", ".join(str(part) for part in value) if isinstance(value, (list, tuple)) else str(value)

"""A plan as EXPLAIN's text format has it, to be pasted into any tool that reads plans."""

from __future__ import annotations

from collections.abc import Iterator

from bench.model import Json
from bench.plans.parse import number
from bench.plans.tree import CONDITIONS, joined, label

STEP = "  "
LISTS = ("Sort Key", "Presorted Key", "Group Key", "Cache Key")
REMOVED = {
    "Join Filter": "Rows Removed by Join Filter",
    "Filter": "Rows Removed by Filter",
    "Recheck Cond": "Rows Removed by Index Recheck",
}


def explain_text(plan: Json) -> str:
    """Write ``plan`` line by line: nodes with cost and rows, conditions, what was thrown away, buffers."""
    return "\n".join(_node(plan, 0))


def _node(node: Json, indent: int) -> Iterator[str]:
    # As the server indents: a name by one step, an arrow by two, facts and children by one more.
    if name := node.get("Subplan Name"):
        yield f"{STEP * indent}{name}"
        indent += 1
    words = f"{label(node)}{_figures(node)}"
    yield f"{STEP * indent}->  {words}" if indent else words
    indent += 3 if indent else 1
    yield from (f"{STEP * indent}{line}" for line in _facts(node))
    for child in node.get("Plans", ()):
        yield from _node(child, indent)


def _figures(node: Json) -> str:
    cost = ""
    if "Total Cost" in node:
        costs = f"{number(node, 'Startup Cost'):.2f}..{number(node, 'Total Cost'):.2f}"
        cost = f"  (cost={costs} rows={number(node, 'Plan Rows'):.0f} width={number(node, 'Plan Width'):.0f})"
    if not number(node, "Actual Loops"):
        return f"{cost} (never executed)"
    # PostgreSQL 18 gives two decimals, earlier ones whole rows.
    rows = node.get("Actual Rows", 0)
    written = f"{rows:.2f}" if isinstance(rows, float) else f"{rows}"
    return f"{cost} (actual rows={written} loops={number(node, 'Actual Loops'):.0f})"


def _facts(node: Json) -> Iterator[str]:
    for key in LISTS:
        if node.get(key):
            yield f"{key}: {joined(node[key])}"
    if node.get("Sort Method"):
        space = f"{node.get('Sort Space Type', '')}: {_whole(node, 'Sort Space Used')}kB"
        yield f"Sort Method: {node['Sort Method']}  {space}"
    for key in CONDITIONS:
        if node.get(key):
            yield f"{key}: {joined(node[key])}"
            if number(node, removed := REMOVED.get(key, "")):
                yield f"{removed}: {_whole(node, removed)}"
    yield from _memory(node)
    for key in ("Heap Fetches", "Index Searches", "Workers Planned", "Workers Launched"):
        if key in node:
            yield f"{key}: {_whole(node, key)}"
    if node.get("Exact Heap Blocks") or node.get("Lossy Heap Blocks"):
        kinds = (("exact", "Exact Heap Blocks"), ("lossy", "Lossy Heap Blocks"))
        yield "Heap Blocks: " + " ".join(f"{word}={_whole(node, key)}" for word, key in kinds if node.get(key))
    if parts := list(_buffers(node)):
        yield f"Buffers: {', '.join(parts)}"


def _memory(node: Json) -> Iterator[str]:
    """What hashing, memoizing and materializing nodes say of the memory they took."""
    usage = f"Memory Usage: {_whole(node, 'Peak Memory Usage')}kB"
    if node.get("Hash Buckets"):
        yield f"Buckets: {_whole(node, 'Hash Buckets')}  Batches: {_whole(node, 'Hash Batches')}  {usage}"
    if "HashAgg Batches" in node:
        spilled = f"  Disk Usage: {_whole(node, 'Disk Usage')}kB" if number(node, "Disk Usage") else ""
        yield f"Batches: {_whole(node, 'HashAgg Batches')}  {usage}{spilled}"
    if "Cache Mode" in node:
        yield f"Cache Mode: {node['Cache Mode']}"
    if "Cache Hits" in node:
        counts = (f"{word}: {_whole(node, f'Cache {word}')}" for word in ("Hits", "Misses", "Evictions", "Overflows"))
        yield f"{'  '.join(counts)}  {usage}"
    if "Storage" in node:
        yield f"Storage: {node['Storage']}  Maximum Storage: {_whole(node, 'Maximum Storage')}kB"


def _buffers(node: Json) -> Iterator[str]:
    for kind in ("Shared", "Local", "Temp"):
        counted = [
            f"{word.lower()}={_whole(node, key)}"
            for word in ("Hit", "Read", "Dirtied", "Written")
            if number(node, key := f"{kind} {word} Blocks")
        ]
        if counted:
            yield f"{kind.lower()} {' '.join(counted)}"


def _whole(node: Json, key: str) -> str:
    return f"{number(node, key):.0f}"

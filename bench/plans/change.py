"""What changed between two plans, in sentences: an inserted Sort must not shift everything below it."""

from __future__ import annotations

from collections.abc import Sequence

from bench.model import Json
from bench.plans.tree import PlanNode, tree

Key = tuple[str, ...]

# Plumbing that says nothing without its neighbour.
SILENT = {"Hash", "Bitmap Index Scan", "BitmapAnd", "BitmapOr"}
FAMILIES = {
    "Nested Loop": "join",
    "Hash Join": "join",
    "Merge Join": "join",
    "Aggregate": "aggregate",
    "Group": "aggregate",
    "Sort": "sort",
    "Incremental Sort": "sort",
    "Gather": "gather",
    "Gather Merge": "gather",
}
# A node of the same name is worth a sentence when its blocks moved by both; the second is what one page split costs.
MOVED_RATIO = 1.25
MOVED_BLOCKS = 8


def describe_change(before: Json, after: Json) -> tuple[str, ...]:
    """Say what ``after`` does differently, one sentence a node; empty when nothing moved.

    Nodes are aligned by the longest common subsequence of relation and alias (or, without one, kind of work); scans
    left over are then paired by relation, so a sequential scan that became an index scan is one sentence.
    """
    left, right = _rows(before), _rows(after)
    pairs = _aligned([_key(node) for _, node in left], [_key(node) for _, node in right])
    pairs += _leftover_scans(left, right, pairs)
    partner = dict(pairs)
    paired = set(partner.values())
    said: list[str] = []
    for position, (words, node) in enumerate(left):
        if position in partner:
            other, found = right[partner[position]]
            said += _changed(words, node, other, found)
        else:
            said.append(f"{words} is gone{_count(node, ', it read ')}")
    said += [f"new: {words}{_count(node)}" for position, (words, node) in enumerate(right) if position not in paired]
    return tuple(said)


def _rows(plan: Json) -> list[tuple[str, PlanNode]]:
    """Give the telling nodes with their words; a bitmap scan names the indexes below it."""
    nodes = tree(plan)
    rows: list[tuple[str, PlanNode]] = []
    for position, node in enumerate(nodes):
        if node.kind in SILENT:
            continue
        words = node.label
        if node.kind == "Bitmap Heap Scan":
            below = []
            for child in nodes[position + 1 :]:
                if child.depth <= node.depth:
                    break
                below += [child.index] if child.index and child.kind == "Bitmap Index Scan" else []
            words += f" using {' and '.join(below)}" if below else ""
        rows.append((words, node))
    return rows


def _key(node: PlanNode) -> Key:
    if node.relation:
        # A statement that writes names its table twice: the write and the scan that feeds it.
        return ("write" if node.kind == "ModifyTable" else "scan", node.relation, node.alias)
    return (FAMILIES.get(node.kind, node.kind), node.alias)


def _aligned(left: Sequence[Key], right: Sequence[Key]) -> list[tuple[int, int]]:
    """Pair positions by the longest common subsequence."""
    length = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            same = left[i] == right[j]
            length[i][j] = length[i + 1][j + 1] + 1 if same else max(length[i + 1][j], length[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] == right[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif length[i + 1][j] >= length[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _leftover_scans(
    left: list[tuple[str, PlanNode]], right: list[tuple[str, PlanNode]], pairs: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    taken_left, taken_right = {i for i, _ in pairs}, {j for _, j in pairs}
    found: list[tuple[int, int]] = []
    for i, (_, node) in enumerate(left):
        if i in taken_left or not node.relation:
            continue
        for j, (_, other) in enumerate(right):
            if j not in taken_right and _key(node)[:2] == _key(other)[:2]:
                found.append((i, j))
                taken_right.add(j)
                break
    return found


def _changed(words: str, node: PlanNode, other: str, found: PlanNode) -> list[str]:
    moved = f"{node.buffers:,} → {found.buffers:,} buffers"
    if words != other:
        return [f"{words} became {other}, {moved}"]
    few, many = sorted((node.buffers, found.buffers))
    # Inner nodes repeat what their children did: only where rows are read is it said.
    if node.relation and many - few >= MOVED_BLOCKS and many >= few * MOVED_RATIO:
        return [f"{words} reads {'less' if found.buffers < node.buffers else 'more'}, {moved}"]
    return []


def _count(node: PlanNode, lead: str = ", ") -> str:
    """Count the blocks of a node that reads a table; those of any other are its children's."""
    return f"{lead}{node.buffers:,} {'buffer' if node.buffers == 1 else 'buffers'}" if node.relation else ""

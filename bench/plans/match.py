"""Which node of one plan does the same work as which of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bench.plans.tree import PlanNode

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
    "Append": "append",
    "Merge Append": "append",
}
BITMAP = ("Bitmap Index Scan", "BitmapAnd", "BitmapOr")

# How much two nodes are alike, in points. A table that both sides read outweighs a step above it, so that scans decide
# who stands beside whom; alias, kind and index then choose between several scans of one table.
SAME_TABLE, SAME_ALIAS, SAME_KIND, SAME_INDEX = 800, 400, 200, 100
SAME_BITMAP = 200
STEP, OVERLAP, SAME_STEP, SAME_ROLE = 100, 300, 50, 50


@dataclass(frozen=True, slots=True)
class Traits:
    """What a node is recognised by. Only nodes of equal ``key`` can be the same; ``below`` is what is read there."""

    key: tuple[str, ...]
    node: PlanNode
    below: frozenset[str]


def match(before: Sequence[PlanNode], after: Sequence[PlanNode]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Pair the positions of nodes that do the same work: those in order, and those of scans that changed places.

    The first are the pairs that are most alike in sum and do not cross. Scans that this leaves over on both sides are
    then paired by table.
    """
    left, right = _traits(before), _traits(after)
    start = 0
    while start < min(len(left), len(right)) and _equal(left[start], right[start]):
        start += 1
    end = 0
    while end < min(len(left), len(right)) - start and _equal(left[-1 - end], right[-1 - end]):
        end += 1
    middle = _most_alike(left[start : len(left) - end], right[start : len(right) - end])
    pairs = [(i, i) for i in range(start)]
    pairs += [(i + start, j + start) for i, j in middle]
    pairs += [(len(left) - at, len(right) - at) for at in range(end, 0, -1)]
    return pairs, _leftover_scans(left, right, pairs)


def end_of(nodes: Sequence[PlanNode], at: int) -> int:
    """Give the position after the last node below ``at``."""
    stop = at + 1
    while stop < len(nodes) and nodes[stop].depth > nodes[at].depth:
        stop += 1
    return stop


def _traits(nodes: Sequence[PlanNode]) -> list[Traits]:
    found: list[Traits] = []
    owners: list[str] = []
    for at, node in enumerate(nodes):
        del owners[node.depth :]
        owner = owners[-1] if owners and node.kind in BITMAP else node.relation
        owners.append(owner)
        below = frozenset(part.relation or part.source for part in nodes[at : end_of(nodes, at)]) - {""}
        found.append(Traits(_key(node, owner), node, below))
    return found


def _key(node: PlanNode, owner: str) -> tuple[str, ...]:
    if node.relation:
        # A statement that writes names its table twice: the write and the scan that feeds it.
        return ("write" if node.kind == "ModifyTable" else "scan", node.relation)
    if node.kind == "Bitmap Index Scan":
        return ("bitmap", owner)
    return (FAMILIES.get(node.kind, node.kind), node.source)


def _equal(one: Traits, other: Traits) -> bool:
    a, b = one.node, other.node
    same = (a.kind, a.alias, a.index, a.role) == (b.kind, b.alias, b.index, b.role)
    return same and one.key == other.key and one.below == other.below


def _alike(one: Traits, other: Traits) -> int:
    """Say how much two nodes of one key are alike; 0 where they are not the same work."""
    a, b = one.node, other.node
    index, role = (SAME_INDEX, a.index == b.index), (SAME_ROLE, a.role == b.role)
    if one.key[0] == "bitmap":
        return _points((SAME_BITMAP, True), index)
    if a.relation or a.source:
        return _points((SAME_TABLE, True), (SAME_ALIAS, a.alias == b.alias), (SAME_KIND, a.kind == b.kind), index, role)
    both, any_of = one.below & other.below, one.below | other.below
    # A sort of leads is not the sort of users, whatever the order of the two.
    if any_of and not both:
        return 0
    overlap = OVERLAP * len(both) // len(any_of) if any_of else OVERLAP
    return _points((STEP, True), (overlap, True), (SAME_STEP, a.kind == b.kind), role)


def _points(*worth: tuple[int, bool]) -> int:
    return sum(points for points, true in worth if true)


def _most_alike(left: Sequence[Traits], right: Sequence[Traits]) -> list[tuple[int, int]]:
    """Pair positions so that no two pairs cross and the sum of their likeness is the highest."""
    alike = {
        (i, j): points
        for i, one in enumerate(left)
        for j, other in enumerate(right)
        if one.key == other.key and (points := _alike(one, other))
    }
    best: defaultdict[tuple[int, int], int] = defaultdict(int)
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            best[i, j] = max(best[i + 1, j], best[i, j + 1], best[i + 1, j + 1] + alike.get((i, j), 0))
    pairs, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if (i, j) in alike and best[i, j] == best[i + 1, j + 1] + alike[i, j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1, j] >= best[i, j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _leftover_scans(
    left: Sequence[Traits], right: Sequence[Traits], pairs: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    taken_left, taken_right = {i for i, _ in pairs}, {j for _, j in pairs}
    found: list[tuple[int, int]] = []
    for i, one in enumerate(left):
        if i in taken_left or not one.node.relation:
            continue
        rest = [j for j, other in enumerate(right) if j not in taken_right and other.key == one.key]
        if rest:
            # The one of the same alias where there is one, otherwise the first.
            j = max(rest, key=lambda at: (right[at].node.alias == one.node.alias, -at))
            found.append((i, j))
            taken_right.add(j)
    return found

"""Two plans side by side: which node stands on which line, and what changed there.

Both plans keep their order, parents before children, so that each side still reads as a tree. An inserted node leaves a
gap on the other side instead of shifting everything below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.plans.match import BITMAP, end_of, match
from bench.plans.tree import PlanNode

Mark = Literal["new", "gone", "moved", "other node", "other index", "reads less", "reads more", "same"]

# The same work done by two nodes is worth a word when its blocks moved by both; one page split costs the second.
MOVED_RATIO = 1.25
MOVED_BLOCKS = 8


@dataclass(frozen=True, slots=True)
class Row:
    """A line: positions in the two lists of nodes (one is None beside a gap), and what changed.

    ``elsewhere`` is the other side's position where the node is there, but on another line: it is marked ``moved``.
    """

    before: int | None
    after: int | None
    marks: tuple[Mark, ...]
    elsewhere: int | None = None


def align(before: Sequence[PlanNode], after: Sequence[PlanNode]) -> tuple[Row, ...]:
    """Put two plans, as ``tree`` gives them, on common lines, top to bottom."""
    pairs, moved = match(before, after)
    there = dict(moved)
    here = {j: i for i, j in moved}
    rows: list[Row] = []
    i = j = 0
    for left, right in [*pairs, (len(before), len(after))]:
        rows += [_lone(before, after, at, there.get(at), "gone") for at in range(i, left)]
        rows += [_lone(after, before, at, here.get(at), "new") for at in range(j, right)]
        if left < len(before):
            rows.append(Row(left, right, marks(before, left, after, right)))
        i, j = left + 1, right + 1
    return tuple(rows)


def marks(before: Sequence[PlanNode], i: int, after: Sequence[PlanNode], j: int) -> tuple[Mark, ...]:
    """Say in a word or two what changed between two nodes that do the same work."""
    one, other = before[i], after[j]
    found: list[Mark] = []
    if one.kind != other.kind or (one.method != other.method and one.index == other.index):
        found.append("other node")
    elif one.index != other.index:
        found.append("other index")
    if change := reads_change(own_reads(before, i), own_reads(after, j)):
        found.append(change)
    return tuple(found) or ("same",)


def reads_change(before: int, after: int) -> Literal["", "reads less", "reads more"]:
    """Compare two counts of blocks; empty where they hardly differ."""
    few, many = sorted((before, after))
    if many - few < MOVED_BLOCKS or many < few * MOVED_RATIO:
        return ""
    return "reads less" if after < before else "reads more"


def own_reads(nodes: Sequence[PlanNode], at: int) -> int:
    """Count the blocks of a node alone; those of a bitmap's index scans are the table scan's that they are for."""
    return nodes[at].buffers_self + sum(node.buffers_self for node in _bitmap(nodes, at))


def indexes(nodes: Sequence[PlanNode], at: int) -> tuple[str, ...]:
    """Name the indexes that a scan uses, those of its bitmap included."""
    named = [nodes[at].index, *(node.index for node in _bitmap(nodes, at))]
    return tuple(name for name in named if name)


def _bitmap(nodes: Sequence[PlanNode], at: int) -> list[PlanNode]:
    """Give the index scans that make the bitmap of ``nodes[at]``, not those of a subquery below it."""
    if nodes[at].kind != "Bitmap Heap Scan":
        return []
    found: list[PlanNode] = []
    child = at + 1
    while child < end_of(nodes, at):
        if nodes[child].kind in BITMAP:
            found += [nodes[child]] if nodes[child].kind == "Bitmap Index Scan" else []
            child += 1
        else:
            child = end_of(nodes, child)
    return found


def _lone(
    nodes: Sequence[PlanNode], others: Sequence[PlanNode], at: int, elsewhere: int | None, word: Literal["gone", "new"]
) -> Row:
    found: tuple[Mark, ...] = (word,)
    if elsewhere is not None:
        change = marks(nodes, at, others, elsewhere) if word == "gone" else marks(others, elsewhere, nodes, at)
        found = ("moved", *(mark for mark in change if mark != "same"))
    return Row(at, None, found, elsewhere) if word == "gone" else Row(None, at, found, elsewhere)

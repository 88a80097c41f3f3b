"""What changed between two plans, in sentences: an inserted Sort must not shift everything below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.model import Json
from bench.plans.align import indexes, own_reads, reads_change
from bench.plans.match import match
from bench.plans.tree import PlanNode, tree

# Plumbing that says nothing without its neighbour.
SILENT = {"Hash", "Bitmap Index Scan", "BitmapAnd", "BitmapOr"}


@dataclass(frozen=True, slots=True)
class Step:
    """A node as a sentence names it: with all indexes that it uses, those of its bitmap included.

    ``reads`` counts 8 kB blocks: of a node that reads a table its own (and its bitmap's), of any other those of
    everything below it too.
    """

    node: PlanNode
    indexes: tuple[str, ...]
    reads: int

    @property
    def words(self) -> str:
        """The label; a bitmap scan names the indexes below it."""
        bitmap = self.node.kind == "Bitmap Heap Scan" and self.indexes
        return f"{self.node.label} using {' and '.join(self.indexes)}" if bitmap else self.node.label


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the second plan does differently: a step of each, or of one where it is gone or new."""

    before: Step | None
    after: Step | None
    words: str


def describe_change(before: Json, after: Json) -> tuple[str, ...]:
    """Say what ``after`` does differently, one sentence a node; empty when nothing moved."""
    return tuple(change.words for change in changes(tree(before), tree(after)))


def changes(before: Sequence[PlanNode], after: Sequence[PlanNode]) -> tuple[Change, ...]:
    """Give what ``after`` does differently, in the order of ``before``, then what is new."""
    pairs, moved = match(before, after)
    partner = dict([*pairs, *moved])
    paired = set(partner.values())
    found: list[Change] = []
    for i, node in enumerate(before):
        if node.kind in SILENT:
            continue
        step = _step(before, i)
        if i not in partner:
            found.append(Change(step, None, f"{step.words} is gone{_count(step, ', it read ')}"))
            continue
        other = _step(after, partner[i])
        if words := _changed(step, other):
            found.append(Change(step, other, words))
    for j, node in enumerate(after):
        if j not in paired and node.kind not in SILENT:
            step = _step(after, j)
            found.append(Change(None, step, f"new: {step.words}{_count(step)}"))
    return tuple(found)


def _step(nodes: Sequence[PlanNode], at: int) -> Step:
    node = nodes[at]
    return Step(node, indexes(nodes, at), own_reads(nodes, at) if node.relation else node.buffers)


def _changed(one: Step, other: Step) -> str:
    moved = f"{one.reads:,} → {other.reads:,} buffers"
    # Another alias is another name for the same work.
    if (one.node.method, one.indexes) != (other.node.method, other.indexes):
        return f"{one.words} became {other.words}, {moved}"
    # Inner nodes repeat what their children did: only where rows are read is it said.
    word = reads_change(one.reads, other.reads) if one.node.relation else ""
    return f"{one.words} {word}, {moved}" if word else ""


def _count(step: Step, lead: str = ", ") -> str:
    """Count the blocks of a step that reads a table; those of any other are its children's."""
    return f"{lead}{step.reads:,} {'buffer' if step.reads == 1 else 'buffers'}" if step.node.relation else ""

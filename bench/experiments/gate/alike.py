"""Cells whose plan changed in one way: one toss of the planner's coin in ten cells is one thing to say. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.experiments.gate.record import CellResult
from bench.plans import Step, changes, tree

Path = tuple[str, str, tuple[str, ...]]
"""Relation, how it is read, and by which indexes."""


def alike(cells: Sequence[CellResult]) -> list[list[CellResult]]:
    """Put those together of which the likely cause is the same and the same tables are read in the same other way.

    Only what does no more work than before; any other cell stands by itself. In the order in which they came.
    """
    groups: dict[object, list[CellResult]] = {}
    for place, cell in enumerate(cells):
        moved = _moved(cell) if cell.word == "plan changed" else frozenset()
        groups.setdefault((cell.cause, moved) if moved else place, []).append(cell)
    return list(groups.values())


def _moved(cell: CellResult) -> frozenset[tuple[Path | None, Path | None]]:
    """The tables that are read in another way, with both; sorts and joins above them follow from that."""
    if cell.base is None or cell.head is None:
        return frozenset()
    both = [(_path(one.before), _path(one.after)) for one in changes(tree(cell.base.plan), tree(cell.head.plan))]
    return frozenset(one for one in both if one[0] != one[1])


def _path(step: Step | None) -> Path | None:
    return (step.node.relation, step.node.method, step.indexes) if step and step.node.relation else None

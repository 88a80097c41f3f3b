"""The blocks that a plan node touches, from the rows that it reads: arithmetic of its access path. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from bench.experiments.scale.carry import ODDS, RATIOS, Carry
from bench.experiments.scale.executions import Execution, NodeWork
from bench.experiments.scale.sizes import Sizes

MOST = 0.98
"""Chance taken at most for the next row to be on another block: odds need less than one."""
TELLING = 20
"""Rows from which on an index-only scan tells how often it looked at the visibility map."""


def unseen(one: NodeWork, scale: int, sizes: Sizes) -> float:
    """Blocks of a node like which none was executed: descents, leaves, and each row on a page of its own."""
    pages = sizes.pages(one.relation, scale)
    if one.kind == "Seq Scan":
        return one.loops * pages
    if one.kind == "Bitmap Heap Scan":
        return min(one.read, one.loops * pages)
    if one.kind not in ("Index Scan", "Index Only Scan", "Bitmap Index Scan"):
        return 0.0
    leaves = one.read * sizes.pages(one.index, scale) / max(1.0, sizes.rows(one.index, scale))
    descents = one.loops * (sizes.depth(one.index, scale) or 1)
    if one.kind == "Bitmap Index Scan":
        return descents + leaves
    if one.kind == "Index Only Scan":
        return descents + leaves + sizes.looks(one.index, one.bound, one.read, scale)
    return descents + leaves + one.read


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a plan in all executions that ``carry`` knows."""

    carry: Carry
    seen: Sequence[NodeWork]
    sizes: Sizes

    @property
    def runs(self) -> Sequence[Execution]:
        """The executions."""
        return self.carry.known

    @property
    def scale(self) -> int:
        """Where the blocks are asked for."""
        return self.carry.target.scale

    def blocks(self, loops: float, read: float) -> float:
        """Blocks of the node alone, with so many loops and rows read."""
        one = self.seen[-1]
        if not any(node.buffers for node in self.seen):
            return 0.0
        if one.kind == "Seq Scan":
            whole = [node.loops * self.sizes.pages(one.relation, run.scale) for node, run in self._both()]
            share = [
                node.buffers / all_of_it if all_of_it else 0.0 for node, all_of_it in zip(self.seen, whole, strict=True)
            ]
            return loops * self.sizes.pages(one.relation, self.scale) * self.carry.to(share, RATIOS, counted=False)
        if one.kind == "Bitmap Heap Scan":
            each = [node.buffers / node.read if node.read else 0.0 for node in self.seen]
            most = max(loops, 1.0) * self.sizes.pages(one.relation, self.scale)
            found = read * self._by_rows(each)
            return min(found, most) if most else found
        if one.kind in ("Index Scan", "Index Only Scan", "Bitmap Index Scan"):
            depth = self.sizes.depth(one.index, self.scale)
            if depth is not None:
                return self._index(loops, read, depth)
        if not read:
            return self.carry.to([node.buffers for node in self.seen])
        each = [node.buffers / node.read if node.read else 0.0 for node in self.seen]
        return read * self.carry.to(each, counted=False, weights=[node.read for node in self.seen])

    def _both(self) -> zip[tuple[NodeWork, Execution]]:
        return zip(self.seen, self.runs, strict=True)

    def _by_rows(self, each: Sequence[float]) -> float:
        return self.carry.to(each, RATIOS, counted=False, weights=[node.read for node in self.seen])

    def _index(self, loops: float, read: float, depth: int) -> float:
        """Descents, what comes with each row, and looks at the visibility map."""
        one = self.seen[-1]
        down = [self._descent(node, run) for node, run in self._both()]
        grown = [
            found + depth - (self.sizes.depth(one.index, run.scale) or depth)
            for found, run in zip(down, self.runs, strict=True)
        ]
        searched = [node.searches for node in self.seen]
        descent = self.carry.to(grown, RATIOS, counted=False, weights=searched) or depth
        again = self.carry.to(
            [node.searches / node.loops if node.loops else 0.0 for node in self.seen], RATIOS, counted=False,
            weights=[node.loops for node in self.seen],
        )  # fmt: skip
        chance, seen_map = self._map(read) if one.kind == "Index Only Scan" else (0.0, [0.0] * len(down))
        each = [
            max(0.0, node.buffers - node.searches * deep - looked) / node.read if node.read else 0.0
            for node, deep, looked in zip(self.seen, down, seen_map, strict=True)
        ]
        if one.kind == "Index Scan":
            odds = [min(value, MOST) / (1 - min(value, MOST)) for value in each]
            ahead = self.carry.to(odds, ODDS, counted=False, weights=[node.read for node in self.seen])
            row = ahead / (1 + ahead)
        else:
            row = self._by_rows(each)
        return loops * again * descent + read * (row + chance)

    def _descent(self, node: NodeWork, run: Execution) -> float:
        deep = self.sizes.depth(node.index, run.scale) or 0
        return min(deep, node.buffers / node.searches) if node.searches else 0.0

    def _map(self, read: float) -> tuple[float, list[float]]:
        """Looks at the visibility map with each row at the target, and all of them in each execution.

        Rows in random order look again with the chance that two of them are on different pages. How random the order is
        tell the last executions over a table of several pages; where there is none, the statistics.
        """
        one = self.seen[-1]
        chances = [self.sizes.apart(one.relation, run.scale) for run in self.runs]
        shares: dict[int, list[float]] = {}
        for (node, run), chance in zip(self._both(), chances, strict=True):
            if chance and node.read > TELLING:
                leaves = (
                    node.read * self.sizes.pages(one.index, run.scale) / max(1.0, self.sizes.rows(one.index, run.scale))
                )
                looked = node.buffers - node.searches * self._descent(node, run) - leaves
                shares.setdefault(run.scale, []).append(min(1.0, max(0.0, looked / (node.read * chance))))
        looked_all = [0.0] * len(chances)
        if shares:
            random = fmean(shares[max(shares)])
            looked_all = [node.read * chance * random for node, chance in zip(self.seen, chances, strict=True)]
            return self.sizes.apart(one.relation, self.scale) * random, looked_all
        return self.sizes.looks(one.index, one.bound, read, self.scale) / max(1.0, read), looked_all

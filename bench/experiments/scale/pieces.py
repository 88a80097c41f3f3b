"""A plan that was never executed: node by node, each from where the same access path was executed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.experiments.scale.blocks import Node, unseen
from bench.experiments.scale.carry import Carry, Estimates, Habits
from bench.experiments.scale.executions import Execution, NodeWork
from bench.experiments.scale.sizes import Sizes

PASSING = frozenset({"Sort", "Incremental Sort", "Hash", "Materialize", "Memoize", "Limit", "Gather", "Result"})
"""Nodes that give the rows that they read."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What the nodes of ``target``, of which the plan and the planner's rows count, are put together from."""

    target: Execution
    known: Sequence[Execution]
    sizes: Sizes
    habits: Habits

    def nodes(self) -> list[NodeWork]:
        """The forecast of every node."""
        found = list(self.target.nodes)
        self._work(found, 0, 1.0)
        return found

    def _work(self, found: list[NodeWork], place: int, loops: float) -> None:
        """Fill in the node at ``place``, which is looked into ``loops`` times, and those below it."""
        one = replace(found[place], loops=loops)
        inputs = [child for child in one.children if not found[child].role]
        outer = loops
        for child in inputs:
            self._work(found, child, outer if one.kind == "Nested Loop" else loops)
            outer = found[child].rows
        found[place] = self._scan(one) if one.relation or one.index else _above(one, [found[child] for child in inputs])
        for child in one.children:
            if child not in inputs:
                self._work(found, child, found[place].rows if found[child].role.startswith("SubPlan") else 1.0)

    def _scan(self, one: NodeWork) -> NodeWork:
        path = _path(one)
        like = [(run, node) for run in self.known for node in run.nodes if node.loops and _path(node) == path]
        if not like:
            rows = one.loops * one.expected
            one = replace(one, rows=rows, read=rows)
            return replace(one, buffers=unseen(one, self.target.scale, self.sizes))
        carry, seen = Carry(self.target, [run for run, _ in like], self.habits), [node for _, node in like]
        estimates = Estimates([node.expected for node in seen], one.expected)
        often = [node.loops for node in seen]
        rows, read = (
            one.loops * carry.to([value / n for value, n in zip(values, often, strict=True)],
                                 weights=often, estimates=estimates)
            for values in ([node.rows for node in seen], [node.read for node in seen])
        )  # fmt: skip
        one = replace(one, rows=rows, read=max(rows, read))
        return replace(one, buffers=Node(carry, seen, self.sizes).blocks(one.loops, one.read))


def _path(one: NodeWork) -> tuple[object, ...]:
    return one.kind, one.relation, one.index, one.bound


def _above(one: NodeWork, inputs: Sequence[NodeWork]) -> NodeWork:
    """A node that reads others: the planner is as wrong about its rows as about theirs."""
    read = sum(node.rows for node in inputs)
    expected = sum(node.expected * node.loops for node in inputs)
    rows = read if one.kind in PASSING else one.expected * one.loops * (read / expected if expected else 1.0)
    if one.kind == "Limit":
        rows = min(rows, one.expected * one.loops)
    return replace(one, rows=rows, read=rows)

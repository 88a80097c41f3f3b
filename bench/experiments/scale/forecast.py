"""What a statement will do at a scale where it was not executed: each plan node's rows and blocks, summed. Pure.

The plan is what EXPLAIN says, without executing. Its nodes are carried from every execution with that plan: one that
came at a late step is followed from there on, by its own arithmetic, and no other plan's figures are mixed with it. One
that no execution had is put together from nodes of others (``pieces``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from bench.experiments.scale.blocks import Node
from bench.experiments.scale.carry import COUNTS, RATIOS, Carry, Estimates, Habits
from bench.experiments.scale.executions import Execution, NodeWork
from bench.experiments.scale.pieces import Pieces
from bench.experiments.scale.sizes import Sizes

BLOCKING = frozenset({"Sort", "Incremental Sort", "Hash", "Aggregate", "Materialize", "Bitmap Index Scan", "WindowAgg"})
"""Nodes that read all that is below them before they give a row: a LIMIT above does not stop it."""
UNFILTERED = 0.99
"""Share of the rows read that a scan gives, from which on a LIMIT that stops it saves as much as it leaves out."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The nodes of one execution, and the blocks of all of them."""

    nodes: tuple[NodeWork, ...]
    buffers: float


def forecast(target: Execution, known: Sequence[Execution], sizes: Sizes, habits: Habits) -> Forecast | None:
    """Forecast ``target``, of which cell, scale, tenant and ``planned`` nodes count, from ``known`` of its statement.

    None where its class was not executed before.
    """
    own = [one for one in known if one.cell == target.cell]
    if not own:
        return None
    like = [one for one in known if one.plan == target.plan]
    if any(one.plan == target.plan for one in own):
        return _of_plan(target, like, sizes, habits)
    # The class never had this plan: ways that share little are set against each other.
    pieces = _summed(_stopped(Pieces(target, known, sizes, habits).nodes(), [target]))
    last = [one for one in own if one.scale == max(other.scale for other in own)]
    former = min(last, key=lambda one: abs((one.tenant_rows or 0) - (target.tenant_rows or 0)))
    stayed = replace(target, plan=former.plan, nodes=former.planned().nodes)
    as_before = _of_plan(stayed, [one for one in known if one.plan == former.plan], sizes, habits)
    if not like:
        return replace(pieces, buffers=math.sqrt(pieces.buffers * as_before.buffers))
    return sorted((_of_plan(target, like, sizes, habits), pieces, as_before), key=lambda one: one.buffers)[1]


def _of_plan(target: Execution, like: Sequence[Execution], sizes: Sizes, habits: Habits) -> Forecast:
    """By the executions with this plan."""
    carry = Carry(target, like, habits)
    nodes = [_node(carry, [one.nodes[place] for one in like], sizes, asked) for place, asked in enumerate(target.nodes)]
    # What a CTE that writes did is counted at each node that reads it; the whole has it once.
    once = [
        min(1.0, one.buffers / whole) if (whole := sum(node.buffers for node in one.nodes)) else 1.0 for one in like
    ]
    return _summed(_stopped(nodes, like), carry.to(once, RATIOS, counted=False))


def _summed(nodes: Sequence[NodeWork], share: float = 1.0) -> Forecast:
    return Forecast(tuple(nodes), sum(node.buffers for node in nodes) * share)


def _node(carry: Carry, seen: Sequence[NodeWork], sizes: Sizes, asked: NodeWork) -> NodeWork:
    loops = carry.to([one.loops for one in seen])
    estimates = Estimates([one.expected for one in seen], asked.expected)
    often = [one.loops for one in seen]

    def total(values: Sequence[float]) -> float:
        if max(often) <= 1:
            return carry.to(values, estimates=estimates)
        each = [value / one if one else 0.0 for value, one in zip(values, often, strict=True)]
        return loops * carry.to(each, COUNTS, weights=often, estimates=estimates)

    rows = total([one.rows for one in seen])
    read = max(rows, total([one.read for one in seen]))
    blocks = Node(carry, seen, sizes).blocks(loops, read)
    return replace(seen[-1], loops=loops, rows=rows, read=read, buffers=blocks)


def _stopped(nodes: list[NodeWork], like: Sequence[Execution]) -> list[NodeWork]:
    """Let each LIMIT stop what gives more than it asks for, and what lives on its rows."""
    limits = [place for place, node in enumerate(nodes) if node.kind == "Limit" and node.children]
    for place in limits:
        most = _asked_for(place, nodes[place].children[0], like)
        most *= max(1.0, nodes[place].loops)
        if not most or (nodes[place].rows <= most and not _reached(place, most, like)) or not nodes[place].rows:
            continue
        share = most / nodes[place].rows
        below, streamed = _below(nodes, place)
        for other, node in enumerate(nodes):
            if other in streamed and node.rows < UNFILTERED * node.read:
                nodes[other] = replace(node, rows=node.rows * share)  # where its rows lie is not known
            elif other in streamed or other == place or (other not in below and len(limits) == 1):
                nodes[other] = _part(node, share)
    return nodes


def _asked_for(place: int, child: int, like: Sequence[Execution]) -> float:
    """What the LIMIT says: the planner expects as much of it where more is to be had; 0 where that was never so."""
    return max(
        (one.nodes[place].expected for one in like if one.nodes[child].expected > one.nodes[place].expected + 0.5),
        default=0.0,
    )


def _reached(place: int, most: float, like: Sequence[Execution]) -> bool:
    """Whether all executions of the last step that were told a limit came to it: what grows comes to it again."""
    last = max(one.scale for one in like)
    return all(one.nodes[place].rows >= most for one in like if one.scale == last)


def _below(nodes: Sequence[NodeWork], place: int) -> tuple[set[int], set[int]]:
    """The nodes below ``place``, and those of them that stop when it does."""
    below, streamed = set(), set()
    todo = [(child, True) for child in nodes[place].children]
    while todo:
        at, flows = todo.pop()
        below.add(at)
        flows = flows and nodes[at].kind not in BLOCKING
        if flows:
            streamed.add(at)
        todo += [(child, flows) for child in nodes[at].children]
    return below, streamed


def _part(node: NodeWork, share: float) -> NodeWork:
    loops = node.loops * share if node.loops > 1 else node.loops
    return replace(node, loops=loops, rows=node.rows * share, read=node.read * share, buffers=node.buffers * share)


def mean_buffers(
    targets: Sequence[Execution], known: Sequence[Execution], sizes: Sizes, habits: Habits
) -> float | None:
    """The blocks of a cell: the mean over its bindings; None where one of them cannot be forecast."""
    found = [forecast(one, known, sizes, habits) for one in targets]
    return fmean(one.buffers for one in found if one) if found and all(found) else None

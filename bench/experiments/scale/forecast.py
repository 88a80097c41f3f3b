"""What a statement will do at a scale where it was not executed: each plan node's rows and blocks, summed. Pure.

The plan is that of the class's last step. Its nodes are carried from every execution with that plan: one that came at a
late step is followed from there on, by its own arithmetic, and no other plan's figures are mixed with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from bench.experiments.scale.blocks import Node
from bench.experiments.scale.carry import COUNTS, RATIOS, Carry, Habits
from bench.experiments.scale.executions import Execution, NodeWork
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
    """Forecast ``target``, of which cell, scale and tenant count, from the executions ``known`` of its statement.

    None where its class was not executed before.
    """
    plan = _plan(target, known)
    like = [one for one in known if one.plan == plan]
    if not like:
        return None
    carry = Carry(target, like, habits)
    nodes = [_node(carry, [one.nodes[place] for one in like], sizes) for place in range(len(like[-1].nodes))]
    nodes = _stopped(nodes, like)
    # What a CTE that writes did is counted at each node that reads it; the whole has it once.
    once = [
        min(1.0, one.buffers / whole) if (whole := sum(node.buffers for node in one.nodes)) else 1.0 for one in like
    ]
    return Forecast(tuple(nodes), sum(node.buffers for node in nodes) * carry.to(once, RATIOS, counted=False))


def _plan(target: Execution, known: Sequence[Execution]) -> str:
    """The plan of the nearest binding of its class at the last step."""
    own = [one for one in known if one.cell == target.cell]
    last = [one for one in own if one.scale == max(other.scale for other in own)]
    size = target.tenant_rows or 0

    def distance(one: Execution) -> tuple[float, int]:
        return abs((one.tenant_rows or 0) - size), abs(one.binding - target.binding)

    return min(last, key=distance).plan if last else ""


def _node(carry: Carry, seen: Sequence[NodeWork], sizes: Sizes) -> NodeWork:
    loops = carry.to([one.loops for one in seen])
    often = [one.loops for one in seen]

    def total(values: Sequence[float]) -> float:
        if max(often) <= 1:
            return carry.to(values)
        each = [value / one if one else 0.0 for value, one in zip(values, often, strict=True)]
        return loops * carry.to(each, COUNTS, weights=often)

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
        if not most or nodes[place].rows <= most:
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

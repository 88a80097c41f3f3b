"""Plans of the statements that a function executes, put below the node by which EXPLAIN shows the function.

auto_explain gives them: each as a text that ends in a document like EXPLAIN's, in the order in which they ended.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bench.model import Json
from bench.plans.parse import KEYS, REMOVED, SHAPE, fingerprint, number, walk

RELATIONSHIP = "Function"
"""How such a plan belongs to its parent; PostgreSQL has no such word, because it never shows one."""

CONDITIONS = (
    "Alias", "Subplan Name", "Index Cond", "Recheck Cond", "Filter", "Join Filter", "Hash Cond", "Merge Cond",
    "One-Time Filter", "TID Cond", "Order By", "Inner Unique", "Disabled", "Parallel Aware",
)  # fmt: skip
"""What EXPLAIN says of a plan beside its shape where nothing was executed."""

SUMMED = (
    "Heap Fetches",
    "Shared Hit Blocks", "Shared Read Blocks", "Shared Dirtied Blocks", "Shared Written Blocks", "Local Hit Blocks",
    "Local Read Blocks", "Temp Read Blocks", "Temp Written Blocks", "WAL Bytes", "WAL FPI", "WAL Records",
)  # fmt: skip


def read(messages: Sequence[str]) -> list[Json]:
    """The plans in auto_explain's messages, each of one statement; one that ran several times has the work of all.

    The last message is left out: it is about the statement that was explained itself, which ends after all in it.
    """
    found: dict[tuple[str, str], Json] = {}
    for message in messages[:-1]:
        _, mark, document = message.partition("plan:\n")
        said = json.loads(document) if mark else {}
        if "Plan" not in said:
            continue
        key = (str(said.get("Query Text")), fingerprint(said["Plan"]))
        found[key] = both(found[key], said["Plan"]) if key in found else said["Plan"]
    return list(found.values())


def grafted(plan: Json, inner: Sequence[Json], functions: Sequence[str]) -> Json:
    """``plan`` with ``inner`` below the one node that scans one of ``functions``, or below the top where none is."""
    if not inner:
        return plan
    names = {name.rpartition(".")[2] for name in functions}
    scans = [node for node in walk(plan) if node.get("Function Name") in names]
    home = scans[0] if len(scans) == 1 else plan
    return _with_children(plan, home, [{**one, "Parent Relationship": RELATIONSHIP} for one in inner])


def bare(plan: Json) -> Json:
    """What EXPLAIN (COSTS OFF) would say of a plan that was executed."""
    node = {key: plan[key] for key in (*SHAPE, *KEYS, *CONDITIONS) if key in plan}
    if plan.get("Plans"):
        node["Plans"] = [bare(child) for child in plan["Plans"]]
    return node


def _with_children(node: Json, home: Json, added: list[Json]) -> Json:
    children = [_with_children(child, home, added) for child in node.get("Plans", ())]
    children += added if node is home else []
    return {**node, "Plans": children} if children else node


def both(one: Json, other: Json) -> Json:
    """One plan with the work of two executions of it."""
    loops = number(one, "Actual Loops") + number(other, "Actual Loops")
    rows = sum(number(node, "Actual Rows") * number(node, "Actual Loops") for node in (one, other))
    node: dict[str, Any] = {**one, "Actual Loops": round(loops), "Actual Rows": rows / loops if loops else 0}
    for key in REMOVED:  # of a loop, as the rows are
        if key in one or key in other:
            removed = sum(number(node, key) * number(node, "Actual Loops") for node in (one, other))
            node[key] = removed / loops if loops else 0
    for key in SUMMED:
        if key in one or key in other:
            node[key] = round(number(one, key) + number(other, key))
    if one.get("Plans"):
        node["Plans"] = [both(*pair) for pair in zip(one["Plans"], other["Plans"], strict=True)]
    return node

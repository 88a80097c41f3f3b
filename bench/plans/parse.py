"""What a plan of an EXPLAIN document comes to: fingerprint, work counters, nodes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from bench.model import ColdBlocks, Counters, Json

# A row that a node threw away has been worked for just as a row that it passed on. Counting emitted rows alone
# misses an index scan that became a sequential scan: both emit the same.
REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")

# What makes two plans the same access path ("L1"): shape, join order, relation, index, keys. Left out on purpose:
# costs, estimates, rows, loops, buffers, WAL, times, memory, sort method, hash batches, workers, and conditions.
SHAPE = (
    "Node Type",
    "Join Type",
    "Strategy",
    "Partial Mode",
    "Parent Relationship",
    "Operation",
    "Command",
    "Scan Direction",
    "Schema",
    "Relation Name",
    "Index Name",
    "CTE Name",
    "Function Name",
    "Custom Plan Provider",
)
KEYS = ("Sort Key", "Presorted Key", "Group Key", "Hash Key", "Cache Key")

# Digits enough that two different plans of one workload never share a fingerprint, few enough to be read aloud.
FINGERPRINT_DIGITS = 16

LITERAL = re.compile(
    r"""(?P<string>[EB]?'(?:[^']|'')*'        # 'text', E'text', with '' inside, and its type: $1 carries none
            (?:::[a-z_"][\w."]*(?:\ varying|\ precision|\ with(?:out)?\ time\ zone)?(?:\(\d+\))?(?:\[\])?)?)
      | (?P<quoted>"(?:[^"]|"")*")          # "Identifier": kept
      | (?P<param>\$\d+)
      | (?P<number>(?<![\w.$])\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)""",
    re.VERBOSE | re.IGNORECASE,
)


KEPT = {
    "Node Type", "Join Type", "Strategy", "Partial Mode", "Parent Relationship", "Subplan Name", "Operation", "Command",
    "Scan Direction", "Relation Name", "Alias", "Index Name", "CTE Name", "Function Name", "Parallel Aware",
    "Actual Rows", "Actual Loops", "Rows Removed by Filter", "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck", "Heap Fetches", "Shared Hit Blocks", "Shared Read Blocks", "Local Hit Blocks",
    "Local Read Blocks", "Temp Read Blocks", "Temp Written Blocks",
}  # fmt: skip
"""Properties of a plan node that describe it and its work. Costs, estimates and times change from run to run, and
conditions are in the statement: in a file under review they would be noise."""


def counters(plan: Json) -> Counters:
    """Count the work of one execution, in blocks of 8 kB, rows and bytes.

    The server's block and WAL counts of a node include its children, so the top node has the total; rows and heap
    fetches are of the node alone and are summed. Rows are given per loop (rounded before PostgreSQL 18, with two
    decimals since), hence times loops.
    """
    nodes = list(walk(plan))
    return Counters(
        buffers=blocks(plan),
        rows=round(sum(rows_touched(node) for node in nodes)),
        temp_blocks=round(number(plan, "Temp Read Blocks") + number(plan, "Temp Written Blocks")),
        heap_fetches=round(sum(number(node, "Heap Fetches") for node in nodes)),
        wal_bytes=round(number(plan, "WAL Bytes")),
        buffers_dirtied=round(number(plan, "Shared Dirtied Blocks") + number(plan, "Local Dirtied Blocks")),
        wal_full_pages=round(number(plan, "WAL FPI")),
    )


def fingerprint(plan: Json) -> str:
    """Name the access path of ``plan``: equal for two plans that reach the same rows in the same way.

    Literals and parameters in sort and group keys are masked and aliases replaced by their position, so the values
    of a binding do not matter. Compare only within one major version of the server.
    """
    positions: dict[str, str] = {}
    for node in walk(plan):
        alias = node.get("Alias")
        if isinstance(alias, str):
            positions.setdefault(alias, f"t{len(positions) + 1}")
    shape = json.dumps(_shape(plan, positions), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(shape.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def walk(plan: Json) -> Iterator[Json]:
    """Give every node, parents before children."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from walk(child)


def number(node: Json, key: str) -> float:
    """Give a numeric property; 0 where this server version does not report it."""
    value = node.get(key, 0)
    return float(value) if isinstance(value, (int, float)) else 0.0


def blocks(node: Json) -> int:
    """Count the shared and local blocks that a node and its children read, from the cache or not."""
    keys = ("Shared Hit Blocks", "Shared Read Blocks", "Local Hit Blocks", "Local Read Blocks")
    return round(sum(number(node, key) for key in keys))


def cold_blocks(document: Json) -> ColdBlocks:
    """Count what one EXPLAIN (ANALYZE, BUFFERS) document says was read and was found in the buffers.

    Planning's own are among them, because a timed execution is planned too.
    """
    explained = document[0] if isinstance(document, list) else document
    parts = (explained["Plan"], explained.get("Planning", {}))
    read, hit = (round(sum(number(part, f"Shared {word} Blocks") for part in parts)) for word in ("Read", "Hit"))
    return ColdBlocks(read, hit)


def rows_removed(node: Json) -> float:
    """Count the rows that a node read and threw away, over all loops."""
    return sum(number(node, key) for key in REMOVED) * number(node, "Actual Loops")


def rows_touched(node: Json) -> float:
    """Count the rows that a node emitted or threw away, over all loops."""
    return number(node, "Actual Rows") * number(node, "Actual Loops") + rows_removed(node)


def _shape(node: Json, positions: dict[str, str]) -> Json:
    shape: dict[str, Json] = {key: node[key] for key in SHAPE if key in node}
    for key in KEYS:
        if key in node:
            texts = node[key] if isinstance(node[key], list) else [node[key]]
            shape[key] = [_masked(str(text), positions) for text in texts]
    if "Grouping Sets" in node:
        shape["Grouping Sets"] = len(node["Grouping Sets"])
    if node.get("Plans"):
        shape["Plans"] = [_shape(child, positions) for child in node["Plans"]]
    return shape


def _masked(text: str, positions: dict[str, str]) -> str:
    """Mask literals and parameters, and write ``alias.column`` as ``t1.column``."""
    text = LITERAL.sub(lambda found: found.group() if found.lastgroup == "quoted" else "?", text)
    for alias, position in positions.items():
        quoted = '"' + alias.replace('"', '""') + '"'
        text = re.sub(rf'(?<![\w".$]){re.escape(alias)}\.', f"{position}.", text)
        text = text.replace(f"{quoted}.", f"{position}.")
    return text


def trimmed(plan: Json) -> Json:
    """A plan with what describes it and its work; what is zero is left out, as it is read as zero."""
    node: dict[str, Any] = {key: value for key, value in plan.items() if key in KEPT and value not in (0, False)}
    if plan.get("Plans"):
        node["Plans"] = [trimmed(child) for child in plan["Plans"]]
    return node

"""Read EXPLAIN documents: counters, fingerprint, a tree in words, and what changed between two plans.

Everything here works on the JSON that the server gave, of any server version: unknown keys are ignored, missing ones
count as zero. No driver, no database.

``seen``    EXPLAIN document -> PlanSeen (counters, fingerprint)
``own``     what a node did itself: its total without its children's; times of each node
``path``    plan -> its access path among the plans of one statement
``tree``    plan -> PlanNode rows for a reader, index names
``match``   two plans -> which nodes do the same work
``align``   two plans -> common lines, and what changed on each
``change``  two plans -> sentences
``errors``  plan -> where the server's estimates were off
``text``    plan -> EXPLAIN's text format
``distributed``  a plan of a Citus cluster -> one tree, and how it was spread
``inside``  auto_explain's messages -> plans of what a function executes, below the node that calls it
"""

from __future__ import annotations

from bench.plans.align import Mark, Row, align
from bench.plans.change import Change, Step, changes, describe_change
from bench.plans.estimates import Misestimate, misestimates
from bench.plans.exclusive import with_self_ms, without_times
from bench.plans.parse import cold_blocks, counters, fingerprint, trimmed
from bench.plans.path import access_path
from bench.plans.seen import from_explain
from bench.plans.text import explain_text
from bench.plans.tree import PlanNode, index_names, tree, work_of_finding

__all__ = [
    "Change",
    "Mark",
    "Misestimate",
    "PlanNode",
    "Row",
    "Step",
    "access_path",
    "align",
    "changes",
    "cold_blocks",
    "counters",
    "describe_change",
    "explain_text",
    "fingerprint",
    "from_explain",
    "index_names",
    "misestimates",
    "tree",
    "trimmed",
    "with_self_ms",
    "without_times",
    "work_of_finding",
]

"""A plan of a Citus cluster as one tree: what its tasks did on the nodes hangs below the node that asked for it.

EXPLAIN shows a distributed query as a custom scan of the coordinator, with a plan for each task (one task, one shard)
and for each subplan whose rows go by way of the coordinator; blocks of the nodes are not among the coordinator's. Here
tasks of one shape are one subtree with the work of all, shards have the names of their tables, and every node's blocks
include those below it, as on one server. Fields: Citus 12 to 15, ``multi_explain.c``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bench.model import Json
from bench.model.plan import Spread, Way
from bench.plans.inside import SUMMED, both
from bench.plans.parse import fingerprint, number, walk

QUERY = "Distributed Query"
PROVIDER = "Custom Plan Provider"
TASKS = "Tasks"
"""Beside the properties of a remote subtree: how many tasks it stands for."""
BLOCKS = tuple(key for key in SUMMED if key.endswith("Blocks") or key.startswith("WAL"))
"""What a node counts for itself and all below it."""

_SHARD = re.compile(r"_\d+$")
_SIZE = re.compile(r"([\d.]+) (bytes|kB|MB|GB|TB)")
_UNITS = {"bytes": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


def gathered(plan: Json) -> Json:
    """``plan`` with what the tasks did below the nodes that asked for it, and in the blocks of all above."""
    children = [gathered(child) for child in plan.get("Plans", ())]
    before = list(plan.get("Plans", ()))
    query = plan.get(QUERY)
    node = {key: value for key, value in plan.items() if key != QUERY}
    remote = list(_remote(query)) if query else []
    for key in BLOCKS:
        added = sum(number(child, key) for child in (*children, *remote)) - sum(number(child, key) for child in before)
        if added:
            node[key] = round(number(node, key) + added)
    return {**node, "Plans": [*children, *remote]} if children or remote else node


def _remote(query: Json) -> Iterator[Json]:
    """The subtrees of a distributed query: its subplans, then its tasks, of one shape each."""
    for place, subplan in enumerate(query.get("Subplans", ()), 1):
        for one in subplan.get("PlannedStmt", ()):
            yield {
                **gathered(one["Plan"]),
                "Parent Relationship": "Subplan",
                "Subplan Name": f"Distributed Subplan {place}",
            }
    merged: dict[str, Json] = {}
    for plan in _task_plans(query.get("Job", {})):
        key = fingerprint(plan)
        merged[key] = (
            {**both(merged[key], plan), TASKS: merged[key][TASKS] + 1} if key in merged else {**plan, TASKS: 1}
        )
    for plan in merged.values():
        number_of = plan[TASKS]
        name = "Task on one shard" if number_of == 1 else f"{number_of} tasks, each on a shard"
        yield {**plan, "Parent Relationship": "Task", "Subplan Name": name}


def _task_plans(job: Json) -> Iterator[Json]:
    for task in job.get("Tasks", ()):
        for explained in task.get("Remote Plan", ()):
            for one in explained if isinstance(explained, list) else [explained]:
                if "Plan" in one:
                    yield _of_table(one["Plan"])


def _of_table(plan: Json) -> Json:
    """A task's plan with the names of tables and indexes, not of their shards."""
    node = {key: _SHARD.sub("", str(plan[key])) for key in ("Relation Name", "Index Name") if key in plan}
    alias = {"Alias": _SHARD.sub("", plan["Alias"])} if plan.get("Alias") == plan.get("Relation Name", 0) else {}
    below = {"Plans": [_of_table(child) for child in plan["Plans"]]} if plan.get("Plans") else {}
    return {**plan, **node, **alias, **below}


# ------------------------------------------------------------------------------------------------------------- facts
def spread_of(plan: Json) -> Spread | None:
    """How the statement was spread over the cluster; None where no node but the coordinator took part.

    ``plan`` is as the server gave it.
    """
    queries = [query for node in walk(plan) if (query := node.get(QUERY))]
    if not queries:
        return None
    found = list(_jobs(queries))
    subplans = sum(len(query.get("Subplans", ())) for query in _all(queries))
    repartitioned = any(job.get("Dependent Jobs") for job in found)
    tasks = round(sum(number(job, "Task Count") for job in found))
    sent = sum(_bytes(job.get("Tuple data received from nodes")) for job in found)
    sent += sum(
        _bytes(one.get("Intermediate Data Size")) for query in _all(queries) for one in query.get("Subplans", ())
    )
    nodes = {task["Node"] for job in found for task in job.get("Tasks", ()) if "Node" in task}
    way: Way = "coordinator" if subplans or repartitioned else "one shard" if tasks <= 1 else "all shards"
    return Spread(way, tasks, len(nodes), sent, subplans)


def _all(queries: list[Json]) -> Iterator[Json]:
    """Distributed queries, those inside of their subplans too."""
    for query in queries:
        yield query
        for subplan in query.get("Subplans", ()):
            for one in subplan.get("PlannedStmt", ()):
                yield from _all([inner for node in walk(one["Plan"]) if (inner := node.get(QUERY))])


def _jobs(queries: list[Json]) -> Iterator[Json]:
    for query in _all(queries):
        if job := query.get("Job"):
            yield job


def _bytes(text: Any) -> int:  # noqa: ANN401 - as the document has it
    found = _SIZE.search(str(text or ""))
    return round(float(found[1]) * _UNITS[found[2]]) if found else 0

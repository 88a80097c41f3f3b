"""Plans of a Citus cluster, as a coordinator with two workers gave them (Citus 15.0, PostgreSQL 18, four shards)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.model import PlanSeen
from bench.model.plan import Spread
from bench.plans import from_explain, index_names, tree
from bench.plans.distributed import spread_of
from bench.plans.parse import blocks, walk

HERE = Path(__file__).parent / "citus"


def document(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text())


def seen(name: str) -> PlanSeen:
    return from_explain(document(name))


@pytest.mark.parametrize(
    ("name", "spread"),
    [
        ("one_shard", Spread("one shard", 1, 1, 80)),
        ("all_shards", Spread("all shards", 4, 2, 80)),
        ("coordinator", Spread("coordinator", 8, 2, 1252, 1)),
        ("repartition", Spread("coordinator", 12, 0, 96)),
        ("update", Spread("one shard", 1, 1, 0)),
    ],
)
def test_how_a_statement_is_spread_is_read_from_its_plan(name: str, spread: Spread) -> None:
    assert seen(name).spread == spread


def test_a_plan_of_one_server_is_left_as_it_is() -> None:
    given = document("local")
    assert spread_of(given[0]["Plan"]) is None
    assert (from_explain(given).plan, from_explain(given).spread) == (given[0]["Plan"], None)


def test_the_blocks_of_all_tasks_are_in_the_total() -> None:
    tasks = document("all_shards")[0]["Plan"]["Plans"][0]["Distributed Query"]["Job"]["Tasks"]
    remote = sum(blocks(task["Remote Plan"][0][0]["Plan"]) for task in tasks)
    assert remote > len(tasks)
    assert seen("all_shards").counters.buffers == remote


def test_rows_that_tasks_threw_away_are_counted_once() -> None:
    """Of 2,000 orders 998 are kept, all were read; four tasks gave a row each, which were passed on for one."""
    assert seen("all_shards").counters.rows == 2000 + 4 + 4 + 1


def test_each_node_s_own_blocks_add_up_to_the_total() -> None:
    for name in ("one_shard", "all_shards", "coordinator", "update"):
        found = seen(name)
        assert sum(node.buffers_self for node in tree(found.plan)) == found.counters.buffers > 0


def test_tasks_of_one_shape_are_one_subtree_under_the_names_of_their_tables() -> None:
    nodes = [node for node in walk(seen("all_shards").plan) if node.get("Tasks")]
    assert [node["Tasks"] for node in nodes] == [4]
    assert [node.relation for node in tree(seen("all_shards").plan) if node.relation] == ["orders"]
    assert index_names(seen("update").plan) == ("orders_pkey",)


def test_a_subplan_that_goes_by_way_of_the_coordinator_hangs_beside_the_tasks() -> None:
    roles = [node.role for node in tree(seen("coordinator").plan)]
    assert "Distributed Subplan 1" in roles
    assert {node.relation for node in tree(seen("coordinator").plan)} >= {"orders", "lines"}


def test_shards_and_places_make_no_other_fingerprint() -> None:
    other = json.loads(json.dumps(document("one_shard")).replace("_10", "_99").replace("9702", "9701"))
    assert from_explain(other).fingerprint == seen("one_shard").fingerprint

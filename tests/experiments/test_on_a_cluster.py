"""Experiments on a real Citus cluster, whose coordinator PGPROOF_TEST_CITUS_DSN names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from bench.environments.living import read_environment
from bench.errors import ServerError
from bench.experiments.before_after.run import NO_SIDES, RunOptions, run
from bench.experiments.compare.run import compare
from bench.experiments.compare.summary import summarize
from bench.experiments.setup import prepared
from bench.experiments.traps.record import TrapsOptions
from bench.experiments.traps.run import run as traps
from bench.model import Options, Run
from bench.postgres.databases import drop, own_databases
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.workload import Workload, read
from tests.builders.shops import setup_of

DSN = os.environ.get("PGPROOF_TEST_CITUS_DSN", "")
pytestmark = [
    pytest.mark.skipif(not DSN, reason="PGPROOF_TEST_CITUS_DSN names no coordinator of a Citus cluster"),
    pytest.mark.usefixtures("_templates_go"),
]
OPTIONS = RunOptions(Options(rounds=2, budget_s=0, timeout_s=30, warmups=0, seed=1, target_ms=100), attribute=True)
DISTRIBUTION = """
SELECT create_reference_table('customers');
SELECT create_distributed_table('orders', 'order_id', shard_count => 4);
"""
FORM = """-- The order is looked for first: two steps, each over all shards.
WITH newest AS MATERIALIZED (
    SELECT order_id FROM orders WHERE customer_id = :customer_id ORDER BY created_at DESC, order_id DESC LIMIT 1
)
UPDATE orders SET status = 'returned' WHERE order_id IN (SELECT order_id FROM newest) RETURNING order_id;
"""


@pytest.fixture
def spread(shop: Path) -> Workload:
    (shop / "distribution.sql").write_text(DISTRIBUTION)
    (shop / "citus").mkdir()
    (shop / "citus" / "cancel_order.sql").write_text(FORM)
    return read(shop)


@pytest.fixture
def cluster() -> Iterator[ServerHandle]:
    with open_server("dsn", ServerOptions(dsn=DSN)) as handle:
        yield handle


def test_a_run_there_stands_beside_one_on_a_server(
    cluster: ServerHandle, server: ServerHandle, spread: Workload
) -> None:
    """The same rows and the same answers, of every query, one of them asked in words for a cluster."""
    setup = setup_of(spread, 1000)
    kept: list[Run] = []
    runs = [run(setup, OPTIONS, one, kept.append) for one in (server, cluster)]
    assert [one.server.nodes > 1 for one in runs] == [False, True]
    assert (NO_SIDES in runs[1].notes, runs[1].attribution) == (True, None)
    (versus,) = summarize(compare(runs)).versus
    assert versus.distributed is not None
    assert {cell.answers for cell in versus.distributed.cells} <= {"equal", "equal, but empty"}
    assert [query.name for query in runs[1].queries if query.distributed("after")] == ["cancel_order"]
    ways = {
        cell.query: cell.cluster.spread.way for cell in versus.distributed.cells if cell.cluster and cell.cluster.spread
    }
    assert ways["open_orders"] == "all shards"


def test_what_works_on_one_server_alone_says_so_and_makes_nothing(cluster: ServerHandle, spread: Workload) -> None:
    with prepared(setup_of(spread, 1000), cluster) as setup:
        before = {one.name for one in own_databases(setup.admin)}
        with pytest.raises(ServerError, match=r"^pgproof traps works on one server"):
            traps(setup_of(spread, 1000), TrapsOptions("after", 1, 100, 30, ""), cluster, lambda _: None)
        assert {one.name for one in own_databases(setup.admin)} == before


def test_a_living_cluster_says_how_its_tables_are_spread(cluster: ServerHandle, spread: Workload) -> None:
    with prepared(setup_of(spread, 1000), cluster) as setup:
        found = read_environment(make_conninfo(DSN, dbname=setup.template))
        assert found.distribution == {"public.customers": "", "public.orders": "order_id"}
        drop(setup.admin, setup.template)

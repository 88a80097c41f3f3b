"""Databases on every node of a Citus cluster: on a real one, whose coordinator PGPROOF_TEST_CITUS_DSN names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import ServerError, WorkloadError
from bench.model import DistributedTable
from bench.postgres import cluster, databases
from bench.postgres.catalog import rows
from bench.postgres.cluster import Node
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import SESSION_SETTINGS

DSN = os.environ.get("PGPROOF_TEST_CITUS_DSN", "")
NAMES = ("pgproof_test_spread", "pgproof_test_copy")
live = pytest.mark.skipif(not DSN, reason="PGPROOF_TEST_CITUS_DSN names no coordinator of a Citus cluster")


# -------------------------------------------------------------------------------------------------------- everywhere
def test_a_server_without_the_extension_leads_no_cluster(admin: Connection) -> None:
    assert (cluster.version(admin), cluster.leads(admin), cluster.others(admin)) == ("", False, ())


def test_a_node_that_is_away_is_said_in_one_line(admin: Connection) -> None:
    with pytest.raises(ServerError, match=r"^node 127.0.0.1:1 of the Citus cluster does not answer: [^\n]+$") as error:
        cluster._session(admin, Node("127.0.0.1", 1, is_coordinator=False, has_shards=True))
    assert "every node" in error.value.hint


def test_an_ordinary_database_is_marked_as_before(admin: Connection) -> None:
    databases.create(admin, "pgproof_new", "scratch")
    comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'pgproof_new'"
    assert "nodes" not in admin.execute(comment).fetchall()[0][0]


def test_a_cluster_s_catalog_is_read_as_it_was_recorded(admin: Connection) -> None:
    """Nodes that take part, the coordinator first; tables that are spread, and none that only Citus knows of."""
    with admin.transaction(force_rollback=True):
        admin.execute((Path(__file__).parent / "citus" / "catalog.sql").read_text())
        assert cluster.nodes_of(admin) == (
            Node("127.0.0.1", 9700, is_coordinator=True, has_shards=False),
            Node("127.0.0.1", 9701, is_coordinator=False, has_shards=True),
        )
        found = {row["table_name"]: row["column_name"] for row in rows(admin, "list_distributed_tables")}
    assert found == {"cluster.organizations": "", "cluster.users": "organization_id"}


def test_a_part_of_another_server_s_database_is_not_cleaned_away(admin: Connection) -> None:
    """A worker of a cluster may be named by --dsn, too, as a server for itself."""
    databases.create(admin, "pgproof_new", "scratch")
    found = databases.find(admin, "pgproof_new")
    assert found is not None
    databases.write_mark(admin, replace(found, part_of="7"))
    assert "pgproof_new" not in databases.clean(admin)


# -------------------------------------------------------------------------------------------------------------- live
@pytest.fixture
def coordinator() -> Iterator[Connection]:
    with Target(DSN, SESSION_SETTINGS).connect() as admin:
        _drop(admin)
        yield admin
        _drop(admin)


def _drop(admin: Connection) -> None:
    for name in NAMES:
        databases.drop(admin, name)


def _there(admin: Connection, name: str) -> list[bool]:
    exists = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)"
    return [node.execute(exists, [name]).fetchall()[0][0] for node in (admin, *cluster.others(admin))]


@live
def test_a_spread_database_is_made_copied_renamed_and_dropped_on_every_node(coordinator: Connection) -> None:
    spread, copy = NAMES
    databases.create(coordinator, spread, "template", spread=True)
    with Target(DSN).connect(spread) as connection:
        connection.execute(
            "CREATE TABLE t (id bigint, n int); INSERT INTO t SELECT g, g FROM generate_series(1, 100) g"
        )
        cluster.distribute(connection, [DistributedTable("t", "id", shard_count=4)])
    databases.clone(coordinator, spread, copy, "before")
    with Target(DSN).connect(copy) as connection:
        connection.execute("DELETE FROM t WHERE n > 40")
        assert connection.execute("SELECT count(*) FROM t").fetchall() == [(40,)]
    with Target(DSN).connect(spread) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchall() == [(100,)]
    found = databases.find(coordinator, copy)
    assert found is not None
    assert found.nodes == len(_there(coordinator, copy)) > 1
    databases.drop(coordinator, copy)
    databases.rename(coordinator, spread, copy, "template")
    assert (set(_there(coordinator, copy)), set(_there(coordinator, spread))) == ({True}, {False})
    databases.drop(coordinator, copy)
    assert set(_there(coordinator, copy)) == {False}


@live
def test_a_stranger_on_one_node_keeps_the_database_of_every_node(coordinator: Connection) -> None:
    """Nothing is dropped anywhere where one of them is not ours."""
    name, worker = NAMES[0], cluster.others(coordinator)[-1]
    worker.execute(f"CREATE DATABASE {name}")
    try:
        with pytest.raises(ServerError, match=f"{name} exists on {cluster.where(worker)}, but pgproof did not make it"):
            databases.create(coordinator, name, "template", spread=True)
        assert _there(coordinator, name)[-1]
        assert not _there(coordinator, name)[0]
    finally:
        worker.execute(f"DROP DATABASE {name}")


@live
def test_what_an_interrupted_run_left_on_a_worker_goes_with_the_next_one(coordinator: Connection) -> None:
    spread, left = NAMES
    databases.create(coordinator, left, "scratch", spread=True)
    coordinator.execute(f"DROP DATABASE {left} WITH (FORCE)")
    assert _there(coordinator, left)[1:] == [True] * len(cluster.others(coordinator))
    databases.create(coordinator, spread, "scratch", spread=True)
    assert set(_there(coordinator, left)) == {False}


@live
def test_what_citus_refuses_to_distribute_is_said_with_its_line(coordinator: Connection) -> None:
    databases.create(coordinator, NAMES[0], "scratch", spread=True)
    with Target(DSN).connect(NAMES[0]) as connection:
        connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, tenant bigint)")
        with pytest.raises(WorkloadError, match=r"distribution.sql:5: cannot create constraint on"):
            cluster.distribute(connection, [DistributedTable("t", "tenant", line=5)])

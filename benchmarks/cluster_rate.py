"""How fast are rows copied into a Citus cluster, compared with one server?

    python benchmarks/cluster_rate.py --dsn COORDINATOR [--leads 20k] [--repeat 5]

The largest table of the CRM, made beforehand, one connection, indexes and keys held back; in turn, on the same nodes:
into an ordinary table of the coordinator; through the coordinator into a distributed one; straight into its shards, a
connection for each node at a time, each row where Citus says that its tenant lies
(get_shard_id_for_distribution_column). The last is no part of pgproof: it shows what the way through the coordinator
costs. Ratios are seconds over those of one server in the same round.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import evidence
import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bench.dataset.holdback import hold_back
from bench.dataset.source import tables
from bench.dataset.table import Table
from bench.postgres import cluster, databases
from bench.postgres.connection import Connection, Target
from bench.postgres.copying import Encoder, copy_statement
from bench.postgres.distribution import resolved
from bench.postgres.servers import SESSION_SETTINGS
from bench.postgres.statements import run_file
from bench.workload import Workload, read

ROOT = Path(__file__).parent.parent
PLAIN, SPREAD = "pgproof_rate_plain", "pgproof_rate_spread"
TENANT = "organization_id"
SHARDS = """
SELECT s.shardid, n.nodename, n.nodeport FROM pg_dist_shard AS s JOIN pg_dist_placement AS p USING (shardid)
JOIN pg_dist_node AS n USING (groupid) WHERE s.logicalrelid = %s::regclass AND n.noderole = 'primary' ORDER BY s.shardid
"""
OF_TENANT = "SELECT k, get_shard_id_for_distribution_column(%s::regclass, k) FROM unnest(%s::bigint[]) AS k"

Batches = Sequence[pa.RecordBatch]


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--leads", default="20k")
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    workload, target = read(ROOT), Target(given.dsn, SESSION_SETTINGS)
    made = tables(workload.dataset, workload.scale.parse(given.leads), 1, "default")
    table = max(made, key=lambda one: one.rows)
    batches = [table.build(number) for number in range(table.chunks)]
    with target.connect() as admin:
        try:
            prepare(admin, target, workload)
            kept = measure(admin, target, table, batches, given.repeat)
        finally:
            for name in (PLAIN, SPREAD):
                databases.drop(admin, name)
    evidence.keep("cluster_rate", {"table": table.name, "rows": table.rows, "leads": given.leads, **kept},
                  f"python benchmarks/cluster_rate.py --dsn COORDINATOR --leads {given.leads}")  # fmt: skip


def prepare(admin: Connection, target: Target, workload: Workload) -> None:
    """The schema without indexes and keys, on the coordinator alone and spread."""
    for name in (PLAIN, SPREAD):
        databases.create(admin, name, "scratch", spread=name == SPREAD)
        with target.connect(name) as connection:
            run_file(connection, workload.schema, "schema.sql")
            hold_back(connection)
            if name == SPREAD:
                declared = [one for one in workload.distribution if not one.made_by]
                cluster.distribute(connection, resolved(connection, declared))


def measure(
    admin: Connection, target: Target, table: Table, batches: Batches, repeat: int
) -> dict[str, dict[str, float]]:
    """Take turns; the ratios of each way."""
    ways = {
        "one server": lambda: through(target, PLAIN, table, batches),
        "coordinator": lambda: through(target, SPREAD, table, batches),
        "shards": lambda: straight(admin, target, table, batches),
    }
    ratios: dict[str, list[float]] = {"coordinator": [], "shards": []}
    for _ in range(repeat):
        spent: dict[str, float] = {}
        for name, copy in ways.items():
            begin = time.perf_counter()
            copy()
            spent[name] = time.perf_counter() - begin
            print(f"{name}: {spent[name]:.2f} s, {table.rows / spent[name]:,.0f} rows/s", flush=True)
        for name, values in ratios.items():
            values.append(spent[name] / spent["one server"])
    return {name: evidence.middle(values, 2) for name, values in ratios.items()}


def pieces(table: Table, batches: Batches) -> Iterator[bytes]:
    """One COPY of these rows."""
    encoder = Encoder(table.schema)
    yield encoder.header()
    yield from (encoder.rows(batch) for batch in batches)
    yield encoder.trailer()


def copy_into(connection: Connection, name: Sequence[str], table: Table, batches: Batches) -> None:
    """Empty a table and fill it, in one transaction."""
    with connection.transaction():
        connection.execute(sql.SQL("TRUNCATE ONLY {}").format(sql.Identifier(*name)))
        with connection.cursor().copy(copy_statement(name, table.schema.names, text=False)) as copy:
            for piece in pieces(table, batches):
                copy.write(piece)


def through(target: Target, database: str, table: Table, batches: Batches) -> None:
    """Over the connection that everybody has."""
    with target.connect(database) as connection:
        copy_into(connection, table.name.split("."), table, batches)


def straight(admin: Connection, target: Target, table: Table, batches: Batches) -> None:
    """Into the shards, all nodes at the same time."""
    with target.connect(SPREAD) as connection:
        shards = connection.execute(SHARDS, [table.name]).fetchall()
        place = table.schema.get_field_index(TENANT)
        tenants = np.unique(np.concatenate([batch.column(place).to_numpy() for batch in batches]))
        shard_of = dict(connection.execute(OF_TENANT, [table.name, tenants.tolist()]).fetchall())
    parts = split(batches, place, tenants, np.array([shard_of[tenant] for tenant in tenants.tolist()]))
    schema, name = table.name.split(".")

    def fill(host: str, port: int) -> None:
        dsn = make_conninfo(admin.info.dsn, host=host, port=port, dbname=SPREAD)
        with psycopg.connect(dsn, autocommit=True, options="-c citus.enable_manual_changes_to_shards=on") as node:
            for shard, *where in shards:
                if where == [host, port]:
                    copy_into(node, (schema, f"{name}_{shard}"), table, parts.get(shard, []))

    nodes = {(host, port) for _, host, port in shards}
    threads = [threading.Thread(target=fill, args=node) for node in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def split(
    batches: Batches, place: int, tenants: np.ndarray, shards: np.ndarray
) -> Mapping[int, list[pa.RecordBatch]]:  # fmt: skip
    """The rows of each shard, in their order."""
    found: dict[int, list[pa.RecordBatch]] = {}
    for batch in batches:
        of_row = shards[np.searchsorted(tenants, batch.column(place).to_numpy())]
        order = np.argsort(of_row, kind="stable")
        ordered, rows = of_row[order], batch.take(pa.array(order))
        ids, starts = np.unique(ordered, return_index=True)
        for shard, begin, end in zip(ids.tolist(), starts, [*starts[1:], len(ordered)], strict=True):
            found.setdefault(shard, []).append(rows.slice(begin, end - begin))
    return found


if __name__ == "__main__":
    main()

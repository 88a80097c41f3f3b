"""What an index-only scan touches beside its index: pages of the visibility map, by the size of the table.

One page of the map covers 32,672 pages of a table (255 MB), and a scan looks at the map once more whenever the next row
is on another part. So an index-only scan in an order unlike the table's own touches hardly a block beyond its index
while the table is smaller, and nearly one for each row when it is many times as large. pg_statio_user_tables counts
these blocks as the table's; there are no heap fetches, so that they are nothing else.

    python benchmarks/visibility_map.py
"""

from __future__ import annotations

import evidence

from bench import timestamps
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server

ROWS_PER_PAGE = 8
PAGES = (8_000, 30_000, 60_000, 130_000)
ASKED = 20_000
"""Rows that the scan reads, spread evenly over the table."""


def main() -> None:
    """Fill tables of growing size and print what one and the same scan touches in them."""
    with open_server("embedded", ServerOptions(progress=lambda line: None)) as server:
        target = Target(server.dsn, SESSION_SETTINGS)
        with target.connect() as admin:
            name = f"{databases.PREFIX}vm_{timestamps.stamp()}"
            databases.create(admin, name, "scratch")
            try:
                lines = [
                    "| table | pages of the map | blocks | of them the map's |",
                    "|---:|---:|---:|---:|",
                ]
                for pages in PAGES:
                    with target.connect(name) as connection:
                        lines.append(_measured(connection, pages))
                evidence.keep("visibility_map", {"rows": ASKED, "table": "\n".join(lines)})
                print("\n".join(lines))
            finally:
                databases.drop_all(target, [name])


def _measured(connection: Connection, pages: int) -> str:
    rows = pages * ROWS_PER_PAGE
    connection.execute("DROP TABLE IF EXISTS t")
    connection.execute(
        "CREATE TABLE t AS SELECT n, hashint8(n)::bigint AS k, repeat('x', 920) AS filler"
        f" FROM generate_series(1, {rows}) AS n"
    )
    connection.execute("CREATE INDEX t_k ON t (k)")
    connection.execute("VACUUM (FREEZE, ANALYZE) t")
    low = connection.execute("SELECT k FROM t ORDER BY k OFFSET %s LIMIT 1", [ASKED]).fetchall()[0][0]
    connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
    query = f"SELECT count(*) FROM t WHERE k < {int(low)}"
    connection.execute(query.encode())
    for flush_and_reset in ("pg_stat_force_next_flush()", "pg_stat_reset_single_table_counters('t'::regclass)"):
        connection.execute(f"SELECT {flush_and_reset}".encode())
    plan = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}".encode()).fetchall()[0][0][0]
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.execute("SELECT 1")
    seen = (
        "SELECT s.heap_blks_hit + s.heap_blks_read, c.relpages"
        " FROM pg_statio_user_tables AS s JOIN pg_class AS c ON c.oid = s.relid WHERE s.relname = 't'"
    )
    heap, relpages = connection.execute(seen).fetchall()[0]
    root = plan["Plan"]
    total = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    parts, size_mb = -(-relpages // 32_672), relpages * 8 / 1024
    return f"| {size_mb:,.0f} MB | {parts} | {total:,} | {heap:,} |"


if __name__ == "__main__":
    main()

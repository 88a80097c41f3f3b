"""Statistics after optimizations, gathered of several tables at once, are those that one connection gathers."""

from __future__ import annotations

from pathlib import Path

from bench.dataset.optimized import settling
from bench.postgres import databases, optimizations
from bench.postgres.connection import Connection, Target
from bench.progress import silent
from bench.workload.optimizations import read_optimizations

BLOCKS = """
-- optimization: rollup
-- category: rollup
-- undo: DROP TABLE rollup
-- why: a table that a block fills
CREATE TABLE rollup AS SELECT n % 1000 AS k, sum(n) AS s FROM generate_series(1, 45000) AS n GROUP BY n % 1000;

-- optimization: doubled
-- category: index
-- why: an index on an expression
CREATE INDEX doubled ON t ((m * 2));

-- optimization: statistics
-- category: statistics
-- undo: DROP STATISTICS n_and_m
-- why: extended statistics
CREATE STATISTICS n_and_m ON n, m FROM u;
"""
SEEN = """
    SELECT tablename, attname, n_distinct, correlation, histogram_bounds::text, most_common_vals::text FROM pg_stats
    WHERE schemaname = 'public' ORDER BY 1, 2
"""
CLASSES = "SELECT relname, reltuples, relallvisible FROM pg_class WHERE relname IN ('rollup', 't', 'u') ORDER BY 1"


def test_they_are_the_same(admin: Connection, target: Target, tmp_path: Path) -> None:
    (tmp_path / "optimizations.sql").write_text(BLOCKS)
    blocks = read_optimizations(tmp_path / "optimizations.sql", tmp_path)
    found = []
    for connections in (0, 2):
        name = f"pgproof_settled_{connections}"
        databases.create(admin, name, "scratch")
        with target.connect(name) as connection:
            for table in ("t", "u"):
                rows = "SELECT n, n % 7 AS m FROM generate_series(1, 45000) AS n"
                connection.execute(f"CREATE TABLE {table} AS {rows}")  # type: ignore[arg-type]
                connection.execute(f"VACUUM (FREEZE, ANALYZE) {table}")  # type: ignore[arg-type]
            settle = settling(target, name, connections) if connections else None
            optimizations.apply_all(connection, blocks, silent, settling=settle)
            assert connection.execute("SELECT count(*) FROM pg_stats_ext WHERE n_distinct IS NOT NULL").fetchone() == (
                1,
            )
            found.append([connection.execute(asked).fetchall() for asked in (SEEN, CLASSES)])
    assert found[0] == found[1]
    assert {row[0] for row in found[0][0]} == {"rollup", "t", "u", "doubled"}

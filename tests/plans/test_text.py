"""A plan written as text is what the server itself writes."""

from __future__ import annotations

import re

import pytest

from bench.plans import explain_text

TABLES = """
CREATE TEMPORARY TABLE t AS SELECT n, n % 7 AS k, repeat('x', 50) AS x FROM generate_series(1, 5000) AS n;
CREATE INDEX t_n ON t (n); CREATE INDEX t_k ON t (k); VACUUM ANALYZE t
"""
STATEMENTS = {
    "top": "SELECT * FROM t WHERE k = 3 ORDER BY x, n LIMIT 5",
    "hash join": "SELECT a.n FROM t AS a JOIN t AS b ON a.n = b.k WHERE b.n < 900 AND a.x > 'a'",
    "nested": "SELECT a.n, (SELECT max(b.n) FROM t AS b WHERE b.n < a.k) FROM t AS a WHERE a.n IN (3, 5, 8)",
    "common table": "WITH c AS MATERIALIZED (SELECT k FROM t GROUP BY k) SELECT 1 FROM c, c AS d WHERE c.k = d.k",
    "only the index": "SELECT n FROM t WHERE n BETWEEN 10 AND 20 ORDER BY n DESC",
    "never executed": "SELECT 1 FROM t WHERE n < 0 UNION ALL SELECT 2 FROM t AS u, t AS v WHERE u.n = v.k AND v.n < 0",
    "bitmaps": "SELECT count(*) FROM t WHERE k = 2 OR n < 50",
}


@pytest.fixture(scope="module")
def connection(target):
    with target.connect() as opened:
        for statement in TABLES.split(";"):
            opened.execute(statement)
        opened.execute("SET jit = off")
        yield opened


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_reads_as_the_server_writes_it(connection, name):
    asked = "ANALYZE, TIMING OFF, BUFFERS, SUMMARY OFF"
    connection.execute(STATEMENTS[name])  # so that both find everything in memory
    document = connection.execute(f"EXPLAIN ({asked}, FORMAT JSON) {STATEMENTS[name]}").fetchone()[0]
    written = [line for (line,) in connection.execute(f"EXPLAIN ({asked}) {STATEMENTS[name]}").fetchall()]
    assert comparable(explain_text(document[0]["Plan"]).split("\n")) == comparable(written)


def comparable(lines):
    """Without what planning did, and without what depends on memory at hand."""
    kept = []
    for line in lines:
        if line == "Planning:":
            break
        kept.append(re.sub(r"Memory: +\d+kB|Memory Usage: \d+kB", "Memory", line))
    return kept

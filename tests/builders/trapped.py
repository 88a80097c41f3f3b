"""A workload made of plan traps: each query of it has one, or none, or cannot be looked at at all."""

from __future__ import annotations

from pathlib import Path

from bench.workload import Workload, read

ROWS = 40_000
"""More than ANALYZE samples at a server's own target (30,000), so that chance has a part."""

KINDS = range(1, 8)
"""Of kind k there are 108 * 1.022 ** k rows: for some of them two plans cost the planner nearly the same."""

SCHEMA = """
CREATE TABLE events (
    id int PRIMARY KEY, tenant int NOT NULL, kind int NOT NULL, a int NOT NULL, b int NOT NULL, pad text NOT NULL
);
CREATE INDEX events_tenant_idx ON events (tenant);
CREATE INDEX events_kind_idx ON events (kind);
CREATE TABLE parts (tenant int, id int, n int NOT NULL, PRIMARY KEY (tenant, id));
CREATE TABLE orders (tenant int, id int, part int NOT NULL, PRIMARY KEY (tenant, id));
CREATE PROCEDURE nothing() LANGUAGE plpgsql AS $$BEGIN END$$;
"""

# Tenants 1 to 4 lie all over the table, the six rows of tenant 5 at its end, the kinds asked for in its second half.
FILL = f"""
INSERT INTO events
SELECT n, CASE WHEN n > :scale - 6 THEN 5 ELSE 1 + n % 4 END,
       CASE WHEN n > :scale / 2 AND n % 17 BETWEEN {KINDS[0]} AND {KINDS[-1]}
                 AND (n / 17 * 11) % 1176 < 108 * 1.022 ^ (n % 17) THEN n % 17 ELSE 1000 + n * 7919 % 4001 END,
       n % 100, n % 100, repeat('x', 60)
FROM generate_series(1, :scale) AS n;
INSERT INTO parts
SELECT t, n, n FROM generate_series(1, 20) AS t, generate_series(1, CASE t WHEN 1 THEN 1000 ELSE 20 END) AS n;
INSERT INTO orders SELECT tenant, id, id FROM parts;
"""

CLASSES = """-- class hot: the tenant with the most rows
-- class tiny: the one with six
SELECT 'hot' AS class, 1 AS tenant, 'most' AS about UNION ALL SELECT 'tiny', 5, 'six rows' ORDER BY class;
"""

FRESH = """
INSERT INTO parts SELECT 99, id, n FROM parts WHERE tenant = :tenant;
INSERT INTO orders SELECT 99, id, part FROM orders WHERE tenant = :tenant;
SELECT 99 AS tenant;
"""

QUERIES = {
    "oldest": ("tenant", "SELECT id, pad FROM events WHERE tenant = :tenant ORDER BY id LIMIT 10"),
    "of_kind": ("kind", "SELECT id, pad FROM events WHERE kind = :kind ORDER BY id LIMIT 10"),
    "correlated": ("", "SELECT pad FROM events WHERE a = 7 AND b = 7 ORDER BY pad"),
    "joined": ("tenant", "SELECT sum(n) FROM orders AS o JOIN parts AS p ON p.tenant = o.tenant AND p.id = o.part "
               "WHERE o.tenant = :tenant"),
    "calm": ("tenant", "SELECT n FROM parts WHERE tenant = :tenant AND id = 1"),
    "called": ("", "CALL nothing()"),
    "broken": ("tenant", "SELECT 1 / (tenant - 5) FROM events WHERE tenant = :tenant LIMIT 1"),
    "new_fails": ("tenant", "SELECT 1 / (99 - tenant) FROM parts WHERE tenant = :tenant AND id = 1"),
    "slow": ("", "SELECT pg_sleep(60)"),
}  # fmt: skip


def trapped(folder: Path, *names: str) -> Workload:
    """The workload with these queries, in ``folder``; all of them where none is named."""
    (folder / "queries").mkdir(parents=True)
    (folder / "dataset").mkdir()
    (folder / "schema.sql").write_text(SCHEMA)
    (folder / "pgproof.toml").write_text('clock = "2026-01-01"\n')
    for file, text in {"fill": FILL, "classes": CLASSES, "fresh_tenant": FRESH}.items():
        (folder / "dataset" / f"{file}.sql").write_text(text)
    for name in names or QUERIES:
        needs, text = QUERIES[name]
        head = f"-- title: {name}\n-- asks: {name}?\n"
        head += "-- param tenant int: class\n" if needs == "tenant" else ""
        head += "-- param kind int: 1\n" if needs == "kind" else ""
        head += "".join(f"-- class k{kind}: SELECT {kind} AS kind\n" for kind in KINDS if needs == "kind")
        head += "-- writes: yes\n" if text.startswith("CALL") else ""
        (folder / "queries" / f"{name}.sql").write_text(f"{head}{text};\n")
    return read(folder)

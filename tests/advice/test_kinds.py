"""Every kind of candidate that is promised: proposed, built, taken by the server, with the same answer."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from bench.advice.candidates import candidates
from bench.model.facts import Facts
from bench.model.schema import Schema
from bench.plans import index_names
from bench.postgres.connection import Connection
from tests.advice.conftest import seen

KINDS = {
    "equality, then the sort in its direction": (
        "SELECT id FROM shop.orders WHERE customer_id = 5 ORDER BY placed_at DESC, total, id LIMIT 10",
        "(customer_id, placed_at DESC, total",
    ),
    "equality, then a range": (
        "SELECT id FROM shop.orders WHERE tenant_id = 5 AND placed_at BETWEEN '2024-03-01' AND '2024-03-02'",
        "(tenant_id, placed_at)",
    ),
    "covering": ("SELECT sum(total) FROM shop.orders WHERE customer_id = 5", "INCLUDE (total)"),
    "partial": (
        "SELECT id FROM shop.orders WHERE state = 'open' AND tenant_id = :t", "(tenant_id) WHERE state = 'open'",
    ),
    "partial, for NULL": ("SELECT id FROM shop.customers WHERE deleted_at IS NOT NULL", "WHERE deleted_at IS NOT NULL"),
    "expression": ("SELECT id FROM shop.customers WHERE lower(email) = 'user7@example.com'", "(lower(email"),
    "cast": ("SELECT id FROM shop.orders WHERE shipped_on::date = '2024-03-03'", "((shipped_on::date))"),
    "key of a document": ("SELECT id FROM shop.orders WHERE details ->> 'channel' = 'c5'", "(details ->> 'channel'"),
    "document": ("""SELECT id FROM shop.orders WHERE details @> '{"channel": "c5"}'""", "jsonb_path_ops"),
    "trigram": ("SELECT id FROM shop.orders WHERE body LIKE '%abc12%'", "gin_trgm_ops"),
    "array": ("SELECT id FROM shop.orders WHERE tags && ARRAY['t35']", "gin (tags)"),
    "full text": (
        "SELECT id FROM shop.orders WHERE to_tsvector('simple', body) @@ to_tsquery('simple', 'abc')",
        "gin (to_tsvector(",
    ),
    "rows in order": (
        "SELECT id FROM shop.orders WHERE placed_at BETWEEN '2024-03-01' AND '2024-03-02'", "brin (placed_at)",
    ),
    "long text": (f"SELECT id FROM shop.customers WHERE note = '{'x' * 400}'", "hash (note)"),
    "foreign key": ("SELECT id FROM shop.orders WHERE customer_id = 5", "(customer_id)"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_proposed_and_used(shop: Connection, schema: Schema, facts: Facts, kind: str) -> None:
    sql, wanted = KINDS[kind]
    orders = replace(facts.tables["shop.orders"], pages=5000)  # below, no table is large enough to be summarized
    large = replace(facts, tables={**facts.tables, "shop.orders": orders})
    looked, sql = seen(shop, "a", sql, {"t": 3} if "= :t" in sql else {}), sql.replace("= :t", "= 3")
    one = next(one for one in candidates(schema, [looked], large).candidates if wanted in one.ddl)
    with shop.transaction(force_rollback=True):
        before = sorted(shop.execute(sql.encode()).fetchall())
        for extension in one.extensions:
            shop.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}".encode())
        shop.execute(one.ddl.encode())
        shop.execute("SET LOCAL enable_seqscan = off")
        cursor: psycopg.Cursor[tuple[list[dict[str, dict[str, object]]]]] = shop.cursor()
        plan = cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}".encode()).fetchall()[0][0][0]["Plan"]
        assert one.name in index_names(plan)
        assert sorted(shop.execute(sql.encode()).fetchall()) == before

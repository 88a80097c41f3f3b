"""Indexes of other kinds, and expressions, that plans of a real server ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.advice.candidates import candidates
from bench.advice.candidates.operators import like_parts, regex_parts
from bench.model.facts import Facts
from bench.model.schema import Schema
from bench.postgres.connection import Connection
from bench.postgres.facts import read_facts
from tests.advice.conftest import Ask, ddl, seen

ORDERS = {
    "body LIKE '%abc12%' AND tenant_id = 3": "USING gin (tenant_id, body gin_trgm_ops)",
    "body ~ 'abc.*12'": "USING gin (body gin_trgm_ops)",
    "city LIKE 'city 9%'": "(city)",
    "tenant_id = 3 AND city LIKE 'city 9%'": "(tenant_id, city)",
    """details @> '{"channel": "c5"}'""": "USING gin (details jsonb_path_ops)",
    "details ? 'channel x'": "USING gin (details)",
    "details -> 'list' @> '[1]'": "USING gin ((details -> 'list'::text) jsonb_path_ops)",
    "details ->> 'channel' = 'c5'": "((details ->> 'channel'::text))",
    "(details ->> 'n')::int = 5": "(((details ->> 'n'::text)::int))",
    "tags @> ARRAY['t5'] AND tenant_id = 3": "USING gin (tenant_id, tags)",
    "tags && ARRAY['t5']": "USING gin (tags)",
    "to_tsvector('simple', body) @@ to_tsquery('simple', 'abc')": "USING gin (to_tsvector('simple'::regconfig, body))",
    "date_trunc('day', shipped_on) = '2024-03-03'": "(date_trunc('day'::text, shipped_on))",
    "shipped_on::date = '2024-03-03'": "((shipped_on::date))",
    "customer_id = 3 OR city = 'city 8'": "(city)",
}


@pytest.mark.parametrize("condition", ORDERS)
def test_a_condition_asks_for_an_index(ask: Ask, condition: str) -> None:
    assert f"orders {ORDERS[condition]}" in ddl(ask(f"SELECT * FROM shop.orders WHERE {condition}"))


@pytest.mark.parametrize(
    "condition",
    ["placed_at::date = '2024-03-03'", "date_trunc('day', placed_at) = '2024-03-03'", "raw::text = 'x'",
     "(details ->> 'd')::date = '2024-03-03'", "placed_at::text = 'x'"],
)  # fmt: skip
def test_what_may_change_is_no_key(ask: Ask, condition: str) -> None:
    found = ask(f"SELECT * FROM shop.orders WHERE {condition}")
    assert ddl(found) <= {"orders (customer_id)"}


def test_a_long_text_is_hashed(ask: Ask) -> None:
    found = ddl(ask("SELECT * FROM shop.customers WHERE note = :n", {"n": "x"}))
    assert "customers USING hash (note)" in found
    assert "customers (note)" not in found


def test_a_prefix_is_searched_in_the_order_of_bytes(shop: Connection, schema: Schema, facts: Facts) -> None:
    one = seen(shop, "a", "SELECT * FROM shop.customers WHERE code LIKE 'abc%' AND email LIKE 'abc%'")
    found = ddl(candidates(schema, [one], replace(facts, collation_is_c=False)))
    assert {"customers (code text_pattern_ops)", "customers (email varchar_pattern_ops)"} <= found


def test_rows_in_the_order_of_a_column_are_summarized(shop: Connection, schema: Schema, facts: Facts) -> None:
    one = seen(shop, "a", "SELECT * FROM shop.orders WHERE placed_at BETWEEN '2024-03-01' AND '2024-03-02'")
    orders = facts.tables["shop.orders"]
    large = replace(facts, tables={**facts.tables, "shop.orders": replace(orders, pages=5000)})
    assert "orders USING brin (placed_at) WITH (pages_per_range=4)" in ddl(candidates(schema, [one], large))
    assert not any("brin" in one for one in ddl(candidates(schema, [one], facts)))
    with shop.transaction(force_rollback=True):
        shop.execute("CREATE INDEX summary ON shop.orders USING brin (placed_at) WITH (pages_per_range = 8)")
        there = replace(large, indexes=read_facts(shop).indexes)
    assert not any("brin" in one for one in ddl(candidates(schema, [one], there)))


def test_an_extension_that_the_server_has_not_is_not_asked_for(shop: Connection, schema: Schema, facts: Facts) -> None:
    one = seen(shop, "a", "SELECT * FROM shop.orders WHERE body LIKE '%abc12%' AND tenant_id = 3")
    found = candidates(schema, [one], facts).candidates
    assert {extension for one in found for extension in one.extensions} == {"pg_trgm", "btree_gin"}
    bare = candidates(schema, [one], replace(facts, available=frozenset(), installed={}))
    assert not any("gin" in one for one in ddl(bare))


@pytest.mark.parametrize(
    ("pattern", "expected"), [("abc%", (True, 3)), ("%ab_c%", (False, 2)), ("%a\\%bcd%", (False, 5)), (None, (True, 3))]
)
def test_a_pattern_has_letters_to_find_by(pattern: str | None, expected: tuple[bool, int]) -> None:
    assert like_parts(pattern) == expected


@pytest.mark.parametrize(("pattern", "expected"), [("^abc", (True, 3)), ("a.b?cde[xyz]", (False, 3))])
def test_a_regular_expression_has_letters_to_find_by(pattern: str, expected: tuple[bool, int]) -> None:
    assert regex_parts(pattern) == expected

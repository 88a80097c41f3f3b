"""B-trees that plans of a real server ask for."""

from __future__ import annotations

from typing import Any

import pytest

from bench.advice.candidates import SeenQuery, candidates
from bench.model.facts import Facts
from bench.model.schema import Schema
from bench.postgres.connection import Connection
from tests.advice.conftest import Ask, ddl, seen

CASES: list[tuple[str, dict[str, Any], set[str], set[str]]] = [
    (
        "SELECT * FROM shop.orders WHERE customer_id = :c ORDER BY placed_at DESC LIMIT 10", {"c": 5},
        {"orders (customer_id, placed_at)", "orders (customer_id)"}, set(),
    ),
    (
        "SELECT * FROM shop.orders WHERE customer_id = :c ORDER BY placed_at DESC, total LIMIT 10", {"c": 5},
        {"orders (customer_id, placed_at DESC, total)"}, {"orders (customer_id, placed_at, total)"},
    ),
    (
        "SELECT id, total FROM shop.orders WHERE tenant_id = :t"
        " AND placed_at >= '2024-03-01' AND placed_at < '2024-03-03'", {"t": 5},
        {"orders (tenant_id, placed_at)", "orders (tenant_id, placed_at) INCLUDE (id, total)"}, set(),
    ),
    (
        "SELECT id FROM shop.orders WHERE state = 'open' AND tenant_id = :t ORDER BY placed_at LIMIT 5", {"t": 5},
        {"orders (tenant_id, placed_at) WHERE state = 'open'", "orders (tenant_id, state, placed_at)"}, set(),
    ),
    (
        "SELECT id FROM shop.orders WHERE state = :s::shop.state AND tenant_id = :t ORDER BY placed_at LIMIT 5",
        {"s": "open", "t": 5},
        {"orders (tenant_id, state, placed_at)"}, {"orders (tenant_id, placed_at) WHERE state = 'open'"},
    ),
    (
        "SELECT * FROM shop.open_orders WHERE tenant_id = :t", {"t": 3},
        {"orders (tenant_id) WHERE state = 'open'"}, set(),
    ),
    ("SELECT * FROM shop.orders_of(:c)", {"c": 3}, {"orders (customer_id)"}, set()),
    ("SELECT * FROM shop.customers WHERE lower(email) = :e", {"e": "u"}, {"customers (lower(email))"}, set()),
    ("SELECT * FROM shop.customers WHERE email = :e", {"e": "u"}, {"customers (email)"}, set()),
    ('SELECT * FROM shop.customers WHERE "Home town" = :t', {"t": "T3"}, {'customers ("Home town")'}, set()),
    (
        "SELECT * FROM shop.events WHERE kind = :k AND at > '2024-02-01' ORDER BY at LIMIT 10", {"k": "k3"},
        {"events (kind, at)"}, {"events_1 (kind, at)"},
    ),
    (
        "SELECT c.name, count(*) FROM shop.customers c JOIN shop.orders o ON o.customer_id = c.id"
        " WHERE c.email = :e GROUP BY c.name", {"e": "user77@example.com"},
        {"orders (customer_id)", "customers (email)"}, set(),
    ),
    (
        "SELECT c.id, (SELECT max(o.placed_at) FROM shop.orders o WHERE o.customer_id = c.id) FROM shop.customers c"
        " WHERE c.tenant_id = :t LIMIT 20", {"t": 3},
        {"orders (customer_id)", "orders (customer_id) INCLUDE (placed_at)"}, set(),
    ),
    (
        "SELECT * FROM shop.orders WHERE (placed_at, id) < ('2024-03-01', 5)"
        " ORDER BY placed_at DESC, id DESC LIMIT 10", {},
        {"orders (placed_at, id)"}, set(),
    ),
    ("SELECT * FROM shop.orders WHERE id = :i", {"i": 3}, set(), {"orders (id)"}),
    ("SELECT * FROM shop.countries WHERE name = :n", {"n": "country 3"}, set(), {"countries (name)"}),
]  # fmt: skip


KEYS = {"orders (customer_id)"}
"""What a foreign key asks for, whatever the statement is."""


@pytest.mark.parametrize(("sql", "values", "wanted", "unwanted"), CASES)
def test_a_plan_asks_for_indexes(
    ask: Ask, sql: str, values: dict[str, Any], wanted: set[str], unwanted: set[str]
) -> None:
    found = ddl(ask(sql, *([values] if values else [])))
    assert wanted <= found
    assert not unwanted & found
    assert wanted or not found - KEYS


def test_the_column_that_most_queries_compare_comes_first(shop: Connection, schema: Schema, facts: Facts) -> None:
    many: list[SeenQuery] = [
        seen(shop, "a", "SELECT * FROM shop.orders WHERE tenant_id = :t AND customer_id = :c", {"t": 3, "c": 3}),
        seen(shop, "b", "SELECT * FROM shop.orders WHERE tenant_id = :t AND total = 3", {"t": 3}),
    ]
    alone = ddl(candidates(schema, many[:1], facts))
    assert "orders (customer_id, tenant_id)" in alone
    assert "orders (tenant_id, customer_id)" in ddl(candidates(schema, many, facts))


def test_a_condition_of_one_class_alone_makes_no_partial_index(ask: Ask) -> None:
    sql = "SELECT * FROM shop.customers WHERE tenant_id = :t AND (:all OR deleted_at IS NULL)"
    found = ddl(ask(sql, {"t": 3, "all": True}, {"t": 3, "all": False}))
    assert "customers (tenant_id)" in found
    assert not any("WHERE" in one for one in found)


def test_names_are_readable_unique_and_fit(ask: Ask) -> None:
    sql = (
        "SELECT * FROM shop.orders WHERE state = 'open' AND city = :c AND zip = :z AND tenant_id = 3"
        " AND customer_id = 3 ORDER BY placed_at, total LIMIT 3"
    )
    names = [one.name for one in ask(sql, {"c": "city 3", "z": "zip 3"}).candidates]
    assert len(set(names)) == len(names) <= 10
    assert max(len(name.encode()) for name in names) <= 63
    assert all(name.startswith("orders_") and "_idx" in name for name in names)

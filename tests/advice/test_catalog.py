"""What the catalog and estimates ask for: foreign keys, statistics, drops; and statements that nothing helps."""

from __future__ import annotations

import pytest

from bench.advice.candidates import Proposals, SeenQuery, candidates
from bench.inference.rows.catalog import read_catalog
from bench.postgres.connection import Connection
from bench.postgres.facts import read_facts
from tests.advice.conftest import Ask, ddl, seen

INDEXES = """
CREATE INDEX x1 ON shop.orders (tenant_id);
CREATE INDEX x2 ON shop.orders (tenant_id, state);
CREATE INDEX x3 ON shop.orders (zip, city DESC);
CREATE INDEX x4 ON shop.orders (lower(body));
CREATE INDEX x5 ON shop.orders (lower(body));
CREATE INDEX x6 ON shop.orders (total) WHERE state = 'open';
CREATE INDEX x7 ON shop.orders (customer_id);
CREATE INDEX x8 ON shop.events (kind);
CREATE INDEX x9 ON shop.events (kind, at);
"""


def proposed(connection: Connection, *many: SeenQuery) -> Proposals:
    """Proposals for the shop as it is within a transaction."""
    return candidates(read_catalog(connection), many, read_facts(connection))


def test_indexes_that_could_go_come_back_as_they_were(shop: Connection) -> None:
    with shop.transaction(force_rollback=True):
        shop.execute(INDEXES)
        used = seen(shop, "a", "SELECT id FROM shop.orders WHERE tenant_id = 3 AND state = 'paid' AND total = 5")
        drops = [one for one in proposed(shop, used).candidates if one.kind == "drop"]
        assert {one.name for one in drops} == {"x1", "x3", "x4", "x5", "x6", "x8", "x9"}
        definitions = "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index ORDER BY 1"
        before = shop.execute(definitions).fetchall()
        for one in drops:
            shop.execute(one.ddl.encode())
            shop.execute(one.undo.encode())
        parts = "events_"
        after = shop.execute(definitions).fetchall()
        assert [a for a in after if parts not in a[0]] == [b for b in before if parts not in b[0]]
        assert len(after) == len(before)


def test_an_index_that_is_there_is_not_proposed(shop: Connection) -> None:
    with shop.transaction(force_rollback=True):
        shop.execute(INDEXES)
        sql = "SELECT * FROM shop.orders WHERE tenant_id = 3 AND lower(body) = 'x' AND state = 'open' ORDER BY total"
        found = ddl(proposed(shop, seen(shop, "a", sql)))
        assert not found & {"orders (tenant_id)", "orders (tenant_id, state)", "orders (lower(body))"}
        assert "orders (total) WHERE state = 'open'" not in found


def test_a_longer_index_stands_for_the_one_that_it_begins_with(shop: Connection) -> None:
    with shop.transaction(force_rollback=True):
        shop.execute("CREATE INDEX x1 ON shop.orders (tenant_id)")
        one = seen(shop, "a", "SELECT * FROM shop.orders WHERE tenant_id = 3 ORDER BY placed_at LIMIT 5")
        found = {one.name: one for one in proposed(shop, one).candidates}
        assert found["orders_tenant_id_placed_at_idx"].replaces == ("x1",)
        assert found["x1"].kind == "drop"


def test_an_index_serves_two_queries_at_once(shop: Connection) -> None:
    many = [
        seen(shop, "a", "SELECT total FROM shop.orders WHERE customer_id = 3"),
        seen(shop, "b", "SELECT id FROM shop.orders WHERE customer_id = 3 ORDER BY placed_at"),
    ]
    found = {one.ddl.partition(" ON shop.")[2]: one for one in proposed(shop, *many).candidates}
    merge = found["orders (customer_id, placed_at) INCLUDE (id, total)"]
    assert set(merge.queries) == {"a", "b"}
    assert "orders_customer_id_with_total_idx" in merge.replaces


def test_a_foreign_key_wants_an_index(ask: Ask) -> None:
    (key,) = [one for one in ask("SELECT 1").candidates if one.kind == "index"]
    assert (key.family, key.name, key.queries) == ("foreign key", "orders_customer_id_idx", ())
    deleting = {one.name: one for one in ask("DELETE FROM shop.customers WHERE id = -1").candidates}
    assert deleting[key.name].queries == ("asked",)


def test_columns_that_go_together_want_statistics(ask: Ask, shop: Connection) -> None:
    found = ask("SELECT * FROM shop.orders WHERE city = 'city 8' AND zip = 'zip 8'").candidates
    (one,) = [one for one in found if one.kind == "statistics"]
    assert one.ddl.endswith("(ndistinct, dependencies, mcv) ON city, zip FROM shop.orders")
    assert "times off" in one.reason
    with shop.transaction(force_rollback=True):
        shop.execute(one.ddl.encode())
        again = proposed(shop, seen(shop, "a", "SELECT * FROM shop.orders WHERE city = 'city 8' AND zip = 'zip 8'"))
        assert not [one for one in again.candidates if one.kind == "statistics"]
        shop.execute(one.undo.encode())


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM shop.countries", "reads 1 page in all"),
        ("SELECT * FROM shop.orders", "reads 100% of the 20,000 rows of shop.orders and needs them all"),
        (
            "SELECT * FROM shop.orders WHERE placed_at::text = 'x'",
            "no index can hold what it asks: placed_at::text = 'x'",
        ),
        ("SELECT * FROM shop.orders WHERE id < 300", "is answered by orders_pkey already"),
        ("SELECT sum(n) FROM generate_series(1, 100000) AS n", "reads 0 pages in all"),
    ],
)
def test_a_statement_that_nothing_helps_gets_the_reason(ask: Ask, sql: str, reason: str) -> None:
    (one,) = ask(sql).hopeless
    assert one.query == "asked"
    assert reason in one.reason


def test_everything_proposed_can_be_made_and_taken_back(shop: Connection, ask: Ask) -> None:
    sql = (
        "SELECT o.id FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id"
        " WHERE o.state = 'sent' AND c.active AND c.deleted_at IS NULL AND o.tags && ARRAY['t5'] AND o.body ~* 'abc'"
        " AND lower(c.name) LIKE 'n%' AND o.details @> '{}' AND o.total > 3 AND c.\"Home town\" = 'T3'"
        " AND extract(year FROM o.shipped_on) = 2024 ORDER BY o.placed_at DESC NULLS LAST, o.id LIMIT 5"
    )
    found = [one for one in ask(sql).candidates if one.kind != "rewrite"]
    assert len(found) > 10
    count = "SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_statistic_ext)"
    for one in found:
        with shop.transaction(force_rollback=True):
            for extension in one.extensions:
                shop.execute(f"CREATE EXTENSION {extension}".encode())
            before = shop.execute(count).fetchall()
            shop.execute(one.ddl.encode())
            assert shop.execute(count).fetchall() != before
            shop.execute(one.undo.encode())
            assert shop.execute(count).fetchall() == before

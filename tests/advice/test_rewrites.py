"""Other statements for the same question, with the same answer on a real server."""

from __future__ import annotations

from collections import Counter

import psycopg
import pytest

from bench.advice.candidates import SeenQuery
from bench.advice.candidates.rewrites import rewrites
from bench.model.schema import Schema
from bench.postgres.connection import Connection
from bench.workload.sqlfile import numbered
from tests.advice.conftest import query

ORDERS, C = "FROM shop.orders", "FROM shop.customers c"
COUNTED = "(SELECT count(*) FROM shop.orders o WHERE o.customer_id = c.id AND o.state = 'open')"

CASES = {
    f"SELECT id {C} WHERE id NOT IN (SELECT customer_id {ORDERS} WHERE state = 'open')": (
        "NOT IN as NOT EXISTS", "NOT EXISTS"),
    f"SELECT id {C} WHERE {COUNTED} > 0 AND active": ("count as EXISTS", "WHERE EXISTS"),
    f"SELECT id {C} WHERE 0 = {COUNTED}": ("count as EXISTS", "NOT EXISTS"),
    f"SELECT id {ORDERS} WHERE 't5' = ANY (tags)": ("= ANY as @>", "tags @> ARRAY['t5']::text[]"),
    f"SELECT id {ORDERS} WHERE placed_at::date = '2024-03-03'": ("time as range", "placed_at >= '2024-03-03'::date"),
    f"SELECT id {ORDERS} WHERE date(shipped_on) BETWEEN '2024-03-01' AND '2024-03-05'": (
        "time as range", "shipped_on >="),
    f"SELECT id {ORDERS} WHERE date_trunc('month', placed_at) = '2024-03-01'": ("time as range", "placed_at >="),
    f"SELECT id {ORDERS} WHERE date_trunc('month', placed_at) = '2024-03-02'": ("time as range", "placed_at >="),
    f"SELECT id {ORDERS} WHERE extract(year FROM placed_at) = 2024 AND total < 9": ("time as range", "placed_at >="),
    f"SELECT id, placed_at {ORDERS} WHERE customer_id = 3 OR (city = 'city 8' AND zip = 'zip 8') ORDER BY placed_at": (
        "OR as UNION ALL", "UNION ALL"),
    f"SELECT id {C} WHERE code = 'x' OR deleted_at IS NULL": ("OR as UNION ALL", "code = 'x' IS NOT TRUE"),
    f"SELECT * {ORDERS} WHERE tenant_id = 3 ORDER BY placed_at, id LIMIT 10 OFFSET 500": (
        "OFFSET by key", "orders.id IN"),
    "SELECT i.* FROM shop.items i ORDER BY amount, order_id, line LIMIT 10 OFFSET 20": (
        "OFFSET by key", "(i.order_id, i.line) IN"),
    f"SELECT count(DISTINCT customer_id) {ORDERS} WHERE tenant_id = 3": (
        "count(DISTINCT) by groups", "GROUP BY customer_id"),
    f"SELECT count(DISTINCT deleted_at) AS n {C}": ("count(DISTINCT) by groups", "AS n"),
    f"SELECT DISTINCT c.id, c.name {C} JOIN shop.orders o ON o.customer_id = c.id WHERE o.total > 500 AND c.active": (
        "DISTINCT as EXISTS", "WHERE c.active AND EXISTS"),
    f"SELECT id, n FROM (SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY placed_at, id) AS n {ORDERS}"
    " WHERE state = 'sent') AS x WHERE n <= 2 AND total > 5": ("first of each by LATERAL", "CROSS JOIN LATERAL"),
    f"WITH x AS (SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY id DESC) AS n {ORDERS})"
    " SELECT id FROM x WHERE n = 1": ("first of each by LATERAL", "LIMIT 1"),
}  # fmt: skip


@pytest.mark.parametrize("sql", CASES)
def test_a_rewrite_gives_the_same_rows(shop: Connection, schema: Schema, sql: str) -> None:
    name, part = CASES[sql]
    found = {one.family: one for one in rewrites(SeenQuery(query("asked", sql, {}), {}), schema)}
    assert part in found[name].ddl
    with shop.transaction(force_rollback=True):
        shop.execute("CREATE INDEX ON shop.orders (customer_id, placed_at, id)")  # three thousand scans take a minute
        answers = [shop.execute(text.encode()) for text in (sql, found[name].ddl)]
    assert [column.name for column in answers[0].description or ()] == [c.name for c in answers[1].description or ()]
    assert Counter(map(str, answers[0])) == Counter(map(str, answers[1]))


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT id {C} WHERE deleted_at NOT IN (SELECT placed_at {ORDERS})",  # NULL is not NOT IN anything
        f"SELECT c.id {C} LEFT JOIN shop.orders o ON o.customer_id = c.id"
        " WHERE o.id NOT IN (SELECT order_id FROM shop.items)",
        f"SELECT id {C} WHERE (SELECT count(deleted_at) {ORDERS} o WHERE o.customer_id = c.id) > 0",
        f"SELECT id {C} WHERE {COUNTED} > 1",
        f"SELECT id {ORDERS} WHERE placed_at::date = '2024-03-03' OR tenant_id = 3 GROUP BY id",
        f"SELECT DISTINCT c.name {C} JOIN shop.orders o ON o.customer_id = c.id",
        f"SELECT id FROM (SELECT id, rank() OVER (PARTITION BY customer_id ORDER BY id) AS n {ORDERS}) AS x"
        " WHERE n = 1",
        f"SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY city ORDER BY id) AS n {ORDERS}) AS x WHERE n = 1",
        f"SELECT count(*) {C} WHERE code = 'x' OR name = 'y'",
        f"SELECT id {C} WHERE code = 'x' OR code = 'y'",
    ],
)
def test_a_rule_that_could_change_the_answer_is_not_used(schema: Schema, sql: str) -> None:
    assert not list(rewrites(SeenQuery(query("asked", sql, {}), {}), schema))


def test_parameters_keep_their_names_and_casts(schema: Schema) -> None:
    sql = f"SELECT id {ORDERS} WHERE placed_at::date = :day AND tenant_id = :t::int AND city <> ':t $1'"
    (one,) = rewrites(SeenQuery(query("asked", sql, {"day": "date", "t": "bigint"}), {}), schema)
    assert one.ddl == (
        "SELECT id FROM shop.orders WHERE placed_at >= :day::date AND placed_at < (:day::date + 1)"
        " AND tenant_id = :t::int AND city <> ':t $1'"
    )
    assert numbered(one.ddl, {"day": "date", "t": "bigint"})[1] == ["day", "t"]
    assert (one.name, one.kind, one.queries) == ("asked: time as range", "rewrite", ("asked",))


# ---------------------------------------------------------------------------------------------------------- keysets
ITEMS = "FROM shop.items i JOIN shop.orders o ON o.id = i.order_id"
PAGES = {
    f"SELECT id, total {ORDERS} WHERE tenant_id = 3 ORDER BY placed_at DESC, id DESC LIMIT 7 OFFSET :n": (
        "(placed_at, id) < (:after_placed_at, :after_id)"),
    # Many rows tie in it: the primary key comes after it, the same way.
    f"SELECT id, city {ORDERS} ORDER BY city LIMIT 7 OFFSET :n": "(city, orders.id) > (:after_city, :after_id)",
    f"SELECT total, id {ORDERS} WHERE total < 50 ORDER BY total DESC, customer_id, id LIMIT 7 OFFSET :n": (
        "total <= :after_total AND (total < :after_total OR"),
    # Found by its key, the order of an item makes no row more.
    f"SELECT i.line, o.city {ITEMS} ORDER BY i.amount, i.order_id LIMIT 7 OFFSET :n": (
        "(i.amount, i.order_id, i.line) > (:after_amount, :after_order_id, :after_line)"),
    "SELECT i.line FROM shop.items i LEFT JOIN shop.orders o ON i.order_id = o.id WHERE i.order_id = 77 OR o.id = 5"
    " ORDER BY i.order_id DESC, i.line LIMIT 2 OFFSET :n": "i.order_id <= :after_order_id",
    # One value in all rows: it need not be among the keys.
    "SELECT line FROM shop.items WHERE order_id = 12 ORDER BY line LIMIT 1 OFFSET :n": "line > :after_line",
    f"SELECT placed_at::text AS n {ORDERS} ORDER BY placed_at LIMIT 3 OFFSET :n": "(placed_at, orders.id)",
}  # fmt: skip


def asked(shop: Connection, sql: str, types: dict[str, str], values: dict[str, object]) -> list[tuple[object, ...]]:
    text, names = numbered(sql, types)
    given = [str(values[name]) for name in names]
    return psycopg.RawCursor(shop).execute(text, given).fetchall()


@pytest.mark.parametrize("sql", PAGES)
def test_a_page_by_its_cursor_has_the_rows_of_its_offset_in_their_order(
    shop: Connection, schema: Schema, sql: str
) -> None:
    (found,) = (one for one in rewrites(SeenQuery(query("page", sql, {"n": "int"}), {}), schema) if one.cursor)
    assert found.cursor is not None
    assert PAGES[sql] in found.ddl
    assert "OFFSET" not in found.ddl
    types = {"n": "int"} | {one.name: one.type for one in found.cursor.parameters}
    assert asked(shop, found.cursor.read, types, {"n": 0}) == []
    for skipped in (1, 2, 300):
        rows = asked(shop, found.cursor.page, types, {"n": skipped})
        keys = asked(shop, found.cursor.read, types, {"n": skipped})
        if not keys:  # beyond the last row
            assert not rows
            continue
        values = dict(zip([one.name for one in found.cursor.parameters], keys[0], strict=True))
        assert asked(shop, found.ddl, types, {"n": skipped, **values}) == rows


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT id {C} ORDER BY deleted_at LIMIT 5 OFFSET 50",  # NULL is neither before nor after
        f"SELECT id {ORDERS} ORDER BY lower(city) LIMIT 5 OFFSET 50",
        f"SELECT lower(city) AS city {ORDERS} ORDER BY city LIMIT 5 OFFSET 50",  # the output, not the column
        f"SELECT c.id {C} JOIN shop.orders o ON o.customer_id = c.id ORDER BY c.id LIMIT 5 OFFSET 50",
        f"SELECT city, count(*) {ORDERS} GROUP BY city ORDER BY city LIMIT 5 OFFSET 50",
        f"SELECT id {ORDERS} ORDER BY id OFFSET 50",
        f"SELECT id {ORDERS} ORDER BY city FETCH FIRST 5 ROWS WITH TIES",
    ],
)
def test_where_the_row_before_is_not_one_alone_no_cursor_is_proposed(schema: Schema, sql: str) -> None:
    assert not [one for one in rewrites(SeenQuery(query("page", sql, {}), {}), schema) if one.cursor]

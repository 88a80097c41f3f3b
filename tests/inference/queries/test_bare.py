"""Statements as query libraries keep them: their names, their lines, their parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.inference.queries.bare import BareQuery, read_bare
from bench.inference.queries.placeholders import placed


def read(folder: Path, text: str, name: str = "app.sql") -> list[BareQuery]:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return read_bare(file)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("a = $1 AND b = $2 AND c = $1", "a = :p1 AND b = :p2 AND c = :p1"),
        ("a = :user_id::int AND b = '10:30' AND c::text = :c", None),
        ("a = %s AND b LIKE 'x%%' AND c = %s", "a = :p1 AND b LIKE 'x%' AND c = :p2"),
        ("a = %(first)s AND b %% 2 = 0", "a = :first AND b % 2 = 0"),
        ("a = @user_id::int AND tags @> @tags AND @ b > 1", "a = :user_id::int AND tags @> :tags AND @ b > 1"),
        ("a = sqlc.arg('x') OR b = sqlc.narg(y)", "a = :x OR b = :y"),
        ("a = $1 AND b = @name::text AND c = sqlc.narg('d')", "a = :p1 AND b = :name::text AND c = :d"),
        ("a IN (sqlc.slice('ids'))", "a = ANY (:ids)"),
        ("a = ? AND b > ?", "a = :p1 AND b > :p2"),
        ("a = ?2 AND b > ?1", "a = :p2 AND b > :p1"),
        ("doc ? 'a' AND doc ?| array['b'] AND x = ?", "doc ? 'a' AND doc ?| array['b'] AND x = :p1"),
        ("doc ? ? AND doc ?? ? AND (doc->'k') ? ?", "doc ? :p1 AND doc ? :p2 AND (doc->'k') ? :p3"),
        ("path @? ? LIMIT ? OFFSET ?", "path @? :p1 LIMIT :p2 OFFSET :p3"),
        ("doc ? 'a' AND b = :b", None),
        ("doc ? 'a' AND b = $1", "doc ? 'a' AND b = :p1"),
        ("a IN :ids! AND b NOT IN :others", "a = ANY (:ids) AND b <> ALL (:others)"),
        ("a IN %s AND b IN (%s)", "a = ANY (:p1) AND b IN (:p2)"),
        ("a = :v:name AND b IN (:v*:names) AND c = :value", "a = :name AND b = ANY (:names) AND c = :value"),
        ("a = :user.name::text AND b[1] = :user.id", "a = :user_name::text AND b[1] = :user_id"),
        ("a = :'name' AND b = ':no'", "a = :name AND b = ':no'"),
        ("a > now() - interval $1 AND date $2 < b", "a > now() - :p1 AND :p2 < b"),
        ("extract($1 FROM a) = 3", "date_part(:p1, a) = 3"),
        ("a = '$1 ? %s @x' AND b = $tag$ $1 $tag$ -- ? :x", None),
        ('a[1:2] = $1 AND "?" = b', 'a[1:2] = :p1 AND "?" = b'),
    ],
)
def test_placeholders_become_names_and_nothing_else_changes(written: str, named: str | None) -> None:
    assert placed(written, "x.sql:1").sql == (written if named is None else named)


def test_the_type_that_a_literal_names_is_kept() -> None:
    assert placed("a > now() - interval $1 AND b < timestamp  with time zone $2", "").types == (
        ("p1", "interval"), ("p2", "timestamp with time zone"),
    )  # fmt: skip


def test_names_with_dashes_are_hugsqls() -> None:
    assert placed("a = :user-id", "", dashes=True).sql == "a = :user_id"
    assert placed("a = :user-id", "").sql == "a = :user-id"


def test_a_piece_of_sql_is_no_parameter() -> None:
    with pytest.raises(WorkloadError, match=r"x.sql:3: :i: stands for a piece of SQL"):
        placed("SELECT * FROM :i:table", "x.sql:3")


def test_each_style_names_its_statements(tmp_path: Path) -> None:
    text = """-- Queries about users; not a name.

-- name: GetUser :one
SELECT * FROM users WHERE id = $1 LIMIT 1;

-- name: find-by-email(email)^
-- Find one of them.
select * from users where email = :email

-- name: users.remove!
DELETE FROM users WHERE id = %s;
SELECT * FROM logs WHERE user_id = %s;
/* @name ListOrders
   @param ids -> (...) */
SELECT * FROM orders WHERE id IN :ids;

-- :name all-orders :? :*
-- :doc All of them.
select * from orders where user_id = :user-id
"""
    found = read(tmp_path, text)
    assert [(one.name, one.line) for one in found] == [
        ("get_user", 4), ("find_by_email", 8), ("users_remove", 11), ("logs_by_user_id", 12),
        ("list_orders", 15), ("all_orders", 19),
    ]  # fmt: skip
    assert [one.asks for one in found] == ["", "Find one of them.", "", "", "", "All of them."]
    assert found[1].sql == "select * from users where email = :email"
    assert found[5].sql == "select * from orders where user_id = :user_id"


def test_of_a_hugsql_expression_the_first_branch_is_taken() -> None:
    written = "SELECT /*~ (if (:a params) */ :a /*~*/ NULL /*~ ) ~*/ FROM t"
    assert placed(written, "").sql == "SELECT /*~ (if (:a params) */ :a  /*~ ) ~*/ FROM t"
    with pytest.raises(WorkloadError, match="Clojure"):
        placed('SELECT 1\n--~ (when (:a params) ", 2")', "x.sql:1")


def test_a_row_of_pgtyped_is_spread(tmp_path: Path) -> None:
    text = "/*\n @name AddItems\n @param items -> ((id!, name)...)\n*/\nINSERT INTO items (id, name) VALUES :items!;"
    assert read(tmp_path, text)[0].sql == "INSERT INTO items (id, name) VALUES (:items_id, :items_name)"


def test_without_a_mark_a_statement_is_named_by_what_it_does(tmp_path: Path) -> None:
    text = """SELECT * FROM orders WHERE customer_id = $1 AND status = 'paid';
        SELECT * FROM orders o WHERE o.customer_id = $1;
        SELECT count(*) FROM app.orders;
        UPDATE orders SET status = $1 WHERE id = $2;
        INSERT INTO orders (id) VALUES ($1);
        DELETE FROM orders WHERE created_at < $1 AND x IN (1, $2) AND y = $3;
        SELECT nonsense from from"""
    assert [one.name for one in read(tmp_path, text)] == [
        "orders_by_customer_id", "orders_by_customer_id_2", "count_orders", "update_orders_by_id", "insert_orders",
        "delete_orders_by_created_at_and_x", "app",
    ]  # fmt: skip
    assert read(tmp_path, "SELECT 1", "TopCustomers.sql")[0].name == "top_customers"


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    read(tmp_path, "SELECT 2", "b/list.sql")
    read(tmp_path, "SELECT 1;\\echo done\n", "a/list.sql")
    assert [(one.name, one.file) for one in read_bare(tmp_path)] == [("list", "a/list.sql"), ("list_2", "b/list.sql")]
    with pytest.raises(WorkloadError, match=r"no .sql file there"):
        read_bare(tmp_path / "none.sql")


def test_a_header_of_ours_wins_whole_or_in_part(tmp_path: Path) -> None:
    whole = "-- title: Open orders\n-- asks: Which?\n-- param n bigint: 3\nSELECT 1 LIMIT :n;\n"
    (found,) = read(tmp_path, whole)
    assert found.query
    assert (found.title, found.query.parameters[0].source) == ("Open orders", "3")
    part = "-- About orders: all.\n-- title: Mine\n-- param n bigint: SELECT 7\n--   + 1\nSELECT 1 LIMIT :n;\nSELECT 2;"
    first, second = read(tmp_path, part)
    assert [(entry.key, entry.value, entry.line) for entry in first.header] == [
        ("title", "Mine", 2), ("param n bigint", "SELECT 7 + 1", 3),
    ]  # fmt: skip
    assert (first.title, first.asks, second.header) == ("Mine", "About orders: all.", ())


def test_a_piece_of_sql_refuses_its_statement_alone(tmp_path: Path) -> None:
    first, second = read(tmp_path, "-- :name a :?\nSELECT * FROM :i:t\n-- :name b :?\nSELECT 1\n")
    assert first.refused.startswith("app.sql:2: :i:")
    assert not second.refused

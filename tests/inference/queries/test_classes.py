"""Parameter classes chosen from the rows: which values, in which words, and that the statement finds rows with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.dataset.bindings import choose_bindings
from bench.inference.queries import Chosen, Surroundings, choose, describe, file_text, infer, read_bare, surroundings
from bench.postgres import ledger
from bench.progress import silent
from bench.workload.queries import read_query


def chosen(around: Surroundings, folder: Path, text: str, seconds: float = 3.0) -> Chosen:
    file = folder / "app.sql"
    file.write_text(text)
    (bare,) = read_bare(file)
    return choose(around, describe(around, bare), seconds)


def rows(around: Surroundings, folder: Path, text: str) -> dict[str, int]:
    found = chosen(around, folder, text)
    assert not found.failed
    return {name: seen.rows for name, seen in found.seen.items()}


def test_an_owner_is_ranked_by_the_rows_that_the_query_reads_for_it(around: Surroundings, tmp_path: Path) -> None:
    found = chosen(around, tmp_path, "SELECT * FROM orders WHERE user_id = $1 AND channel = 'web'")
    ranked = around.connection.execute(
        "SELECT user_id FROM orders WHERE channel = 'web' GROUP BY 1 ORDER BY count(*) DESC, 1"
    ).fetchall()  # fmt: skip
    values = {name: seen.args["user_id"] for name, seen in found.seen.items()}
    assert [values[name] for name in ("hot", "p90", "median")] == [
        str(ranked[place][0]) for place in (0, len(ranked) // 10, len(ranked) // 2)
    ]
    counts = [found.seen[name].rows for name in ("hot", "p90", "median", "tiny", "empty")]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0
    assert found.query.class_reasons["hot"] == "the user_id with the most rows that this query reads"


def test_a_key_that_finds_one_row_has_two_classes(around: Surroundings, tmp_path: Path) -> None:
    assert rows(around, tmp_path, "SELECT * FROM users WHERE email = $1") == {"median": 1, "empty": 0}
    assert rows(around, tmp_path, "SELECT * FROM sessions WHERE token = $1") == {"median": 1, "empty": 0}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM orders o JOIN users u ON u.id = o.user_id WHERE u.email = $1 AND o.status = $2"
        " AND o.created_at > $3 ORDER BY o.created_at LIMIT $4 OFFSET $5",
        "SELECT * FROM orders WHERE ($1::bigint IS NULL OR user_id = $1) AND (channel = $2 OR $2 IS NULL)",
        "SELECT u.id FROM users u WHERE EXISTS (SELECT FROM orders o WHERE o.user_id = u.id AND o.channel = $1)"
        " AND u.plan = $2",
        "SELECT * FROM users WHERE id IN (SELECT user_id FROM orders WHERE id = $1)",
        "WITH recent AS (SELECT * FROM orders WHERE created_at > $1) SELECT r.user_id, sum(total) FROM recent AS r"
        " JOIN users AS u ON u.id = r.user_id WHERE u.plan = $2 GROUP BY 1",
        "SELECT * FROM orders WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT 20",
        "SELECT * FROM order_items WHERE order_id = ANY($1) AND quantity >= $2",
        "SELECT * FROM orders WHERE tags @> $1 AND doc @> $2",
        "SELECT * FROM orders WHERE $1 = ANY(tags) AND doc ->> 'source' = $2",
        "SELECT doc -> $1 FROM orders WHERE doc ? $1 AND id = $2",
        "SELECT * FROM users WHERE to_tsvector('simple', name) @@ plainto_tsquery('simple', $1)",
        "SELECT * FROM users WHERE name LIKE $1 AND name ~* $2 AND email ILIKE $3 || '%'",
        "SELECT * FROM open_orders WHERE owner = $1",
        "SELECT id FROM orders WHERE user_id = $1 UNION SELECT id FROM users WHERE id = $1",
        "SELECT * FROM orders AS found WHERE status IN ($1, $2) AND user_id <> $3",
        'SELECT id AS "limit" FROM orders WHERE user_id = :user AND paid_on BETWEEN :From AND :to',
        "SELECT * FROM orders o JOIN LATERAL (SELECT FROM order_items i WHERE i.order_id = o.id AND i.quantity = $1"
        " LIMIT 1) AS x ON true WHERE o.user_id = $2",
        "UPDATE orders SET status = $1, total = total + $2 WHERE id = $3",
        "SELECT * FROM users WHERE id = (SELECT user_id FROM sessions WHERE token = $1 AND expires_at > now())",
        "SELECT * FROM orders WHERE tstzrange($1, $2) @> created_at AND status IS DISTINCT FROM $3",
        "SELECT * FROM order_items WHERE (order_id, product_id) IN (($1, $2), ($3, $4))",
        "SELECT * FROM users WHERE email = COALESCE($1, email) AND name = COALESCE(NULLIF($2, ''), name)",
        "WITH RECURSIVE t(n, id) AS (SELECT 1, id FROM orders WHERE id = $1 UNION ALL SELECT n + 1, o.id FROM t"
        " JOIN orders o ON o.id = t.id + 1 WHERE n < $2) SELECT * FROM t FETCH FIRST $3 ROWS ONLY",
        "SELECT user_id, sum(total) FROM orders WHERE paid_on >= $1 GROUP BY ROLLUP (user_id) HAVING sum(total) > $2",
        "SELECT * FROM orders TABLESAMPLE SYSTEM (100) WHERE user_id = $1",
        "UPDATE orders SET (status, channel) = ($1, $2) WHERE id IN (SELECT order_id FROM order_items"
        " WHERE quantity = $3) AND channel = $4",
        "UPDATE users AS u SET email = $1 FROM orders AS o WHERE o.user_id = u.id AND o.id = $2",
        "DELETE FROM sessions WHERE token = $1",
        "INSERT INTO users (email, name, plan, created_at) VALUES ($1, $2, $3, now()), ($4, $5, $6, now())",
        "INSERT INTO sessions SELECT $1, id, now() FROM users WHERE email = $2",
        "WITH gone AS (DELETE FROM sessions WHERE user_id = $1 RETURNING user_id) SELECT * FROM users JOIN gone"
        " ON user_id = id",
    ],
)  # fmt: skip
def test_whatever_is_asked_all_classes_but_empty_find_rows(around: Surroundings, tmp_path: Path, text: str) -> None:
    found = rows(around, tmp_path, text)
    assert found.keys() - {"empty"}
    assert {name: count for name, count in found.items() if name != "empty" and not count} == {}


def test_patterns_are_common_rare_and_absent(around: Surroundings, tmp_path: Path) -> None:
    found = rows(around, tmp_path, "SELECT * FROM users WHERE name ILIKE '%' || $1 || '%'")
    assert found == {"common": 50, "rare": 1, "empty": 0}


def test_a_limit_is_reached_and_an_offset_goes_deep(around: Surroundings, tmp_path: Path) -> None:
    assert max(rows(around, tmp_path, "SELECT * FROM orders WHERE user_id = $1 LIMIT 20").values()) == 20
    found = chosen(around, tmp_path, "SELECT * FROM orders WHERE user_id = $1 ORDER BY id LIMIT 20 OFFSET $2")
    assert int(found.seen["deep"].args["row_offset"] or 0) > 600
    assert found.seen["deep"].rows == 20


def test_the_worst_is_found_by_execution(around: Surroundings, tmp_path: Path) -> None:
    text = (
        "SELECT * FROM orders AS o WHERE o.user_id = $1 AND o.channel = $2"
        " AND (SELECT count(*) FROM generate_series(1, CASE o.channel WHEN 'phone' THEN 2000 ELSE 1 END)) > 0"
    )  # fmt: skip
    found = chosen(around, tmp_path, text, seconds=60)
    others = [seen.work for name, seen in found.seen.items() if name != "worst"]
    assert found.seen["worst"].work > 1.2 * max(others)
    assert found.seen["worst"].args["channel"] == "phone"
    assert found.query.class_reasons["worst"].startswith("the most work of ")


def test_an_insert_takes_new_keys_and_parents_that_are_there(around: Surroundings, tmp_path: Path) -> None:
    text = "INSERT INTO order_items VALUES ($1, $2, $3) ON CONFLICT (order_id, product_id) DO UPDATE SET quantity = $3"
    found = chosen(around, tmp_path, text)
    assert {name: seen.rows for name, seen in found.seen.items()} == {"new": 1, "existing": 1}
    assert found.query.writes
    count = around.connection.execute("SELECT count(*) FROM order_items WHERE quantity > 3").fetchall()[0][0]
    assert count == 0  # nothing of the trials stays


def test_rows_that_row_level_security_hides_are_told_of(around: Surroundings, tmp_path: Path) -> None:
    with around.connection.transaction(force_rollback=True):
        around.connection.execute("CREATE TABLE secrets AS SELECT id FROM users")
        around.connection.execute("ALTER TABLE secrets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        here = surroundings(around.connection, around.schema)
        found = chosen(here, tmp_path, "SELECT * FROM secrets WHERE id = $1")
    (why,) = found.query.class_reasons.values()
    assert why.endswith("row-level security of public.secrets shows the role that asks no such row")


def test_what_the_rows_cannot_give_is_told(around: Surroundings, tmp_path: Path) -> None:
    assert "division by zero" in chosen(around, tmp_path, "SELECT 1 / 0 FROM users WHERE id = $1").failed


def test_a_query_file_with_its_classes_reads_as_it_was_and_gives_its_bindings(
    around: Surroundings, tmp_path: Path
) -> None:
    (tmp_path / "app.sql").write_text(
        "SELECT * FROM orders WHERE user_id = $1 AND created_at > now() - interval '90 days' LIMIT 5;\n"
        "SELECT 1 FROM nope"
    )
    found = infer(around, read_bare(tmp_path / "app.sql"))
    (query,) = found.queries
    assert found.refused == ('app.sql:2: relation "nope" does not exist',)
    file = tmp_path / "queries" / f"{query.name}.sql"
    file.parent.mkdir()
    file.write_text(file_text(query))
    read = read_query(file, tmp_path)
    assert (read.extra_classes, read.class_reasons, read.parameters) == (
        query.extra_classes, query.class_reasons, query.parameters,
    )  # fmt: skip
    ledger.create(around.connection)
    bindings = choose_bindings(around.connection, [read], tmp_path / "none.sql", around.clock, silent)[query.name]
    seen = found.seen[query.name]
    assert {name: one.args for name, (one,) in bindings.items()} == {name: one.args for name, one in seen.items()}

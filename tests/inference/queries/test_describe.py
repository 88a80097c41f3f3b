"""Bare statements described by the server: types, names, sources, reasons of refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.inference.queries.bare import read_bare
from bench.inference.queries.describe import describe
from bench.inference.queries.plan_columns import plan_columns
from bench.inference.queries.surroundings import Surroundings
from bench.model import Query


def described(around: Surroundings, folder: Path, text: str) -> Query:
    file = folder / "app.sql"
    file.write_text(text)
    *_, bare = read_bare(file)
    return describe(around, bare)


def parameters(around: Surroundings, folder: Path, text: str) -> list[str]:
    return [f"{one.name} {one.type}: {one.source}" for one in described(around, folder, text).parameters]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT * FROM orders WHERE user_id = $1 LIMIT $2 OFFSET $3",
         ["user_id bigint: class", "row_limit bigint: 20", "row_offset bigint: 0"]),
        ("SELECT * FROM orders WHERE status = ? AND created_at > ?",
         ["status order_status: class", "created_from timestamp with time zone: class"]),
        ("SELECT * FROM orders WHERE created_at BETWEEN $1 AND $2",
         ["created_from timestamp with time zone: class", "created_to timestamp with time zone: class"]),
        ("SELECT * FROM orders o WHERE o.id = ANY($1) AND $2 = ANY(tags)",
         ["ids bigint[]: class", "tags text: class"]),
        ("SELECT * FROM users WHERE lower(email) = lower(:Mail) AND name ILIKE '%' || :q || '%'",
         ["Mail text: class", "q text: class"]),
        ("SELECT * FROM orders WHERE created_at > now() - interval $1",
         ["p1 interval: '30 days'", "now timestamp with time zone: clock"]),
        ("SELECT $1 + $2, generate_series(1, $3) FROM users WHERE ($4 IS NULL OR id = $4)",
         ["p1 integer: 1", "p2 integer: 1", "p3 integer: 1", "id bigint: class"]),
        ("SELECT json_build_object('a', $1) FROM users WHERE extract($2 FROM created_at) = 3",
         ["p1 text: 'a'", "p2 text: 'a'"]),
        ("UPDATE orders SET status = $1 WHERE id = $2", ["new_status order_status: class", "id bigint: class"]),
        ("INSERT INTO sessions (token, user_id, expires_at) VALUES ($1, $2, now())",
         ["token bpchar: class", "user_id bigint: class", "now timestamp with time zone: clock"]),
        ("SELECT * FROM users WHERE id IN (SELECT user_id FROM orders WHERE channel = $1)", ["channel text: class"]),
        ("SELECT * FROM (SELECT user_id AS u FROM orders) AS q WHERE q.u = $1", ["user_id bigint: class"]),
        ("WITH mine AS (SELECT * FROM orders) SELECT * FROM mine WHERE mine.user_id = $1", ["user_id bigint: class"]),
        ("SELECT * FROM orders WHERE (created_at, id) < ($1, $2)",
         ["created_at timestamp with time zone: class", "id bigint: class"]),
    ],
)  # fmt: skip
def test_a_parameter_has_a_type_a_name_and_a_source(
    around: Surroundings, tmp_path: Path, text: str, found: list[str]
) -> None:
    assert sorted(parameters(around, tmp_path, text)) == sorted(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("user_id = 42", "user_id = :user_id"),
        ("status = 'open' AND channel = 'web' AND total > 10 LIMIT 5", None),
        ("channel = 'fax'", "channel = :channel"),
        ("created_at >= '2024-01-01'", "created_at >= :created_from"),
        ("paid_on = DATE '2024-01-01'", "paid_on = :paid_on"),
        ("created_at > current_date - interval '7 days'", "created_at > :now::date - interval '7 days'"),
        (
            "user_id NOT IN (1, 2, 3) AND id IN ( 4,5 ) AND total IN (6)",
            "user_id NOT IN (1, 2, 3) AND id = ANY (:ids) AND total IN (6)",
        ),
        ("doc ->> 'source' = 's1' AND tags @> '{t1}'", None),
        ("user_id = :u AND id = 7", "user_id = :u AND id = :id"),
    ],
)
def test_a_constant_that_names_a_row_or_a_moment_is_a_parameter(
    around: Surroundings, tmp_path: Path, text: str, found: str | None
) -> None:
    sql = described(around, tmp_path, f"EXPLAIN ANALYZE SELECT * FROM orders WHERE {text}").sql
    assert sql == f"SELECT * FROM orders WHERE {text if found is None else found}"


def test_a_word_of_a_check_stays_and_a_text_that_is_looked_for_does_not(around: Surroundings, tmp_path: Path) -> None:
    found = described(around, tmp_path, "SELECT * FROM users WHERE plan = 'team' AND name LIKE 'x%' AND email = 'a'")
    assert found.sql == "SELECT * FROM users WHERE plan = 'team' AND name LIKE :name_pattern AND email = :email"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT 1\nFROM nowhere", r"app.sql:2: relation \"nowhere\" does not exist"),
        ("SELECT *\nFROM users\nWHERE id = $1 AND mail = 2", r"app.sql:3: column \"mail\" does not exist"),
        ("CREATE TABLE t ()", r"app.sql:1: CREATE is no SELECT, INSERT, UPDATE, DELETE or MERGE"),
        ("-- class x: SELECT pg_read_file('/etc/passwd') AS id\nSELECT * FROM users WHERE id = $1", "beyond the"),
        ("SELECT id,\n  pg_terminate_backend($1) FROM users", r"app.sql:2: .* is refused: it reaches beyond the"),
        ("SELECT date_trunc($1, paid_on) FROM orders GROUP BY date_trunc($2, paid_on)", r"must appear in the GROUP"),
    ],
)  # fmt: skip
def test_what_cannot_be_prepared_has_the_servers_reason_and_the_line(
    around: Surroundings, tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(WorkloadError, match=reason):
        described(around, tmp_path, text)


def test_a_header_gives_type_source_and_class(around: Surroundings, tmp_path: Path) -> None:
    found = described(around, tmp_path, "-- param id integer: SELECT 3\n-- class big: SELECT 9 AS id\n"
                      "-- why big: the last\nSELECT * FROM users WHERE id = :id")  # fmt: skip
    assert (found.parameters[0].type, found.parameters[0].source) == ("integer", "SELECT 3")
    assert (found.extra_classes, found.class_reasons) == ({"big": "SELECT 9 AS id"}, {"big": "the last"})


def test_the_query_says_what_it_reads_and_whether_it_writes(around: Surroundings, tmp_path: Path) -> None:
    found = described(around, tmp_path, "WITH gone AS (DELETE FROM sessions RETURNING *) SELECT * FROM gone, users")
    assert (found.tables, found.writes) == (("users", "sessions"), True)
    assert not described(around, tmp_path, "SELECT 1").writes
    assert described(around, tmp_path, "SELECT * FROM users FOR UPDATE").writes


def test_the_plan_knows_the_column_behind_a_view(around: Surroundings) -> None:
    text = "SELECT * FROM open_orders AS v WHERE v.owner = $1::bigint AND v.created_at < $2::timestamptz"
    assert plan_columns(around.connection, text, 2) == {
        1: ("public.orders", "user_id"),
        2: ("public.orders", "created_at"),
    }


def test_names_that_an_applications_search_path_finds_get_their_schema(around: Surroundings, tmp_path: Path) -> None:
    text = """SELECT things.id, 'things', b.id FROM things JOIN "Boxes" AS b ON b.id = things.id, users
              WHERE things.id = :things AND fits(b.id)"""
    with around.connection.transaction(force_rollback=True):
        around.connection.execute(
            'CREATE SCHEMA app CREATE TABLE things (id int) CREATE TABLE "Boxes" (id int); CREATE SCHEMA seen;'
            "CREATE VIEW seen.things AS TABLE app.things; CREATE FUNCTION app.fits(int) RETURNS bool RETURN true"
        )
        found = described(around, tmp_path, text).sql
    assert 'FROM app.things JOIN app."Boxes" AS b ON b.id = things.id, users' in found
    assert "SELECT things.id, 'things', b.id" in found
    assert "things.id = :things AND app.fits(b.id)" in found

"""Files whose order nobody says, carried out as they can be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.errors import WorkloadError
from bench.postgres.connection import Connection, Target
from bench.postgres.databases import create
from bench.postgres.schema_loader import LoadedSchema, load_schema
from bench.workload.psql import Step, read_statements

NAME, AGAIN = "pgproof_any_order", "pgproof_any_order_again"


@pytest.fixture
def database(admin: Connection, target: Target) -> Iterator[Connection]:
    create(admin, NAME, "run", about={})
    with target.connect(NAME) as connection:
        yield connection


def steps_of(files: dict[str, str]) -> list[Step]:
    return [step for name, text in files.items() for step in read_statements(text, name)]


def load(target: Target, files: dict[str, str]) -> LoadedSchema:
    return load_schema(target, NAME, steps_of(files), ordered=False)


FILES = {
    "a_fks.sql": "SET search_path = shop; ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a (id); RESET search_path;",
    "a_rows.sql": "BEGIN; INSERT INTO shop.b VALUES (1, 1); COPY shop.a FROM stdin;\n1\n\\.\nCOMMIT;",
    "b_keys.sql": "SET search_path = shop; ALTER TABLE a ADD PRIMARY KEY (id);",
    "b_names.sql": "CREATE TYPE public.kind AS ENUM ('x'); GRANT SELECT ON shop.a TO reader;",
    "c_tables.sql": "CREATE TABLE shop.a (id int); CREATE TABLE shop.b (a int, id int, k public.kind);",
    "d_schema.sql": "RESET search_path; CREATE SCHEMA shop;",
    "e_again.sql": "CREATE TABLE shop.a (id int);",
}


def test_each_statement_is_carried_out_as_soon_as_what_it_needs_is_there(
    database: Connection, target: Target, admin: Connection
) -> None:
    loaded = load(target, FILES)
    assert loaded.rows == {"shop.a": 1, "shop.b": 1}
    assert "e_again.sql:1: left out what is there already" in loaded.notes
    keys = """SELECT string_agg(contype::text, '' ORDER BY contype) FROM pg_constraint
              WHERE contype IN ('f', 'p') AND connamespace = 'shop'::regnamespace"""
    assert database.execute(keys).fetchone() == ("fp",)
    create(admin, AGAIN, "run", about={})
    assert load_schema(target, AGAIN, loaded.steps).rows == loaded.rows  # what is written down is in that order


def test_what_never_succeeds_is_what_the_first_says(database: Connection, target: Target) -> None:
    with pytest.raises(WorkloadError, match=r'b\.sql:1: relation "nowhere" does not exist'):
        load(
            target,
            {
                "a.sql": "CREATE TABLE t (a int);",
                "b.sql": "ALTER TABLE nowhere ADD a int; TABLE t;",
                "c.sql": "TABLE gone;",
            },
        )

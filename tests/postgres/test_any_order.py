"""Files whose order nobody says, carried out as they can be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.errors import WorkloadError
from bench.postgres import any_order
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
    "d_schema.sql": "RESET search_path; CREATE SCHEMA shop; SELECT pg_catalog.set_config('search_path', '', false);",
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


def test_schemas_that_the_files_work_in_and_none_makes_are_made(database: Connection, target: Target) -> None:
    loaded = load(
        target,
        {
            "a.sql": "SET search_path = app, public; CREATE VIEW v AS TABLE t;",
            "b.sql": "SET search_path = app; CREATE TABLE t (a int);",
            "c.sql": "CREATE TABLE later.u (k kind); CREATE TYPE app.kind AS ENUM ('x');",
        },
    )
    assert database.execute("SELECT 'app.v'::regclass, 'later.u'::regclass").fetchone()
    assert set(loaded.notes) == {
        "a.sql:1: schema app is made: something is in it, and nothing makes it",
        "c.sql:1: schema later is made: something is in it, and nothing makes it",
    }


def test_rows_that_are_refused_wait_and_are_left_out_in_the_end(database: Connection, target: Target) -> None:
    loaded = load(
        target,
        {
            "a_rows.sql": "INSERT INTO t VALUES (1); INSERT INTO t VALUES (-1); INSERT INTO t VALUES (2);",
            "b_tables.sql": "CREATE TABLE t (a int CHECK (a > 0));",
            "c_triggers.sql": "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION nowhere();",
        },
    )
    assert loaded.rows == {"public.t": 2}
    assert [note.partition(" that ")[0] for note in loaded.notes] == [
        "a_rows.sql:1: rows are left out", "c_triggers.sql:1: triggers are left out",
    ]  # fmt: skip


def test_a_search_that_leads_nowhere_ends_with_what_waits(
    database: Connection, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(any_order, "TRIES", 0)
    said = r'after 1 tries 1 of 2 statements still wait .*: a\.sql:1: relation "t"'
    with pytest.raises(WorkloadError, match=said) as told:
        load(target, {"a.sql": "ALTER TABLE t ADD b int;", "b.sql": "CREATE TABLE u (t int);"})
    assert "number them" in told.value.hint


def test_migrations_whose_numbers_are_not_their_order_wait_for_what_a_later_one_makes(
    database: Connection, target: Target
) -> None:
    files = {
        "1.sql": "CREATE TABLE a (id int); CREATE POLICY p ON a USING (id = mine()); ALTER TABLE b ADD d int;",
        "2.sql": "CREATE TABLE b (c int); CREATE FUNCTION mine() RETURNS int RETURN 1;",
    }
    loaded = load_schema(target, NAME, steps_of(files))
    assert loaded.notes == ("1.sql:1: what needs something that a later file makes is carried out behind it",)
    assert [step.sql[:13] for step in loaded.steps][-2:] == ["CREATE POLICY", "ALTER TABLE b"]


def test_migrations_that_lack_something_say_so_in_its_place(database: Connection, target: Target) -> None:
    with pytest.raises(WorkloadError, match=r'1\.sql:1: relation "gone" does not exist'):
        load_schema(
            target, NAME, steps_of({"1.sql": "ALTER TABLE gone ADD a int;", "2.sql": "CREATE TABLE b (c int);"})
        )

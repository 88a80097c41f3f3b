"""Every way in which a schema is kept is read to the same statements."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from bench.errors import PgproofError, ServerError, WorkloadError
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.schema_loader import load_schema
from bench.postgres.servers import ServerHandle
from bench.schema import _source, archive, is_dsn, read_schema, with_prelude
from bench.schema.archive import script_of_database
from bench.workload.psql import read_statements

NAME = "pgproof_read_test"


@pytest.fixture(scope="module")
def database(server: ServerHandle, target: Target) -> Iterator[str]:
    """The DSN of a database with a table and a row."""
    with target.connect() as admin:
        databases.create(admin, NAME, "scratch")
        with target.connect(NAME) as connection:
            connection.execute(
                "CREATE TABLE public.café (a int PRIMARY KEY, b text DEFAULT 'ü;'); DROP SCHEMA bench_meta CASCADE"
            )
            connection.execute("INSERT INTO public.café VALUES (1, 'x')")
        yield make_conninfo(server.dsn, dbname=NAME)
        databases.drop(admin, NAME)


@pytest.mark.parametrize(
    ("form", "suffix"), [("custom", ".dump"), ("directory", ""), ("tar", ".tar"), ("plain", ".sql")]
)
def test_a_dump_of_any_format_has_its_rows(form: str, suffix: str, database: str, server: ServerHandle, tmp_path: Path):
    assert server.bin_dir
    path = tmp_path / f"app{suffix}"
    subprocess.run([server.bin_dir / "pg_dump", f"--format={form}", f"--file={path}", "-d", database], check=True)
    schema = read_schema(path)
    assert schema.name == "app"
    assert [step.rows for step in schema.steps if step.rows is not None] == ["1\tx\n"]
    assert any("ü;" in step.sql for step in schema.steps)


def test_a_database_gives_its_schema_and_is_only_read(database: str, target: Target, monkeypatch: pytest.MonkeyPatch):
    schema = read_schema(database)
    assert (schema.name, schema.notes) == (NAME, ())
    assert [step.rows for step in schema.steps if step.rows is not None] == []
    with target.connect() as admin:
        databases.create(admin, f"{NAME}_again", "scratch")
        assert load_schema(target, f"{NAME}_again", schema.steps).rows == {}
        databases.drop(admin, f"{NAME}_again")


def test_a_server_that_is_newer_than_pg_dump_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What pg_dump 18 says to a server of version 19."""
    said = "pg_dump: error: server version mismatch\npg_dump: detail: server version: 19.1; pg_dump version: 18.6\n"
    program = tmp_path / "pg_dump"
    program.write_text(f"#!/bin/sh\nprintf '{said}' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(archive, "_programs", lambda name: [str(program)])
    with pytest.raises(
        ServerError, match=r"database app is on PostgreSQL 19\.1, newer than pg_dump 18, .*a pg_dump 19 on the PATH"
    ):
        script_of_database("postgresql://somewhere/app")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.sql", "no schema"),
        ("host=/nowhere dbname=app password=s3cret", "cannot read the schema of database app: "),
        ("host='", "not a DSN"),
        ("damaged.dump", "damaged.dump: "),
        ("empty.sql", "empty.sql: there is no statement in it"),
        ("packed.sql", "packed.sql is a zip file, and no SQL"),
        ("mysql.sql", "mysql.sql:2: this is SQL of MySQL, not of PostgreSQL: "),
        ("mssql.sql", "mssql.sql:1: this is SQL of SQL Server, not of PostgreSQL: "),
        ("latin.sql", "latin.sql:2: not UTF-8 text"),
    ],
)
def test_what_cannot_be_read_is_named(source: str, message: str, tmp_path: Path):
    (tmp_path / "damaged.dump").write_bytes(b"PGDMP\1\20\0nothing")
    (tmp_path / "empty.sql").write_text("-- nothing\n")
    (tmp_path / "packed.sql").write_bytes(b"PK\3\4")
    (tmp_path / "mysql.sql").write_text(
        "-- a\nINSERT INTO `t` VALUES ('it\\'s');\nCREATE TABLE `u` (a int) ENGINE=InnoDB;"
    )
    (tmp_path / "mssql.sql").write_text("CREATE DATABASE [app] COLLATE x\nGO\n")
    (tmp_path / "latin.sql").write_bytes(b"-- a\n-- caf\xe9\nSELECT 1;")
    with pytest.raises(PgproofError) as failed:
        read_schema(source if is_dsn(source) else tmp_path / source)
    assert message in failed.value.message
    assert "s3cret" not in str(failed.value)
    assert "\n" not in str(failed.value)


FORMS = {
    "a file": ({"a.sql": "-- why\nSELECT 1;\nCOPY t FROM stdin;\n1\n\\.\nSELECT 2;"}, "a.sql"),
    "a file in Latin-1": ({"a.sql": "SET client_encoding = 'LATIN1';\nSELECT 'café';"}, "a.sql"),
    "a file with companions": ({"a.sql": "\\set n 1\n\\i b.sql\nSELECT 2;", "b.sql": "SELECT :n;"}, "a.sql"),
    "migrations": ({"m/1.up.sql": "SET x.y = 1;SELECT 1", "m/1.down.sql": "DROP;", "m/2.up.sql": "SELECT 2;"}, "m"),
    "a transaction for each": ({"m/1.sql": "CREATE TEMP TABLE t (a int) ON COMMIT DROP;\nTABLE t;"}, "m"),
    "no transaction for a block": ({"m/1.sql": "DO $$\nDECLARE a int;\nBEGIN COMMIT; END $$;"}, "m"),
    "a comment at the end": ({"m/1.sql": "SELECT 1 -- why", "m/2.sql": "SELECT 2"}, "m"),
    "drizzle": ({"m/0000_a.sql": "SELECT 1\n--> statement-breakpoint\nSELECT 2;"}, "m"),
    "dialects": ({"m/postgres/1.sql": "SELECT 1;", "m/mysql/1.sql": "SELECT `x`;", "m/sqlite/1.sql": "SELECT 2;"}, "m"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_its_text_is_read_to_the_same_steps(form: str, tmp_path: Path):
    files, source = FORMS[form]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode("latin-1"))
    schema = read_schema(tmp_path / source)
    (tmp_path / "again.sql").write_text(schema.text)
    again = read_schema(tmp_path / "again.sql")
    assert [(step.sql, step.rows) for step in again.steps] == [(step.sql, step.rows) for step in schema.steps]
    assert [(step.sql, step.rows) for step in schema.steps] == EXPECTED[form]


EXPECTED: dict[str, list[tuple[str, str | None]]] = {
    "a file": [("SELECT 1", None), ("COPY t FROM stdin", "1\n"), ("SELECT 2", None)],
    "a file in Latin-1": [("SELECT 'café'", None)],
    "a file with companions": [("SELECT 1", None), ("SELECT 2", None)],
    "migrations": [("SET x.y = 1", None), ("SELECT 1", None), ("RESET ALL", None), ("SELECT 2", None)],
    "no transaction for a block": [("DO $$\nDECLARE a int;\nBEGIN COMMIT; END $$", None)],
    "a transaction for each": [
        ("BEGIN", None), ("CREATE TEMP TABLE t (a int) ON COMMIT DROP", None), ("TABLE t", None), ("COMMIT", None),
    ],
    "a comment at the end": [("SELECT 1 -- why", None), ("SELECT 2", None)],
    "drizzle": [("SELECT 1", None), ("SELECT 2", None)],
    "dialects": [("SELECT 1", None)],
}  # fmt: skip


def test_what_is_no_schema_is_refused_with_its_line_in_every_form(tmp_path: Path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "1.up.sql").write_text("SELECT 1;\n\\! id\n")
    with pytest.raises(WorkloadError, match=r"1\.up\.sql:2: .* is refused"):
        read_schema(tmp_path / "m")


def test_a_prelude_comes_first_under_the_same_rules(tmp_path: Path) -> None:
    prelude, schema = tmp_path / "before.sql", tmp_path / "schema.sql"
    prelude.write_text("CREATE TABLE users (id int PRIMARY KEY);\nCREATE ROLE somebody;")
    schema.write_text("CREATE TABLE posts (by int REFERENCES users);")
    found = with_prelude(read_schema(schema), prelude)
    assert [step.place for step in found.steps] == ["before.sql:1", "schema.sql:1"]
    assert found.name == "schema"
    assert found.notes[0].startswith("before.sql:2")
    (tmp_path / "both.sql").write_text(found.text)
    assert [step.sql for step in read_schema(tmp_path / "both.sql").steps] == [step.sql for step in found.steps]
    prelude.write_text("ALTER SYSTEM SET fsync = off")
    with pytest.raises(WorkloadError, match=r"before.sql:1"):
        with_prelude(read_schema(schema), prelude)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_file_may_be_packed_and_in_any_encoding_of_unicode(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.sql.gz").write_bytes(gzip.compress("SELECT 'é';".encode(encoding)))
    read = read_schema(tmp_path / "a.sql.gz")
    assert (read.name, [step.sql for step in read.steps]) == ("a", ["SELECT 'é'"])


def test_a_dump_that_is_cut_off_is_told() -> None:
    begin = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE a (b int);\n"
    assert _source("a", read_statements(begin, "a.sql"), begin).hint.startswith("the dump is cut off")
    rows = "INSERT INTO versions VALUES (1);\n" * 100  # as Ecto and Rails add them
    whole = f"{begin}\n--\n-- PostgreSQL database dump complete\n--\n{rows}"
    assert _source("a", read_statements(whole, "a.sql"), whole).hint == ""


def test_files_without_an_order_leave_out_what_is_about_the_server_and_what_another_includes(tmp_path: Path) -> None:
    files = {"all.sql": "\\ir part.sql", "part.sql": "SELECT 1;", "db.sql": "CREATE USER a; CREATE DATABASE b;"}
    files["tally.sql"] = "BEGIN; CREATE TEMP TABLE x (a int); INSERT INTO x SELECT 1; DELETE FROM a; COMMIT;"
    files["InsertTestData.sql"] = "INSERT INTO a VALUES (1);"
    files["rights.sql"] = (
        "GRANT a TO ${role};\nALTER TABLE a ENABLE ROW LEVEL SECURITY;\nCREATE POLICY p ON a USING (true);"
    )
    for name, text in (files | {"clear.sql": "BEGIN; TRUNCATE a; COMMIT;"}).items():
        (tmp_path / name).write_text(text)
    read = read_schema(tmp_path)
    assert not read.ordered
    assert [(step.sql, step.file) for step in read.steps] == [("SELECT 1", "part.sql")]
    assert read.notes == (
        "clear.sql is left out: it only empties or drops", "db.sql is left out: it is about databases and roles",
        "rights.sql is left out: a program fills it in, and it makes rights and triggers alone",
        "tally.sql is left out: it works on rows, by temporary tables",
    )  # fmt: skip

"""What of a schema's script is carried out, left out and told, or refused."""

from __future__ import annotations

import pytest

from bench.errors import WorkloadError
from bench.workload.dialects import dialect
from bench.workload.psql import read_statements
from bench.workload.tolerance import sorted_out
from tests.builders.cluster_sql import SELECTS, STATEMENTS

TABLE = "CREATE TABLE t (a int);"


def of(text: str) -> tuple[list[str], tuple[str, ...]]:
    kept, notes = sorted_out(read_statements(text, "a.sql"))
    return [step.sql for step in kept], notes


REFUSED = {
    "another database is dropped": "DROP DATABASE other;",
    "the server's database is dropped": "DROP DATABASE postgres;\nCREATE DATABASE postgres;\n\\connect postgres",
    "another database is made": f"{TABLE} CREATE DATABASE other;",
    "a second database is made": "CREATE DATABASE a; CREATE DATABASE b;",
    "another database is entered": f"{TABLE} \\connect other",
    "a database beside its own is entered": "CREATE DATABASE a;  \\connect b",
    "another database is altered": f"\\c app\n{TABLE} ALTER DATABASE other SET work_mem = 1;",
    "a role is altered": "ALTER ROLE app SUPERUSER;",
    "a role is altered in a block": "DO $$ BEGIN CREATE ROLE a; ALTER ROLE a SUPERUSER; END $$;",
    "somebody's role is dropped": "DROP ROLE boss;",
    "a way to programs is granted": "GRANT pg_execute_server_program TO app;",
    "the server is set": "ALTER SYSTEM SET work_mem = 1;",
    "a program": "COPY t FROM PROGRAM 'id';",
    "a file": "COPY t TO '/tmp/x';",
    "a file that is read": "INSERT INTO t SELECT pg_read_file('x');",
    "a file that is read by a hidden name": "INSERT INTO t SELECT U&\"pg\\005fread\\005ffile\"('x');",
    "another database in a block": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET a = b', 'x'); END $$;",
    "hidden in a block": "DO $$ BEGIN EXECUTE 'ALTER ' || 'SYSTEM RESET ALL'; END $$;",
    "what is built in": "CREATE FUNCTION f() RETURNS int LANGUAGE internal AS 'pg_read_file';",
    "a foreign table that reads a file": "CREATE FOREIGN TABLE f (a text DEFAULT pg_read_file('x')) SERVER s;",
    "a library": "LOAD 'lib';",
    "strings that end elsewhere": "SELECT 'a\\';\nSET standard_conforming_strings = off;",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_dangerous_is_refused_with_its_line(text: str):
    with pytest.raises(WorkloadError, match=r"^a\.sql:[345]: .* is refused"):
        of(f"-- a dump\n\n{text}")


def test_what_reaches_beyond_is_refused_but_for_what_dumps_say():
    left = {
        "alter database", "rename a database", "comment on a database", "create role", "create user", "dblink",
        "grant on a database", "set role", "set session authorization", "postgres_fdw", "strings that end elsewhere",
        "create tablespace", "create subscription", "foreign server", "untrusted language", "language c",
    }  # fmt: skip
    for name, text in {**STATEMENTS, **SELECTS}.items():
        if name not in left:
            with pytest.raises(WorkloadError, match=r"^a\.sql:1: "):
                of(f"{TABLE} {text}")


LEFT_OUT = {
    "indexes switched off": "UPDATE pg_index SET indisready = false WHERE indrelid = 't'::regclass;",
    "its own database": "DROP DATABASE IF EXISTS app; CREATE DATABASE app; ALTER DATABASE app OWNER TO x; \\c app",
    "its own database without entering it": "CREATE DATABASE app; COMMENT ON DATABASE app IS 'x';",
    "the same database again": "\\c app\nCREATE SCHEMA s;\n\\connect app",
    "rights on a database": "GRANT CONNECT ON DATABASE app TO x;",
    "a role": "DROP ROLE IF EXISTS app; CREATE ROLE app LOGIN PASSWORD 'x'; COMMENT ON ROLE app IS 'x';",
    "a membership": "GRANT reader TO app;",
    "an extension that leads to files": "CREATE EXTENSION adminpack; COMMENT ON EXTENSION adminpack IS 'x';",
    "an event trigger": "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f(); DROP EVENT TRIGGER e;",
    "another server": "CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p; DROP SUBSCRIPTION s;",
    "foreign data": "CREATE SERVER s FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN SERVER s TO x; DROP SERVER s;",
    "a place on the disk": "CREATE TABLESPACE x LOCATION '/tmp'; GRANT CREATE ON TABLESPACE x TO y;",
    "a label": "SECURITY LABEL FOR x ON TABLE t IS 'x';",
}


@pytest.mark.parametrize("text", LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_is_no_schema_is_left_out_and_told(text: str):
    kept, notes = of(text)
    assert set(kept) <= {"CREATE SCHEMA s"}
    assert notes
    assert all(note.startswith("a.sql:") for note in notes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET client_encoding = 'LATIN1'", []),
        ("COMMENT ON EXTENSION plpgsql IS 'x'", []),
        ("SET standard_conforming_strings = off", []),
        ("SET SESSION AUTHORIZATION 'App'", ['SET ROLE "App"']),
        ("SET LOCAL ROLE app", ['SET LOCAL ROLE "app"']),
        ("RESET SESSION AUTHORIZATION", ["RESET ROLE"]),
        (
            "DO $$ BEGIN IF NOT EXISTS (SELECT 1) THEN CREATE ROLE a LOGIN; END IF; GRANT a TO b; END $$",
            ["DO $$ BEGIN IF NOT EXISTS (SELECT 1) THEN NULL; END IF; NULL; END $$"],
        ),
        (
            "DO $$ DECLARE x text = 'a'; BEGIN GRANT a, b TO c; EXECUTE 'GRANT ' || x || ' TO c';"
            " EXECUTE 'ALTER USER ' || x || ' SET search_path = s'; END $$",
            ["DO $$ DECLARE x text = 'a'; BEGIN NULL; NULL; NULL; END $$"],
        ),
        (
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET a = b', current_database()); END $$",
            ["DO $$ BEGIN NULL; END $$"],
        ),
        (
            "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || quote_ident(current_database()) || ' SET a = 1'; END $$",
            ["DO $$ BEGIN NULL; END $$"],
        ),
        ("DO $$ BEGIN EXECUTE 'CREATE ROLE a PASSWORD ''x'''; END $$", ["DO $$ BEGIN NULL; END $$"]),
    ],
)
def test_some_is_done_in_another_way_and_needs_no_word(text: str, expected: list[str]):
    assert of(text) == (expected, ())


@pytest.mark.parametrize("language", ["c", "plpython3u"])
def test_a_function_that_would_reach_files_says_that_it_is_left_out(language: str) -> None:
    kept, notes = of(f"CREATE FUNCTION f(a int) RETURNS int LANGUAGE {language} STRICT AS 'lib', 'f'")
    assert "plpgsql" in kept[0]
    assert "lib" not in kept[0]
    assert notes == (f"a.sql:1: functions in {language} are left out: they reach programs and files",)


def test_what_is_for_another_system_is_no_reach() -> None:
    with pytest.raises(WorkloadError) as failed:
        of("SELECT 1;\nCREATE DATABASE IF NOT EXISTS app CHARACTER SET utf8mb4;\nUSE app;")
    assert failed.value.message == "a.sql:2: this is SQL of MySQL, not of PostgreSQL: CHARACTER SET"


def test_what_a_comment_says_is_no_sign_of_another_system() -> None:
    assert dialect("CREATE TABLE a (b int /* AUTO_INCREMENT */); -- sets `b`") == ("", "")
    with pytest.raises(WorkloadError, match=r'^a.sql:1: syntax error at or near "NOT".*another system'):
        of("CREATE DATABASE IF NOT EXISTS app;")


def test_what_is_left_out_often_is_told_once():
    assert of("CREATE ROLE a;\nCREATE ROLE b;\nCREATE ROLE c;")[1] == (
        "a.sql:1 and 2 more: rights of roles are left out: a role that something belongs to is made without any",
    )

"""A schema's script carried out: what psql would have made, and what is told or fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bench.errors import DatasetError, WorkloadError
from bench.postgres import databases, schema_loader
from bench.postgres.connection import Connection, Target
from bench.postgres.fallbacks import Fallbacks
from bench.postgres.schema_loader import LoadedSchema, _Loader, load_schema
from bench.postgres.schema_roles import MARK, Roles, drop_unused
from bench.postgres.servers import ServerHandle
from bench.workload.psql import Step, read_statements
from bench.workload.tolerance import sorted_out
from benchmarks.psql_difference import difference
from tests.builders.dumps import DUMP

NAME = "pgproof_loader_test"


@pytest.fixture
def empty(admin: Connection) -> Iterator[None]:
    databases.create(admin, NAME, "scratch")
    yield
    databases.drop(admin, NAME)
    drop_unused(admin)


def load(target: Target, text: str) -> LoadedSchema:
    return load_schema(target, NAME, sorted_out(read_statements(text, "a.sql"))[0])


def test_a_dump_gives_what_psql_makes_of_it(server: ServerHandle, tmp_path: Path) -> None:
    """psql stops at what every database has already, and at a setting that the server does not know."""
    for own in ("CREATE SCHEMA public;\n", "SET a_setting_of_tomorrow = 1;\n"):
        assert own in DUMP
    (tmp_path / "dump.sql").write_text(DUMP.replace("CREATE SCHEMA public;\n", "").replace("SET a_s", "SET a.s"))
    found = difference(server, tmp_path / "dump.sql")
    assert (found.outcome, found.strict, found.lines) == ("same", False, ())


@pytest.mark.usefixtures("empty")
def test_what_is_carried_out_as_superuser_is_one_statement(target: Target, admin: Connection) -> None:
    """Whatever was taken for one: a second behind it would have the rights, too."""
    with target.connect(NAME) as connection:
        loader = _Loader(target, NAME, connection, Roles(admin), Fallbacks(connection, target.connect, ""))
        text = "CREATE PUBLICATION p FOR ALL TABLES; CREATE ROLE made_by_superuser SUPERUSER"
        with pytest.raises(psycopg.errors.SyntaxError, match="multiple commands"):
            loader._send_as_ourselves(text, Step(text, 1, "a.sql"))
        loader._send_as_ourselves("CREATE PUBLICATION p FOR ALL TABLES", Step("", 1, "a.sql"))
    assert admin.execute("SELECT count(*) FROM pg_roles WHERE rolname = 'made_by_superuser'").fetchall() == [(0,)]


@pytest.mark.usefixtures("empty")
def test_a_dump_is_loaded_with_its_rows_and_what_is_no_schema_is_told(target: Target, admin: Connection) -> None:
    loaded = load(target, DUMP)
    assert loaded.rows == {"public.mine": 3, "shop.orders": 2}
    assert loaded.roles == ("Shop Owner", "reader", "shop_owner")
    assert loaded.notes == (
        "made without rights, because the schema names them: Shop Owner, reader, shop_owner",
        "a.sql:9: left out: SET a_setting_of_tomorrow = 1 "
        '(unrecognized configuration parameter "a_setting_of_tomorrow")',
        "a.sql:14: what every database has is there already",
    )
    rights = "SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s) AND NOT (rolcanlogin OR rolsuper OR rolbypassrls)"
    assert admin.execute(rights, [[*loaded.roles, "pgproof_workload"]]).fetchall() == [(3,)]
    bypasses = "SELECT rolbypassrls FROM pg_roles WHERE rolname = 'pgproof_workload'"
    assert admin.execute(bypasses).fetchall() == [(False,)]


def test_roles_go_when_no_database_knows_them(target: Target, admin: Connection) -> None:
    databases.create(admin, NAME, "scratch")
    load(target, "CREATE TABLE t (a int); ALTER TABLE t OWNER TO somebody; GRANT SELECT ON t TO nobody_else;")
    assert drop_unused(admin) == []
    databases.drop(admin, NAME)
    assert drop_unused(admin) == ["nobody_else", "somebody"]
    left = "SELECT count(*) FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = %s"
    assert admin.execute(left, [MARK]).fetchall() == [(0,)]


@pytest.mark.usefixtures("empty")
def test_it_works_inside_of_a_transaction_too(target: Target) -> None:
    loaded = load(
        target,
        "BEGIN; DROP TABLE t; CREATE TABLE t (a int); SET LOCAL nothing_known = 1; GRANT SELECT ON t TO somebody;\n"
        "ALTER TABLE t OWNER TO somebody; INSERT INTO t VALUES (1); COMMIT; SET SESSION AUTHORIZATION somebody;\n"
        "CREATE TEMP TABLE x AS SELECT * FROM t; RESET ROLE; BEGIN; DELETE FROM t;",
    )
    assert loaded.rows == {"public.t": 1}
    assert [note.partition(": ")[0] for note in loaded.notes[1:]] == ["a.sql:1", "a.sql:1"]


DONE_IN_ANOTHER_WAY = {
    "triggers of foreign keys": (
        "CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p); ALTER TABLE t DISABLE TRIGGER ALL;"
        "INSERT INTO t VALUES (1); INSERT INTO p VALUES (1); ALTER TABLE ONLY t ENABLE TRIGGER ALL; DELETE FROM t;",
        "SELECT current_setting('session_replication_role'), count(*) FROM p", [("origin", 1)],
    ),
    "an owner in a block": (
        "CREATE TABLE t (); DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'a') THEN\n"
        "CREATE ROLE a LOGIN; END IF; EXECUTE format('ALTER TABLE %I OWNER TO %I', 't', 'a'); END $$;",
        "SELECT tableowner::text FROM pg_tables WHERE tablename = 't'", [("a",)],
    ),
    "the role of a session": (
        "CREATE SCHEMA s; SET SESSION AUTHORIZATION a; CREATE TABLE public.t (); RESET SESSION AUTHORIZATION;"
        "CREATE INDEX ON t ((1)); ALTER SCHEMA s OWNER TO a;",
        "SELECT tableowner::text, has_schema_privilege('a', 'public', 'CREATE') FROM pg_tables WHERE tablename = 't'",
        [("a", False)],
    ),
    "a role that another has rights from": (
        "CREATE TABLE t (); GRANT SELECT ON t TO a, b, c WITH GRANT OPTION; REVOKE ALL ON t FROM b;",
        "SELECT count(*) FROM information_schema.role_table_grants WHERE table_name = 't' AND grantee IN ('a', 'c')",
        [(2,)],
    ),
    "a place on the disk": (
        "SET default_tablespace = fast; CREATE TABLE t (a int PRIMARY KEY USING INDEX TABLESPACE fast) TABLESPACE fast;"
        "ALTER TABLE t SET TABLESPACE fast;",
        "SELECT count(*) FROM pg_class WHERE relname ~ '^t' AND reltablespace = 0 AND relkind IN ('r', 'i')", [(2,)],
    ),
    "publications": (
        "CREATE PUBLICATION p FOR ALL TABLES; ALTER PUBLICATION p OWNER TO postgres;"
        "CREATE PUBLICATION q FOR TABLES IN SCHEMA public;",
        "SELECT count(*) FROM pg_publication", [(2,)],
    ),
    "unaccent for an index": (
        "CREATE EXTENSION unaccent; CREATE FUNCTION public.plain(regdictionary, text) RETURNS text LANGUAGE c\n"
        "IMMUTABLE STRICT PARALLEL SAFE AS '$libdir/unaccent', 'unaccent_dict';"
        "ALTER FUNCTION plain(regdictionary, text) OWNER TO a;",
        "SELECT plain('public.unaccent', 'é'), pg_get_userbyid(proowner)::text FROM pg_proc WHERE proname = 'plain'",
        [("e", "a")],
    ),
    "a large object": (
        "SELECT lo_create(7); ALTER LARGE OBJECT 7 OWNER TO a; BEGIN; SELECT lo_open(7, 131072);"
        "SELECT lowrite(0, 'x'); COMMIT;",
        "SELECT convert_from(lo_get(7), 'UTF8')", [("x",)],
    ),
}  # fmt: skip


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("name", DONE_IN_ANOTHER_WAY)
def test_what_the_role_may_not_is_done_in_another_way(name: str, target: Target) -> None:
    text, asked, expected = DONE_IN_ANOTHER_WAY[name]
    load(target, text)
    with target.connect(NAME) as connection:
        assert connection.execute(asked).fetchall() == expected


FAILING = {
    "SELECT 1;\n\nCREATE TABLE t (\n  a nothing\n);": (WorkloadError, 'a.sql:4: type "nothing" does not exist'),
    "CREATE TABLE t (a int);\nCREATE TABLE t (a int);": (WorkloadError, 'a.sql:2: relation "t" already exists'),
    "CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\nx\n\\.\n": (WorkloadError, "a.sql:4: invalid input syntax"),
    "CREATE TABLE t (a int PRIMARY KEY);\nINSERT INTO t VALUES (1), (1);": (DatasetError, "a.sql:2: table public.t"),
    "BEGIN;\nSELECT nothing;\nCOMMIT;": (WorkloadError, 'a.sql:2: column "nothing" does not exist'),
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql\nAS $$ SELECT x $$;": (WorkloadError, "a.sql:2: column"),
}


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("text", FAILING)
def test_what_fails_is_named_with_its_line(text: str, target: Target) -> None:
    kind, message = FAILING[text]
    with pytest.raises(kind) as failed:
        load(target, text)
    assert failed.value.message.startswith(message)


@pytest.mark.usefixtures("empty")
def test_owning_what_a_schema_names_gives_no_way_out(target: Target) -> None:
    """A function that belongs to the superuser of the dump belongs to the workload's role here."""
    load(target, "CREATE FUNCTION f() RETURNS name LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user';\n"
                 "ALTER FUNCTION f() OWNER TO postgres;")  # fmt: skip
    with target.connect(NAME) as connection:
        assert connection.execute("SELECT f()").fetchall() == [("pgproof_workload",)]


@pytest.mark.usefixtures("empty")
def test_a_role_that_a_transaction_lacks_twice_is_known_to_it_once_it_is_made(target: Target) -> None:
    rights = "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM"
    load(
        target,
        f"BEGIN;\n{rights} PUBLIC;\n{rights} pgproof_heard, pgproof_heard_too;\nCREATE TABLE t (a int);\nCOMMIT;",
    )
    with target.connect(NAME) as connection:
        assert connection.execute("SELECT count(*) FROM pg_roles WHERE rolname ~ '^pgproof_heard'").fetchall() == [(2,)]


@pytest.mark.usefixtures("empty")
def test_a_step_that_never_ends_is_ended_and_named(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_loader, "LIMIT_S", 0.2)
    with pytest.raises(WorkloadError, match=r"a\.sql:2: not finished after 0\.2 s: SELECT pg_sleep\(99\)"):
        load(target, "CREATE TABLE a (b int);\nSELECT pg_sleep(99);")

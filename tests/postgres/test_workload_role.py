"""Where the check of texts is got round, a workload's SQL still cannot leave its databases: the server says no."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bench.postgres import databases, extensions
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle
from bench.postgres.workload_role import ROLE, make_role
from tests.builders.cluster_sql import SELECTS, STATEMENTS

OWN = "pgproof_role_test"
DO_NOTHING = [
    STATEMENTS[name]
    for name in ("checkpoint", "strings that end elsewhere", "grant on a database", "prepared transaction")
]
"""What goes through: the right to a checkpoint is given, the others warn or change their session."""

CLUSTER = """
    SELECT (SELECT json_agg(r ORDER BY oid) FROM pg_authid AS r)::text,
           (SELECT json_agg(m) FROM pg_auth_members AS m)::text,
           (SELECT json_agg(d.* ORDER BY oid) FROM (SELECT oid, datname, datdba, datacl FROM pg_database) AS d)::text,
           (SELECT json_agg(s) FROM pg_db_role_setting AS s)::text, (SELECT json_agg(t) FROM pg_tablespace AS t)::text,
           (SELECT json_agg(c) FROM pg_shdescription AS c)::text,
           (SELECT json_agg(f.*) FROM pg_file_settings AS f)::text,
           (SELECT count(*) FROM pg_prepared_xacts), (SELECT count(*) FROM pg_subscription)
"""


@pytest.fixture(scope="module")
def own(target: Target) -> Iterator[str]:
    """A database of the role, beside a database and a role that are nobody's business."""
    with target.connect() as admin:
        for statement in ("CREATE DATABASE other", "GRANT CONNECT ON DATABASE other TO PUBLIC", "CREATE ROLE boss"):
            admin.execute(statement)
        databases.create(admin, OWN, "scratch")
        with target.connect(OWN) as connection:
            connection.execute("CREATE TABLE orders (id int)")
        yield OWN
        databases.drop(admin, OWN)
        for statement in ("DROP DATABASE other", "DROP ROLE boss"):
            admin.execute(statement)


@pytest.mark.parametrize("sql", [*STATEMENTS.values(), *SELECTS.values()], ids=[*STATEMENTS, *SELECTS])
def test_nothing_beyond_its_database_changes(own: str, target: Target, sql: str) -> None:
    with target.connect() as admin:
        before = admin.execute(CLUSTER).fetchone()
        failed = [text for text in (sql, "SELECT f()", "SELECT f('x')", "CALL p()") if not _succeeds(target, text)]
        assert admin.execute(CLUSTER).fetchone() == before
        assert len(failed) == 4 or sql in DO_NOTHING
    assert not Path("/tmp/file").exists()


def _succeeds(target: Target, sql: str) -> bool:
    """Whether it runs; a routine that was made may not be called for more than its maker may do."""
    with target.connect(OWN) as connection:
        try:
            connection.execute(sql)
        except psycopg.Error:
            return False
        return not sql.startswith(("CREATE FUNCTION", "CREATE PROCEDURE"))


@pytest.mark.parametrize(
    "sql", ["RESET ROLE", "RESET SESSION AUTHORIZATION", "DISCARD ALL", "SET SESSION AUTHORIZATION DEFAULT"]
)
def test_there_is_no_superuser_to_go_back_to(own: str, target: Target, sql: str) -> None:
    with target.connect(own) as connection:
        connection.execute(sql)
        found = connection.execute(
            "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = session_user"
        ).fetchone()
    assert found == (ROLE, False)


def test_it_owns_no_database_so_it_drops_none(own: str, target: Target) -> None:
    with target.connect(own) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DROP DATABASE other")
    with target.connect() as admin:
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s"
        assert admin.execute(owner, [own]).fetchall() != [(ROLE,)]


def test_what_it_did_to_its_own_account_is_taken_back(own: str, target: Target, server: ServerHandle) -> None:
    with target.connect(own) as connection:
        connection.execute("ALTER ROLE CURRENT_USER SET work_mem = '64kB'")
        connection.execute("ALTER ROLE CURRENT_USER PASSWORD 'mine'")
    make_role(server.dsn)
    with target.connect() as admin:
        assert admin.execute("SELECT rolconfig FROM pg_roles WHERE rolname = %s", [ROLE]).fetchall() == [(None,)]


def test_it_may_do_what_an_experiment_needs(own: str, target: Target) -> None:
    with target.connect(own) as connection:
        for sql in (
            "CREATE SCHEMA s", "CREATE TABLE s.t AS SELECT 1 AS a", "CREATE STATISTICS s.b ON a, (a + 1) FROM s.t",
            "CREATE MATERIALIZED VIEW s.m AS SELECT 1", "ALTER TABLE s.t SET (fillfactor = 50)", "VACUUM (ANALYZE) s.t",
            "CREATE EXTENSION pg_trgm", "SET session_replication_role = replica", "CHECKPOINT", "DROP SCHEMA s CASCADE",
        ):  # fmt: skip
            connection.execute(sql)


@pytest.mark.parametrize("name", ["pgstattuple", "pg_stat_statements"])
def test_it_gets_extensions_that_lead_nowhere_and_owns_them(own: str, target: Target, name: str) -> None:
    with target.connect(own) as connection:
        extensions.execute(connection, f"create extension {name}")
        extensions.execute(connection, f"CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA public")
        connection.execute(f"COMMENT ON EXTENSION {name} IS 'as pg_dump writes it'")
        connection.execute(f"DROP EXTENSION {name}")


def test_no_other_extension_is_created_for_it(own: str, target: Target) -> None:
    with target.connect(own) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            extensions.execute(connection, "CREATE EXTENSION dblink")
        assert connection.execute("SELECT bench_meta.create_extension('file_fdw', 'public')").fetchall() == [(False,)]
        known = connection.execute("SELECT extname FROM pg_extension").fetchall()
    assert {("dblink",), ("file_fdw",)}.isdisjoint(known)


def test_a_name_of_the_workload_s_is_none_of_ours(own: str, target: Target, admin: Connection) -> None:
    """What we do ourselves in its database finds PostgreSQL's functions, not those that it made to be found first."""
    with target.connect(own) as connection:
        connection.execute("CREATE FUNCTION public.abs(int) RETURNS int LANGUAGE sql AS 'SELECT 7'")
    with target.connect_as_ourselves(own) as ours:
        assert ours.execute("SELECT abs(-1), current_setting('search_path')").fetchall() == [(1, "pg_catalog")]

"""What reaches beyond its database is known by PostgreSQL's grammar, not by its spelling."""

from __future__ import annotations

import pytest

from bench.workload.reach import beyond
from tests.builders.cluster_sql import SELECTS, STATEMENTS


@pytest.mark.parametrize("sql", [*STATEMENTS.values(), *SELECTS.values()], ids=[*STATEMENTS, *SELECTS])
def test_it_is_found(sql: str) -> None:
    assert beyond(sql)[0]


@pytest.mark.parametrize(
    "sql",
    [
        "aLtEr\n\tsYsTeM reset all",
        "ALTER/* a /* nested */ comment */SYSTEM--\nSET work_mem = 1",
        "SELECT \"pg_read_file\"('x')",
        r"""SELECT U&"pg\005fread_file"('x')""",
        "SELECT pg_catalog . pg_read_file ( 'x' )",
        "EXPLAIN ANALYZE SELECT pg_reload_conf()",
        "CREATE VIEW v AS SELECT * FROM (VALUES (pg_ls_dir('.'))) AS t",
        "CREATE TABLE t (c text DEFAULT pg_read_file('x'))",
        "CREATE AGGREGATE a (int) (sfunc = pg_terminate_backend, stype = int)",
        "CREATE RULE r AS ON INSERT TO t DO ALSO SELECT pg_rotate_logfile()",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET role = boss AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE 'plpgsql' AS E'BEGIN RETURN pg_cancel\\137backend(1); END'",
        "ALTER FUNCTION pg_read_file(text) RENAME TO harmless",
        "PREPARE p AS SELECT pg_read_file('x')",
        "SELECT 1; ALTER SYSTEM RESET ALL",
        "DO LANGUAGE plpgsql $$ DECLARE x int := pg_terminate_backend(1); BEGIN END $$",
        "DO $$ DECLARE r orders%ROWTYPE; BEGIN r.id = 1; EXECUTE 'ALTER SYSTEM RESET ALL'; END $$",
        "DO $$ BEGIN IF true THEN LOOP EXECUTE $q$ COPY t TO PROGRAM 'sh' $q$; END LOOP; END IF; END $$",
    ],
)
def test_spelling_and_nesting_do_not_hide_it(sql: str) -> None:
    assert beyond(sql)[0]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'alter system', $$ DROP DATABASE x $$ -- copy t to program 'sh'",
        "/* CREATE ROLE boss */ SELECT 1",
        'CREATE TABLE t (role text, load int, "alter system" text, checkpoint date)',
        "INSERT INTO audit (action) VALUES ('DROP ROLE boss'), ('pg_read_file')",
        "DO $$ BEGIN /* ALTER SYSTEM */ RAISE NOTICE 'never alter system %', 1; END $$",
        "CREATE TYPE source AS ENUM ('dblink', 'pg_read_file')",
        "GRANT SELECT ON orders TO reporting",
        "ALTER TABLE orders OWNER TO somebody",
        "CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public",
        "COMMENT ON TABLE orders IS 'CREATE DATABASE'",
        "SELECT set_config('search_path', '', false)",
        "SET standard_conforming_strings = on",
        "SET LOCAL work_mem = '1GB'",
        "COPY orders FROM STDIN",
        "DELETE FROM pg_statistic WHERE starelid = 'orders'::regclass",
        "UPDATE pg_class SET reltuples = reltuples / 100 WHERE oid = 'orders'::regclass",
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('TRUNCATE %I', 'database'); END $$",
        "SELECT * FROM crm.pg_authid",
        *(
            f"CREATE FUNCTION f(a state) RETURNS {returns} LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
            for returns, body in (
                ("trigger", "UPDATE users SET role = 'x' WHERE id = NEW.id; NEW.at := now(); RETURN NEW;"),
                (
                    "trigger",
                    "IF OLD.role = 'x' THEN RAISE EXCEPTION 'never drop role %', OLD.role; END IF; RETURN OLD;",
                ),
                ("SETOF t", "INSERT INTO checkpoint VALUES (1); RETURN QUERY SELECT * FROM t;"),
                ("int", "DELETE FROM t WHERE checkpoint < now(); RETURN 1;"),
                ("void", "a := 'x'; UPDATE users SET role = a, checkpoint = 1;"),
            )
        ),
        "this is no SQL at all",
    ],
)
def test_what_only_looks_like_it_is_left_alone(sql: str) -> None:
    assert beyond(sql) == ("", 0)


def test_what_the_grammar_does_not_know_is_judged_by_its_words() -> None:
    assert beyond("SELEC pg_read_file('x')")[0] == "pg_read_file"
    assert beyond("ALTER SYSTEM SOMEHOW 'x")[0] == "ALTER SYSTEM"


def test_only_the_sizes_of_the_planner_may_be_changed_in_a_catalog() -> None:
    assert beyond("UPDATE pg_class SET relowner = 10")[0] == "a change of relowner in pg_class"
    assert beyond("UPDATE pg_proc SET prolang = 12")[0] == "a change of the catalog pg_proc"


def test_it_says_where() -> None:
    sql = "SELECT 'Größe',\n  1,\n  pg_ls_dir('.')"
    assert beyond(sql) == ("pg_ls_dir()", sql.index("pg_ls_dir"))

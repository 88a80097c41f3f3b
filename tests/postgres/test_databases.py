"""Databases that are ours, and hands off all others."""

from __future__ import annotations

import psycopg
import pytest

from bench.errors import ServerError
from bench.postgres import databases
from bench.postgres.connection import Connection, Target


def names(admin: Connection) -> list[str]:
    return [item.name for item in databases.own_databases(admin)]


def test_a_new_database_carries_our_mark_and_c_collation(admin: Connection) -> None:
    databases.create(admin, "pgproof_new", "template", about={"scale": 7})
    found = databases.find(admin, "pgproof_new")
    assert found is not None
    assert (found.kind, found.complete, found.about) == ("template", False, {"scale": 7})
    collation = admin.execute("SELECT datcollate FROM pg_database WHERE datname = 'pgproof_new'").fetchone()
    assert collation == ("C",)


def test_a_database_that_is_not_ours_is_neither_dropped_nor_replaced(admin: Connection, target: Target) -> None:
    """Even under a name of ours, and full of rows."""
    admin.execute("CREATE DATABASE pgproof_stranger")
    try:
        with target.connect_as_ourselves("pgproof_stranger") as stranger:
            stranger.execute("CREATE TABLE public.precious AS SELECT generate_series(1, 1000) AS n")
        assert "pgproof_stranger" not in names(admin)
        with pytest.raises(ServerError, match="pgproof did not make it"):
            databases.drop(admin, "pgproof_stranger")
        with pytest.raises(ServerError, match="pgproof did not make it"):
            databases.create(admin, "pgproof_stranger", "template")
        assert databases.clean(admin) == []
        with target.connect_as_ourselves("pgproof_stranger") as stranger:
            assert stranger.execute("SELECT count(*) FROM public.precious").fetchone() == (1000,)
    finally:
        admin.execute("DROP DATABASE pgproof_stranger")


@pytest.mark.parametrize("comment", ["pgproof", "{}", '{"pgproof": 1}', '{"pgproof": {"kind": "template"}}', "["])
def test_a_comment_that_only_looks_like_our_mark_is_none(admin: Connection, comment: str) -> None:
    admin.execute("CREATE DATABASE pgproof_like")
    try:
        admin.execute(psycopg.sql.SQL("COMMENT ON DATABASE pgproof_like IS {}").format(comment))
        assert names(admin) == []
    finally:
        admin.execute("DROP DATABASE pgproof_like")


def test_a_clone_holds_the_template_s_rows(admin: Connection, target: Target) -> None:
    databases.create(admin, "pgproof_t", "template")
    with target.connect("pgproof_t") as connection:
        connection.execute("CREATE TABLE t AS SELECT 42 AS answer")
    databases.create(admin, "pgproof_c", "before", template="pgproof_t")
    with target.connect("pgproof_c") as connection:
        assert connection.execute("SELECT answer FROM t").fetchone() == (42,)


def test_cleaning_drops_what_interrupted_runs_left(admin: Connection) -> None:
    databases.create(admin, "pgproof_half", "template")
    databases.create(admin, "pgproof_done", "template")
    databases.complete(admin, "pgproof_done", {})
    databases.create(admin, "pgproof_before", "before", template="pgproof_done")
    databases.create(admin, "pgproof_kept", "after", template="pgproof_done", about={"kept": True})
    assert databases.clean(admin) == ["pgproof_before", "pgproof_half"]
    assert names(admin) == ["pgproof_done", "pgproof_kept"]


def test_cleaning_leaves_what_a_live_run_works_on(admin: Connection, target: Target) -> None:
    databases.create(admin, "pgproof_half", "template")
    with target.connect() as other_run:
        assert databases.claim(other_run, "pgproof_half")
        assert databases.clean(admin) == []
        pid = other_run.info.backend_pid
    # the server ends a session, and gives its locks back, a moment after the connection was closed
    admin.execute("SELECT pg_terminate_backend(%s, 60000)", [pid])
    assert databases.clean(admin) == ["pgproof_half"]

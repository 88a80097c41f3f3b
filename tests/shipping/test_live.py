"""Shipping to a live database: the script as psql runs it, beside sessions that are in its way."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from bench.postgres import databases, optimizations
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle
from bench.postgres.statements import run_file
from bench.progress import silent
from bench.shipping import retrying, ship_script
from bench.workload import Workload, read
from tests.builders.crm import CRM
from tests.builders.shops import SHOP
from tests.shipping.scripts import (
    CHECK,
    QUICK,
    Psql,
    back,
    catalog,
    is_valid,
    script,
    shipping,
)


# ------------------------------------------------------------------------------------------------ whole workloads
@pytest.mark.parametrize("workload", [CRM, read(SHOP)], ids=["crm", "shop"])
def test_a_workload_ships_ships_again_and_goes_back(
    workload: Workload, live: Connection, psql: Psql, admin: Connection, target: Target
) -> None:
    """The catalog is that of applying it in pgproof's own way, and after the undo that of before."""
    databases.create(admin, "pgproof_applied", "scratch")
    with target.connect("pgproof_applied") as applied:
        applied.execute("CREATE TABLE t AS SELECT n, n % 7 AS m, 'x' || n AS s FROM generate_series(1, 1000) AS n")
        for connection in (applied, live):
            run_file(connection, workload.schema, "schema.sql")
        optimizations.apply_all(applied, workload.optimizations, silent)
        before, wanted = catalog(live), catalog(applied)
    there = ship_script(workload.name, workload.optimizations, queries=workload.queries)
    back = ship_script(workload.name, workload.optimizations, undo=True, queries=workload.queries)
    first = psql(there)
    assert (first.returncode, first.stderr) == (0, "")
    assert catalog(live) == wanted
    second = psql(there)
    assert (second.returncode, second.stderr, catalog(live)) == (0, "", wanted)
    assert second.stdout.count("there already") >= len(workload.optimizations) - 1
    for _ in range(2):
        assert psql(back).returncode == 0
        assert catalog(live) == before


def test_the_crm_ships_to_postgresql_15(dsn15: str) -> None:
    with psycopg.connect(dsn15, autocommit=True) as admin:
        admin.execute("CREATE DATABASE live15")
    dsn = make_conninfo(dsn15, dbname="live15")
    with psycopg.connect(dsn, autocommit=True) as connection:
        run_file(connection, CRM.schema, "schema.sql")
        before = catalog(connection)
        for undo in (False, False, True):
            text = ship_script("crm", CRM.optimizations, undo, queries=CRM.queries)
            done = subprocess.run(
                ["/usr/lib/postgresql/15/bin/psql", "-X", "-f", "-", dsn],
                input=text, capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            indexes = connection.execute("SELECT count(*) FROM pg_indexes WHERE schemaname = 'crm'").fetchall()
            assert indexes == [(72 if undo else 88,)]
        assert catalog(connection) == before


# ------------------------------------------------------------------------------------------------ interrupted
def test_an_invalid_index_of_an_interrupted_build_is_replaced(live: Connection, psql: Psql, tmp_path: Path) -> None:
    text = script(tmp_path, "CREATE UNIQUE INDEX IF NOT EXISTS u ON t (n);")
    live.execute("INSERT INTO t VALUES (1, 1, 'again')")
    failed = psql(text)
    assert failed.returncode == 3
    assert "index u on t was not built" in failed.stderr
    assert not is_valid(live, "u")
    live.execute("DELETE FROM t WHERE s = 'again'")
    again = psql(text)
    assert again.returncode == 0, again.stderr
    assert "an interrupted build left it invalid" in again.stdout
    assert is_valid(live, "u")


def test_a_key_goes_on_after_its_index_was_built(live: Connection, psql: Psql, tmp_path: Path) -> None:
    text = script(tmp_path, "ALTER TABLE t ADD CONSTRAINT k UNIQUE (n) DEFERRABLE INITIALLY DEFERRED;")
    live.execute("CREATE UNIQUE INDEX k ON t (n)")
    assert psql(text).returncode == 0
    found = live.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k'").fetchone()
    assert found == ("UNIQUE (n) DEFERRABLE INITIALLY DEFERRED",)


def test_undo_takes_an_index_without_its_constraint_too(live: Connection, psql: Psql, tmp_path: Path) -> None:
    before = catalog(live)
    live.execute("CREATE UNIQUE INDEX k ON t (n)")
    assert psql(back(tmp_path, "ALTER TABLE t ADD CONSTRAINT k UNIQUE (n);")).returncode == 0
    assert catalog(live) == before


def test_a_block_that_fails_leaves_nothing_and_is_done_on_the_next_run(
    live: Connection, target: Target, psql: Psql, tmp_path: Path
) -> None:
    text = script(tmp_path, "CREATE TABLE r (n integer);\nINSERT INTO r SELECT n FROM late;")
    before = catalog(live)
    assert psql(text).returncode == 3
    assert catalog(live) == before
    live.execute("CREATE TABLE late AS SELECT 1 AS n")
    for _ in range(2):
        assert psql(text).returncode == 0
        with target.connect_as_ourselves("pgproof_live") as ours:
            assert ours.execute("SELECT count(*) FROM public.r").fetchone() == (1,)


# ------------------------------------------------------------------------------------------------ locks


def test_a_held_lock_is_tried_again_until_it_is_free(
    live: Connection, target: Target, server: ServerHandle, tmp_path: Path
) -> None:
    patience = {"idle_in_transaction_session_timeout": "20s"}
    with target.connect("pgproof_live", autocommit=False, **patience) as reader:
        reader.execute("SELECT count(*) FROM t")
        with shipping(server, script(tmp_path, CHECK)) as process:
            assert process.stderr is not None
            told = process.stderr.readline()
            reader.rollback()
            assert process.wait(timeout=30) == 0
    assert "attempt 1 of 50: no lock yet; held by pid" in told
    assert ("constraint", "t.c", "CHECK ((n > 0))true") in catalog(live)


def test_others_pass_between_two_attempts(live: Connection, target: Target, tmp_path: Path) -> None:
    """A reader that comes while the statement waits is held up for no longer than lock_timeout."""
    with target.connect("pgproof_live", autocommit=False) as first, target.connect("pgproof_live") as shipper:
        first.execute("SELECT count(*) FROM t")
        shipper.execute("SET lock_timeout = '100ms'")
        live.execute("SET statement_timeout = '5s'")
        with pytest.raises(psycopg.errors.LockNotAvailable, match="no lock in 2 attempts"):
            shipper.execute(retrying(CHECK.rstrip(";"), replace(QUICK, attempts=2), "t"))
        assert live.execute("SELECT count(*) FROM t").fetchone() == (1000,)


def test_a_lock_that_is_never_given_up_ends_with_an_error(
    live: Connection, psql: Psql, target: Target, tmp_path: Path
) -> None:
    with target.connect("pgproof_live", autocommit=False) as reader:
        reader.execute("SELECT count(*) FROM t")
        pid = reader.info.backend_pid
        done = psql(script(tmp_path, CHECK, waiting=replace(QUICK, attempts=2)))
    assert done.returncode == 3
    assert "no lock in 2 attempts: ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0) NOT VALID" in done.stderr
    assert f"sessions that hold locks on its table: pid {pid} (pgproof, idle in" in done.stderr
    assert "run this script again" in done.stderr


def test_a_statement_that_no_loop_can_run_is_tried_again_too(
    live: Connection, psql: Psql, target: Target, tmp_path: Path
) -> None:
    text = script(tmp_path, "VACUUM FULL t;")
    assert psql(text).returncode == 0
    with target.connect("pgproof_live", autocommit=False) as reader:
        reader.execute("SELECT count(*) FROM t")
        done = psql(text)
    assert done.returncode == 3
    assert "attempt 10: no lock yet" in done.stdout
    assert "no lock in 10 attempts" in done.stderr


def test_writers_write_while_an_index_is_built(
    live: Connection, target: Target, server: ServerHandle, tmp_path: Path
) -> None:
    """The build waits for a transaction that is older than it; those that come later do not wait for the build."""
    waits = "SELECT 1 FROM pg_stat_progress_create_index WHERE phase ~ 'waiting for writers'"
    with target.connect("pgproof_live", autocommit=False) as older:
        older.execute("UPDATE t SET m = 0 WHERE n = 1")
        with shipping(server, script(tmp_path, "CREATE INDEX i ON t (n);")) as process:
            live.execute("SET statement_timeout = '5s'")
            while not live.execute(waits).fetchone():
                assert process.poll() is None
                time.sleep(0.02)
            live.execute("INSERT INTO t VALUES (2000)")
            older.rollback()
            assert process.wait(timeout=30) == 0
    assert is_valid(live, "i")


def test_a_second_script_at_the_same_time_is_refused(live: Connection, psql: Psql, tmp_path: Path) -> None:
    live.execute("SELECT pg_advisory_lock(hashtextextended('pgproof ship-script', 0))")
    done = psql(script(tmp_path, CHECK))
    assert done.returncode == 3
    assert "another session runs a script of pgproof in this database" in done.stderr

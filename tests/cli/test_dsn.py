"""Commands on a server that pgproof did not start: its password stays hidden, its databases stay as they were."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests import SHOP

TIMES_ALONE = ["--no-attribution", "--no-coverage", "--no-aa"]


def test_a_password_never_reaches_a_file_or_the_screen(dsn15: str, tmp_path: Path) -> None:
    env = os.environ | {"PGPROOF_DSN": dsn15}
    command = [sys.executable, "-m", "bench", "run", str(SHOP), "--scale", "1k", "--rounds", "2", "--budget", "0"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    everything = done.stdout + done.stderr
    everything += "".join(f.read_text() for f in (tmp_path / "reports" / "latest").iterdir())
    assert conninfo_to_dict(dsn15)["password"] not in everything
    assert "PostgreSQL 15" in done.stdout


def test_a_server_that_exists_is_measured_under_its_own_settings_too_unless_told_otherwise(
    dsn15: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "bench", "run", str(SHOP), "--scale", "1k", "--rounds", "1", "--budget", "0"]
    command += [*TIMES_ALONE, "--query", "open_orders", "--dsn", dsn15]
    asked: tuple[list[str], ...] = ([], ["--settings", "pgproof"])
    both, ours = (
        subprocess.run([*command, *more], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for more in asked
    )
    assert "As the server is set, of 1 query that only reads" in both
    assert "As the server is set" not in ours
    assert "random_page_cost 1.1 (the server's own: 4)" in " ".join(ours.split())


def test_a_role_that_may_do_everything_is_warned_of_once(dsn15: str, tmp_path: Path) -> None:
    """In a line on the screen and in the notes of the report; one that may only create databases fills its own."""
    with psycopg.connect(dsn15, autocommit=True) as admin:
        admin.execute("CREATE ROLE modest LOGIN CREATEDB PASSWORD 'modest'")
    command = [sys.executable, "-m", "bench", "run", str(SHOP), "--scale", "1k", "--rounds", "2", "--budget", "0"]
    said = "role of --dsn is a superuser"
    modest = make_conninfo(dsn15, user="modest", password="modest")
    for dsn, often in ((dsn15, 1), (modest, 0)):
        options = [*TIMES_ALONE, "--dsn", dsn, "--output", str(tmp_path / str(often))]
        done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count(said) == often
        assert (tmp_path / str(often) / "latest" / "run.json").read_text().count(said) == often


def test_a_populated_database_on_that_server_is_not_touched(dsn15: str, tmp_path: Path) -> None:
    """Neither the one that the DSN names, nor one with our prefix: no row, no table, no vacuum."""
    with psycopg.connect(dsn15, autocommit=True) as admin:
        admin.execute("CREATE DATABASE precious")
        admin.execute("CREATE DATABASE pgproof_precious")
    names = ("precious", "pgproof_precious")
    dsns = [make_conninfo(dsn15, dbname=name) for name in names]
    for dsn in dsns:
        with psycopg.connect(dsn, autocommit=True) as own:
            # The server's own autovacuum comes by once a minute; what is found afterwards must be ours.
            own.execute(
                "CREATE TABLE customers WITH (autovacuum_enabled = off) AS "
                "SELECT n AS customer_id FROM generate_series(1, 500) AS n"
            )
            own.execute("DELETE FROM customers WHERE customer_id > 400")
    before = [fingerprint(dsn) for dsn in dsns]
    command = [sys.executable, "-m", "bench", "run", str(SHOP), "--scale", "1k", "--rounds", "2", "--dsn", dsns[0]]
    command += ["--budget", "0", "--no-coverage"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    subprocess.run([sys.executable, "-m", "bench", "cache", "clear", "--dsn", dsns[0]], check=True, capture_output=True)
    assert [fingerprint(dsn) for dsn in dsns] == before
    with psycopg.connect(dsn15) as admin:
        left = admin.execute("SELECT datname FROM pg_database WHERE datname ~ 'pgproof'").fetchall()
    assert left == [("pgproof_precious",)]


def fingerprint(dsn: str) -> list[object]:
    """Tables, rows, row versions, and vacuum's and analyze's traces."""
    with psycopg.connect(dsn) as own:
        return [
            own.execute("SELECT oid, relname, relpages, reltuples, relallvisible, relfrozenxid FROM pg_class "
                        "WHERE relnamespace = 'public'::regnamespace ORDER BY 1").fetchall(),
            own.execute("SELECT ctid, xmin, customer_id FROM customers ORDER BY 1").fetchall(),
            own.execute("SELECT nspname FROM pg_namespace ORDER BY 1").fetchall(),
        ]  # fmt: skip

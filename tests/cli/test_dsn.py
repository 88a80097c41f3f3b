"""Commands on a server that pgproof did not start: its password stays hidden, its databases stay as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.cli import main
from tests import SHOP

SMALL = ("run", str(SHOP), "--scale", "1k", "--budget", "0")
TIMES_ALONE = ("--no-attribution", "--no-coverage", "--no-aa")
NAMES = ("precious", "pgproof_precious")


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


def pgproof(folder: Path, *arguments: str) -> Done:
    """Carry a command out in ``folder``."""
    out, err = StringIO(), StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        status = main(list(arguments))
    return Done(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def populated(dsn15: str) -> Iterator[dict[str, list[object]]]:
    """Two databases with rows and without statistics, one with our prefix: their DSNs, and what they are like."""
    with psycopg.connect(dsn15, autocommit=True) as admin:
        for name in NAMES:
            admin.execute(f"CREATE DATABASE {name}")
    dsns = [make_conninfo(dsn15, dbname=name) for name in NAMES]
    for dsn in dsns:
        with psycopg.connect(dsn, autocommit=True) as own:
            # The server's own autovacuum comes by once a minute; what is found afterwards must be ours.
            own.execute(
                "CREATE TABLE customers WITH (autovacuum_enabled = off) AS "
                "SELECT n AS customer_id FROM generate_series(1, 500) AS n"
            )
            own.execute("DELETE FROM customers WHERE customer_id > 400")
    yield {dsn: fingerprint(dsn) for dsn in dsns}
    with psycopg.connect(dsn15, autocommit=True) as admin:
        for name in NAMES:
            admin.execute(f"DROP DATABASE {name}")


@pytest.fixture(scope="module")
def whole_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which ``whole`` was carried out."""
    return tmp_path_factory.mktemp("whole")


@pytest.fixture(scope="module")
def whole(populated: dict[str, list[object]], whole_folder: Path) -> Done:
    """A run with every part that a run has, on a DSN that names a populated database."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PGPROOF_DSN", next(iter(populated)))
        return pgproof(whole_folder, *SMALL, "--rounds", "2")


def test_a_password_never_reaches_a_file_or_the_screen(dsn15: str, whole: Done, whole_folder: Path) -> None:
    assert whole.status == 0, whole.err
    everything = whole.out + whole.err
    stored = (whole_folder / "reports" / "latest").iterdir()
    everything += "".join(file.read_bytes().decode(errors="replace") for file in stored)
    assert conninfo_to_dict(dsn15)["password"] not in everything
    assert "PostgreSQL 15" in whole.out


def test_a_server_that_exists_is_measured_under_its_own_settings_too_unless_told_otherwise(
    dsn15: str, tmp_path: Path
) -> None:
    command = (*SMALL, "--rounds", "1", *TIMES_ALONE, "--query", "open_orders", "--dsn", dsn15)
    both, ours = pgproof(tmp_path, *command), pgproof(tmp_path, *command, "--settings", "pgproof")
    assert (both.status, ours.status) == (0, 0), both.err + ours.err
    assert "As the server is set, of 1 query that only reads" in both.out
    assert "As the server is set" not in ours.out
    assert "random_page_cost 1.1 (the server's own: 4)" in " ".join(ours.out.split())


def test_a_role_that_may_do_everything_is_warned_of_once(dsn15: str, tmp_path: Path) -> None:
    """In a line on the screen and in the notes of the report; one that may only create databases fills its own."""
    with psycopg.connect(dsn15, autocommit=True) as admin:
        admin.execute("CREATE ROLE modest LOGIN CREATEDB PASSWORD 'modest'")
    said = "role of --dsn is a superuser"
    modest = make_conninfo(dsn15, user="modest", password="modest")
    for dsn, often in ((dsn15, 1), (modest, 0)):
        output = tmp_path / str(often)
        done = pgproof(tmp_path, *SMALL, "--rounds", "2", *TIMES_ALONE, "--dsn", dsn, "--output", str(output))
        assert done.status == 0, done.err
        assert done.err.count(said) == often
        assert (output / "latest" / "run.json").read_text().count(said) == often


def test_a_populated_database_on_that_server_is_not_touched(
    dsn15: str, populated: dict[str, list[object]], whole: Done, tmp_path: Path
) -> None:
    """Neither the one that the DSN names, nor one with our prefix: no row, no table, no vacuum."""
    assert whole.status == 0, whole.err
    assert pgproof(tmp_path, "cache", "clear", "--dsn", next(iter(populated))).status == 0
    assert {dsn: fingerprint(dsn) for dsn in populated} == populated
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

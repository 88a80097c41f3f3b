"""Upkeep that runs on its clock beside something else."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.measurement.schedule import keep_up_once, kept_up
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.workload.optimizations import read_optimizations

BLOCK = """-- optimization: notes
-- category: rollup
-- upkeep every 1 s: INSERT INTO noted VALUES (:clock)
-- upkeep: SELECT 1
CREATE TABLE noted (at timestamptz);
"""


@pytest.fixture
def opened(admin: Connection, target: Target) -> Callable[[], Connection]:
    """How to connect to a database with the block's table."""
    databases.create(admin, "pgproof_upkeep", "scratch")
    with target.connect("pgproof_upkeep") as connection:
        connection.execute("CREATE TABLE noted (at timestamptz)")
    return lambda: target.connect("pgproof_upkeep")


def blocks(folder: Path, text: str = BLOCK):
    (folder / "optimizations.sql").write_text(text)
    return read_optimizations(folder / "optimizations.sql", folder)


def test_what_has_a_clock_runs_at_once_and_then_at_its_interval(
    tmp_path: Path, opened: Callable[[], Connection]
) -> None:
    (block,) = blocks(tmp_path)
    assert [(one.every_s, one.sql) for one in block.scheduled] == [(1, block.upkeep[0])]
    assert len(block.upkeep) == 2
    with kept_up(opened, [block], "2026-01-01"):
        time.sleep(1.5)
    with opened() as connection:
        assert connection.execute("SELECT count(*), max(at)::date::text FROM noted").fetchone() == (2, "2026-01-01")


def test_upkeep_that_fails_is_an_error_with_its_place(tmp_path: Path, opened: Callable[[], Connection]) -> None:
    found = blocks(tmp_path, BLOCK.replace("INTO noted", "INTO nowhere"))
    with pytest.raises(WorkloadError, match=r"optimizations.sql:1: .*nowhere"), kept_up(opened, found, "2026-01-01"):
        time.sleep(0.3)


def test_an_interval_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match="unknown header key 'upkeep every now'"):
        blocks(tmp_path, BLOCK.replace("every 1 s", "every now"))


def dead_rows(connection: Connection) -> int:
    connection.execute("SELECT pg_stat_force_next_flush()")
    found = connection.execute("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'noted'").fetchall()
    return int(found[0][0])


def test_what_refuses_a_transaction_runs_on_its_clock_outside_of_one(
    tmp_path: Path, opened: Callable[[], Connection]
) -> None:
    found = blocks(tmp_path, BLOCK.replace("INSERT INTO noted VALUES (:clock)", "VACUUM noted"))
    with opened() as connection:
        connection.execute("INSERT INTO noted SELECT now() FROM generate_series(1, 100)")
        connection.execute("DELETE FROM noted")
        assert dead_rows(connection) == 100
        with kept_up(opened, found, "2026-01-01"):
            time.sleep(0.5)
        assert dead_rows(connection) == 0


def test_what_refuses_a_transaction_is_carried_out_as_often_as_asked(
    tmp_path: Path, opened: Callable[[], Connection]
) -> None:
    """More often than a driver waits with preparing a statement."""
    statements = ["VACUUM noted", "REINDEX TABLE CONCURRENTLY noted"]
    with opened() as connection:
        file = "SELECT pg_relation_filenode('noted_idx')"
        connection.execute("CREATE INDEX noted_idx ON noted (at)")
        before = connection.execute(file).fetchone()
        keep_up_once(connection, blocks(tmp_path)[0], statements * 8, "2026-01-01")
        assert connection.execute(file).fetchone() != before

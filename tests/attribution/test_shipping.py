"""Optimizations applied under a running load: who waits for how long, and what is kept when something fails."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from bench.attribution import shipping
from bench.attribution.shipping import ship_all
from bench.attribution.stalls import Window, stall
from bench.errors import ServerError
from bench.model import Optimization, Statement
from bench.model.attribution import Load, Shipped, ShipWay
from bench.pgbench import Mix, Transaction, make_mix, programs
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.locks import Locks
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from tests.pgbench.test_pgbench import ours_running

COPIES: dict[ShipWay, str] = {"plain": "pgproof_plain", "concurrent": "pgproof_concurrent"}


def optimization(name: str, *statements: str, undo: str = "") -> Optimization:
    texts = tuple(Statement(text, 1) for text in statements)
    return Optimization(name, "index", "test", (), texts, (undo,) if undo else (), "optimizations.sql", 1)


SLOW = """
CREATE FUNCTION slow(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
$$ DECLARE total int := 0; BEGIN FOR i IN 1..80 LOOP total := total + i; END LOOP; RETURN total + n; END $$;
CREATE TABLE t (id int PRIMARY KEY, n int, m int);
INSERT INTO t SELECT n, n, n % 7 FROM generate_series(1, 300000) AS n;
ANALYZE t;
"""
SMALL = SLOW.replace("300000", "3000")


def make_copies(admin: Connection, target: Target, text: str) -> None:
    """A database made by ``text``, for each way."""
    databases.create(admin, "pgproof_source", "scratch")
    with target.connect("pgproof_source") as connection:
        connection.execute(text)
    for name in COPIES.values():
        databases.create(admin, name, "scratch", template="pgproof_source")


def shipped(
    target: Target, server: ServerHandle, *optimizations: Optimization
) -> tuple[dict[tuple[str, str], Shipped], Load, tuple[str, ...]]:
    """What ``ship_all`` gives, by name and way."""
    found, load, notes = ship_all(target, server, optimizations, COPIES)
    assert not ours_running()
    return {(one.optimization, one.way): one for one in found}, load, notes


@pytest.fixture
def small(admin: Connection, target: Target) -> None:
    """Copies with a table of 3,000 rows."""
    make_copies(admin, target, SMALL)


@pytest.mark.alone
def test_a_plain_build_stalls_writers_and_a_concurrent_one_does_not(
    admin: Connection, target: Target, server: ServerHandle
) -> None:
    make_copies(admin, target, SLOW)
    found, load, notes = shipped(target, server, optimization("i", "CREATE INDEX i ON t (slow(n))"))
    plain, concurrent = found["i", "plain"], found["i", "concurrent"]
    assert notes == ()
    assert plain.ms > 600
    assert plain.locks == ("ShareLock on public.t",)
    assert plain.locked_ms == pytest.approx(plain.ms, rel=0.1)
    assert plain.stall_ms is not None
    assert plain.stall_ms > plain.ms / 2
    assert concurrent.locks == ("ShareUpdateExclusiveLock on public.t",)
    assert concurrent.locked_ms is None
    assert concurrent.stall_ms is not None
    assert concurrent.stall_ms < plain.stall_ms / 4
    assert concurrent.transactions > 100
    assert load.clients == 4
    assert load.tps > 100
    assert len(load.quiet_ms) >= 2


@pytest.mark.alone
def test_a_lock_against_readers_and_writers_is_felt_for_as_long_as_it_is_held(
    small: None, target: Target, server: ServerHandle
) -> None:
    locked = optimization("c", "LOCK TABLE t IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(1)")
    found, _, _ = shipped(target, server, locked, optimization("i", "CREATE INDEX i ON t (n)"))
    plain = found["c", "plain"]
    assert plain.locks == ("AccessExclusiveLock on public.t",)
    assert plain.locked_ms == pytest.approx(1000, abs=150)
    assert plain.stall_ms is not None
    assert 800 < plain.stall_ms < 2000


@pytest.mark.alone
def test_readers_wait_too_where_the_lock_is_against_them(
    small: None, target: Target, server: ServerHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def only_reads(connection: Connection, optimizations: object) -> Mix:
        mix = make_mix(connection, (optimization("i", "CREATE INDEX i ON t (n)"),))
        return replace(mix, scripts=mix.scripts[:1])

    monkeypatch.setattr(shipping, "make_mix", only_reads)
    share = optimization("share", "LOCK TABLE t IN SHARE MODE", "SELECT pg_sleep(1)")
    exclusive = optimization("exclusive", "LOCK TABLE t IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(1)")
    found, _, _ = shipped(target, server, share, exclusive)
    felt_share, felt_exclusive = found["share", "plain"].stall_ms, found["exclusive", "plain"].stall_ms
    assert felt_share is not None
    assert felt_exclusive is not None
    assert felt_share < 500 < felt_exclusive


@pytest.mark.alone
def test_the_wait_of_one_optimization_is_not_laid_on_the_next(
    small: None, target: Target, server: ServerHandle
) -> None:
    slow = optimization("slow", "LOCK TABLE t IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(1.5)")
    found, load, _ = shipped(target, server, slow, optimization("quick", "SELECT 1", "SELECT pg_sleep(0.2)"))
    stall_ms = found["quick", "plain"].stall_ms
    assert stall_ms is not None
    assert stall_ms < 700
    assert max(load.quiet_ms) < 700


def test_a_failing_optimization_is_kept_as_an_error_and_the_others_go_on(
    small: None, admin: Connection, target: Target, server: ServerHandle
) -> None:
    found, _, _ = shipped(
        target,
        server,
        optimization("twice", "CREATE INDEX once ON t (n)", "CREATE INDEX broken ON t (zz)", undo="DROP INDEX once"),
        optimization("good", "CREATE INDEX good ON t (m)"),
    )
    for way, name in COPIES.items():
        assert found["twice", way].error == 'optimizations.sql:1: column "zz" does not exist'
        assert found["good", way].error == ""
        with target.connect(name) as connection:
            names = connection.execute("SELECT indexname FROM pg_indexes WHERE tablename = 't' ORDER BY 1").fetchall()
        assert names == [("good",), ("t_pkey",)]


def test_an_invalid_index_is_dropped(small: None, target: Target, server: ServerHandle) -> None:
    text = "CREATE FUNCTION odd(n int) RETURNS int LANGUAGE sql IMMUTABLE RETURN 1 / (n - 1500)"
    for name in COPIES.values():
        with target.connect(name) as connection:
            connection.execute(text)
    found, _, _ = shipped(target, server, optimization("odd", "CREATE INDEX odd ON t (odd(n))"))
    assert "division by zero" in found["odd", "plain"].error
    assert "division by zero" in found["odd", "concurrent"].error
    with target.connect(COPIES["concurrent"]) as connection:
        assert connection.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone() == (0,)


def test_a_statement_without_lock_or_table_needs_no_load(small: None, target: Target, server: ServerHandle) -> None:
    found, load, notes = shipped(target, server, optimization("e", "CREATE EXTENSION pg_trgm"))
    assert found["e", "plain"].stall_ms is None
    assert found["e", "plain"].locks == ()
    assert (load.clients, load.quiet_ms) == (0, ())
    assert load.note == "no table that an optimization names can be loaded"
    assert notes == ()


def test_rewrites_are_left_out(small: None, target: Target, server: ServerHandle) -> None:
    found, _, _ = shipped(target, server, optimization("rewrite"), optimization("i", "CREATE INDEX i ON t (n)"))
    assert {name for name, _ in found} == {"i"}


def test_a_load_that_dies_is_said_and_what_it_felt_before_is_kept(
    small: None, target: Target, server: ServerHandle
) -> None:
    def kill(phase: str, done: float, total: float, unit: str = "") -> None:
        if done == 4:  # before the last one of the first way
            os.kill(ours_running()[0], signal.SIGKILL)

    many = [optimization(f"i{n}", f"CREATE INDEX i{n} ON t (n)", "SELECT pg_sleep(0.3)") for n in range(5)]
    found, load, notes = ship_all(target, server, many, COPIES, kill)
    by_name = {(one.optimization, one.way): one for one in found}
    assert by_name["i0", "plain"].stall_ms is not None
    assert by_name["i4", "plain"].stall_ms is None
    assert by_name["i4", "plain"].locks == ("ShareLock on public.t",)
    assert by_name["i4", "concurrent"].stall_ms is not None
    assert notes == ("the load died after i3, and what came then it did not see: pgbench ended (signal SIGKILL)",)
    assert load.quiet_ms


def test_without_pgbench_times_and_locks_are_seen_and_the_note_says_why(
    small: None, target: Target, server: ServerHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "wheel_programs", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    found, load, notes = shipped(target, replace(server, bin_dir=None), optimization("i", "CREATE INDEX i ON t (n)"))
    assert found["i", "plain"].locks == ("ShareLock on public.t",)
    assert found["i", "plain"].stall_ms is None
    assert load.clients == 0
    assert "there is no pgbench" in load.note
    assert notes == (load.note,)


def test_nothing_is_left_when_it_is_interrupted(small: None, target: Target, server: ServerHandle) -> None:
    def interrupt(phase: str, done: float, total: float, unit: str = "") -> None:
        if done == 1:
            assert len(ours_running()) == 1
            raise KeyboardInterrupt

    both = [optimization(name, f"CREATE INDEX {name} ON t (n)") for name in ("i", "j")]
    with pytest.raises(KeyboardInterrupt):
        ship_all(target, server, both, COPIES, interrupt)
    assert not ours_running()


def test_a_database_that_is_not_ours_is_left_alone(admin: Connection, target: Target, server: ServerHandle) -> None:
    with pytest.raises(ServerError, match="pgproof did not make the database postgres"):
        ship_all(target, server, [optimization("i", "CREATE TABLE i ()")], {"plain": "postgres"})
    assert admin.execute("SELECT to_regclass('i')").fetchone() == (None,)


@pytest.mark.alone
def test_it_works_on_a_server_of_version_15_that_needs_a_password(dsn15: str) -> None:
    with open_server("dsn", ServerOptions(dsn=dsn15)) as server:
        target = Target(server.dsn)
        with target.connect() as admin:
            try:
                make_copies(admin, target, SMALL)
                found, load, notes = shipped(
                    target, server, optimization("i", "CREATE INDEX i ON t (n)", "SELECT pg_sleep(0.3)")
                )
            finally:
                databases.drop_all(target, ["pgproof_source", *COPIES.values()])
    assert {one.error for one in found.values()} == {""}
    assert found["i", "plain"].transactions > 20
    assert load.tps > 100
    assert notes == ()


def test_a_transaction_that_waited_for_something_earlier_does_not_count() -> None:
    transactions = (Transaction(8.0, 10.5), Transaction(10.2, 10.6), Transaction(11.5, 11.6), Transaction(12.0, 12.1))
    seen = stall(Window(free_since_s=9.0, begin_s=10.0, end_s=11.0), transactions)
    assert seen.transactions == 1
    assert seen.longest_ms == pytest.approx(400)


def test_the_strongest_mode_of_each_relation_is_named_strongest_first() -> None:
    locks = Locks(frozenset(), {("s.a", "ShareLock"): 2.0, ("s.b", "AccessExclusiveLock"): 0.1})
    locks.add({("s.a", "AccessExclusiveLock"): 0.3, ("s.c", "ShareUpdateExclusiveLock"): 9.0})
    assert locks.strongest() == (
        "AccessExclusiveLock on s.a",
        "AccessExclusiveLock on s.b",
        "ShareUpdateExclusiveLock on s.c",
    )
    assert locks.hindering_ms() == pytest.approx(300)

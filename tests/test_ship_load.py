"""Optimizations applied under a running load: who waits for how long, and what is kept when something fails."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from bench import database
from bench.attribution import shipping
from bench.attribution.locks import Locks
from bench.attribution.shipping import ship_all
from bench.attribution.windows import Window, felt
from bench.database import Connection, Target
from bench.errors import ServerError
from bench.load import Transaction, programs
from bench.model import Optimization, Statement
from bench.model.sides import Load, Shipped, ShipWay
from bench.servers import ServerHandle, ServerOptions, open_server
from tests.test_load import ours_running

COPIES: dict[ShipWay, str] = {"plain": "pgproof_plain", "concurrent": "pgproof_concurrent"}


@dataclass(frozen=True, slots=True)
class Step:
    """As bench/shipping.py gives it."""

    sql: str
    outside: bool = False


def concurrently(optimization: Optimization) -> tuple[Step, ...]:
    """Index builds concurrently, everything else statement by statement."""
    return tuple(
        Step(s.sql.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY"), s.sql.startswith("CREATE INDEX"))
        for s in optimization.statements
    )


def optimization(name: str, *statements: str, undo: str = "") -> Optimization:
    texts = tuple(Statement(text, 1) for text in statements)
    return Optimization(name, "index", "test", (), texts, (undo,) if undo else (), "optimizations.sql", 1)


SLOW = """
CREATE FUNCTION slow(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
$$ DECLARE total int := 0; BEGIN FOR i IN 1..40 LOOP total := total + i; END LOOP; RETURN total + n; END $$;
CREATE TABLE t (id int PRIMARY KEY, n int, m int);
INSERT INTO t SELECT n, n, n % 7 FROM generate_series(1, 300000) AS n;
ANALYZE t;
"""
SMALL = SLOW.replace("300000", "3000")


def make_copies(admin: Connection, target: Target, text: str) -> None:
    """A database made by ``text``, for each way."""
    database.create(admin, "pgproof_source", "scratch")
    with target.connect("pgproof_source") as connection:
        connection.execute(text)
    for name in COPIES.values():
        database.create(admin, name, "scratch", template="pgproof_source")


def shipped(
    target: Target, server: ServerHandle, *optimizations: Optimization
) -> tuple[dict[tuple[str, str], Shipped], Load, tuple[str, ...]]:
    """What ``ship_all`` gives, by name and way."""
    found, load, notes = ship_all(target, server, optimizations, COPIES, concurrently)
    assert not ours_running()
    return {(one.optimization, one.way): one for one in found}, load, notes


@pytest.fixture
def small(admin: Connection, target: Target) -> None:
    """Copies with a table of 3,000 rows."""
    make_copies(admin, target, SMALL)


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
    assert max(load.quiet_ms) < plain.stall_ms / 4
    print(plain.ms, plain.stall_ms, concurrent.ms, concurrent.stall_ms, load)

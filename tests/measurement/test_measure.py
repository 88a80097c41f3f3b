"""Timing, comparing and explaining cells on a real server."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from bench.errors import WorkloadError
from bench.measurement import Cell, Sides, compare, rounds, time_pairs
from bench.model import Binding, Options, Pair, Parameter, Query, Sample
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.progress import silent

OPTIONS = Options(rounds=6, budget_s=0, timeout_s=30, warmups=1, seed=1, target_ms=100)
N = Parameter("n", "int", "1")


def cell(sql: str, *args: int, writes: bool = False, name: str = "q") -> Cell:
    query = Query(
        name, "T", "Q?", (), (N,) if args else (), (), {}, (), writes, "", sql, 5, f"queries/{name}.sql"
    )  # fmt: skip
    return Cell(query, "hot", tuple(Binding({"n": str(arg)}) for arg in args) or (Binding({}),))


@pytest.fixture
def sides(admin: Connection, target: Target) -> Sides:
    """Two databases with a table of 1,000 rows; only the second has an index, and a row less."""
    for name, extra in (("before", "SELECT"), ("after", "DELETE FROM t WHERE n = 500; CREATE INDEX i ON t (n)")):
        databases.create(admin, f"pgproof_m_{name}", "scratch")
        with target.connect(f"pgproof_m_{name}") as connection:
            connection.execute("CREATE TABLE t AS SELECT n, n / 3.0::float8 AS f FROM generate_series(1, 1000) AS n")
            connection.execute(extra)
            connection.execute("VACUUM (FREEZE, ANALYZE) t")
    return Sides(target, {"before": "pgproof_m_before", "after": "pgproof_m_after"}, 30)


def test_equal_rows_in_another_order_are_equal(sides: Sides) -> None:
    pair = compare(sides, cell("SELECT n FROM t WHERE n <= :n", 10, 20))
    assert pair.equality is not None
    assert pair.equality.equal
    assert [binding.result_rows for binding in pair.bindings] == [10, 20]
    assert pair.before.first_ms is not None
    assert pair.after.first_ms is not None


def test_the_plan_of_every_binding_is_kept_where_it_is_asked_for(sides: Sides) -> None:
    asked = cell("SELECT n FROM t WHERE n <= :n", 10, 20)
    kept = compare(sides, asked, plans=True).before
    assert kept.plan is not None
    assert [plan["Actual Rows"] for plan in (kept.plan.plan, kept.by_binding[1].plan)] == [10, 20]
    assert compare(sides, asked).before.by_binding[1].plan is None


def test_one_row_less_is_not_equal_and_says_for_which_binding(sides: Sides) -> None:
    pair = compare(sides, cell("SELECT n FROM t WHERE n <= :n", 10, 500))
    assert pair.equality is not None
    assert not pair.equality.equal
    assert pair.equality.detail == "binding 2 of 2: 500 rows before, 499 after"


def test_the_same_row_twice_is_not_the_same_row_once(sides: Sides) -> None:
    query = "SELECT least(n, 1) AS one FROM t WHERE n IN (500, :n)"
    pair = compare(sides, cell(query, 501))
    assert pair.equality is not None
    assert not pair.equality.equal


def test_float_sums_may_differ_in_their_last_digits(sides: Sides) -> None:
    query = "SELECT sum(f) FROM (SELECT f FROM t WHERE n <= :n ORDER BY n * (CASE WHEN EXISTS (SELECT FROM pg_indexes" \
            " WHERE indexname = 'i') THEN 1 ELSE -1 END)) AS s"  # fmt: skip
    pair = compare(sides, cell(query, 499))
    assert pair.equality is not None
    assert pair.equality.equal


def test_the_plan_and_its_work_are_seen(sides: Sides) -> None:
    pair = compare(sides, cell("SELECT f FROM t WHERE n = :n", 7))
    assert pair.before.plan is not None
    assert pair.after.plan is not None
    assert pair.before.plan.fingerprint != pair.after.plan.fingerprint
    assert pair.after.plan.counters.buffers < pair.before.plan.counters.buffers


def test_each_binding_has_the_work_and_the_plan_of_its_own(sides: Sides) -> None:
    pair = compare(sides, cell("SELECT f FROM t WHERE n <= :n", 1, 900))
    narrow, wide = pair.after.by_binding
    assert pair.after.plan
    assert (narrow.fingerprint, narrow.buffers) == (pair.after.plan.fingerprint, pair.after.plan.counters.buffers)
    assert (wide.fingerprint != narrow.fingerprint, wide.buffers > narrow.buffers) == (True, True)
    assert compare(sides, cell("DELETE FROM t WHERE n = :n", 1, 2, writes=True)).after.by_binding == ()


def test_each_side_is_timed_as_often_as_asked_in_pairs(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "_sparingly", lambda store: store)  # on a busy machine any call may take long
    cells = [cell("SELECT f FROM t WHERE n = :n", 7, 8), cell("SELECT count(*) FROM t")]
    stored: list[Sequence[Pair]] = []
    pairs = time_pairs(
        sides, cells, [compare(sides, c) for c in cells], OPTIONS, silent, lambda p: stored.append(list(p))
    )
    assert [len(p.before.samples) for p in pairs] == [len(p.after.samples) for p in pairs] == [6, 6]
    assert [sample.binding for sample in pairs[0].before.samples] == [0, 1, 0, 1, 0, 1]
    assert [len(p[0].after.samples) for p in stored] == [1, 2, 3, 4, 5, 6]
    begun = [(b.at_s, a.at_s) for b, a in zip(pairs[0].before.samples, pairs[0].after.samples, strict=True)]
    assert {before < after for before, after in begun} == {True, False}, "neither side always goes first"


def test_what_is_stored_after_each_round_takes_a_tenth_of_the_time_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    now, stored = 0.0, []

    def store(pairs: Sequence[Pair]) -> None:
        nonlocal now
        stored.append(now)
        now += 2

    monkeypatch.setattr(rounds, "time", SimpleNamespace(perf_counter=lambda: now))
    kept = rounds._sparingly(store)
    for _ in range(41):
        kept([])
        now += 1
    assert stored == [0, 20, 40]


def test_no_arm_keeps_one_connection_for_all_rounds(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server process that is slower than another stays so: its luck must not decide a comparison."""
    processes: dict[str, list[int]] = {"before": [], "after": []}

    def noted(connection: Connection, cell: Cell, arm: str, number: int, at_s: float) -> Sample:
        processes[arm].append(connection.info.backend_pid)
        return timed(connection, cell, arm, number, at_s)

    timed = rounds._timed
    monkeypatch.setattr(rounds, "_timed", noted)
    query = cell("SELECT f FROM t WHERE n = :n", 7)
    time_pairs(sides, [query], [compare(sides, query)], replace(OPTIONS, rounds=12), silent, lambda _: None)
    for found in processes.values():
        assert [len(set(part)) for part in (found[:5], found[5:10], found[10:])] == [1, 1, 1]
        assert len(set(found)) == 3


def test_a_timeout_is_recorded_as_longer_than_and_waited_for_twice_at_most(sides: Sides, target: Target) -> None:
    slow = "SELECT CASE WHEN NOT EXISTS (SELECT FROM pg_indexes WHERE indexname = 'i') THEN pg_sleep(9) END"
    quick = Sides(target, sides.databases, 0.2)
    pair = compare(quick, cell(slow))
    (timed,) = time_pairs(quick, [cell(slow)], [pair], OPTIONS, silent, lambda _: None)
    assert [sample.censored for sample in timed.before.samples] == [True, True]
    assert timed.before.look == 2
    assert timed.before.samples[0].ms >= 200
    assert len(timed.after.samples) == 6
    assert timed.equality is None


def test_writes_are_rolled_back(sides: Sides, target: Target) -> None:
    write = cell("DELETE FROM t WHERE n < :n RETURNING n", 10, writes=True)
    pair = compare(sides, write)
    time_pairs(sides, [write], [pair], OPTIONS, silent, lambda _: None)
    assert pair.bindings[0].result_rows == 9
    with target.connect("pgproof_m_before") as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1000,)


def test_a_query_that_writes_without_saying_so_is_refused(sides: Sides) -> None:
    with pytest.raises(WorkloadError, match=r"queries/q\.sql:5 \(before\): cannot execute DELETE in a read-only"):
        compare(sides, cell("DELETE FROM t WHERE n = :n", 7))


def test_a_clear_miss_is_left_alone_while_the_other_side_is_executed_until_a_look_decides(sides: Sides) -> None:
    asked = cell("SELECT CASE WHEN NOT EXISTS (SELECT FROM pg_indexes WHERE indexname = 'i') THEN pg_sleep(0.05) END")
    options = Options(rounds=80, budget_s=0, timeout_s=30, warmups=1, seed=1, target_ms=45)
    (pair,) = time_pairs(sides, [asked], [compare(sides, asked)], options, silent, lambda _: None)
    assert (len(pair.before.samples), pair.before.look) == (15, 2)
    assert len(pair.after.samples) == 80


def test_both_sides_are_decided_where_there_is_budget(sides: Sides) -> None:
    """Not only after: what was before is claimed, too."""
    options = Options(rounds=5, budget_s=60, timeout_s=30, warmups=1, seed=1, target_ms=1000)
    asked = cell("SELECT count(*) FROM t")
    (pair,) = time_pairs(sides, [asked], [compare(sides, asked)], options, silent, lambda _: None)
    assert [(side.look, len(side.samples)) for side in (pair.before, pair.after)] == [(80, 80), (80, 80)]


def test_keeping_what_was_seen_takes_a_tenth_of_the_time_at_most(sides: Sides) -> None:
    kept: list[int] = []

    def store(pairs: Sequence[Pair]) -> None:
        kept.append(len(pairs[0].after.samples))
        time.sleep(0.2)

    options, asked = replace(OPTIONS, rounds=40), cell("SELECT count(*) FROM t")
    (pair,) = time_pairs(sides, [asked], [compare(sides, asked)], options, silent, store)
    assert len(pair.after.samples) == 40
    assert 1 <= len(kept) <= 20


def test_without_a_target_every_cell_gets_as_many(sides: Sides) -> None:
    options = Options(rounds=4, budget_s=60, timeout_s=30, warmups=1, seed=1, target_ms=0)
    asked = cell("SELECT count(*) FROM t")
    (pair,) = time_pairs(sides, [asked], [compare(sides, asked)], options, silent, lambda _: None)
    assert [(side.look, len(side.samples)) for side in (pair.before, pair.after)] == [(None, 4), (None, 4)]


@pytest.mark.alone
def test_more_executions_go_where_the_spread_is_wide(sides: Sides) -> None:
    """Wide: times to the third power of a random number, of which 15 look narrow in 2 of 10,000 series."""
    steady = cell("SELECT pg_sleep(0.02)", name="steady")
    random = "(extract(microseconds FROM clock_timestamp())::int % 60) / 60.0"
    unsteady = cell(f"SELECT pg_sleep(0.06 * ({random}) ^ 3)", name="unsteady")
    cells = [steady, unsteady]
    options = Options(rounds=15, budget_s=4, timeout_s=30, warmups=0, seed=1, target_ms=1)
    first, second = time_pairs(sides, cells, [compare(sides, c) for c in cells], options, silent, lambda _: None)
    assert len(first.before.samples) < len(second.before.samples)


def test_what_a_cluster_refuses_is_an_outcome_of_its_side_and_the_other_is_timed(
    sides: Sides, admin: Connection
) -> None:
    """``i`` is an index of one side alone; what one server does not know is an error, and ends everything."""
    known = "SELECT n FROM t WHERE 'i'::regclass IS NOT NULL AND n = 7"
    cells = [cell(known), cell("SELECT count(*) FROM t", name="other")]
    with pytest.raises(WorkloadError, match='relation "i" does not exist'):
        compare(sides, cells[0])
    spread = replace(sides, spread=True)
    pairs = [compare(spread, one) for one in cells]
    assert 'relation "i" does not exist' in pairs[0].before.error
    assert (pairs[0].after.error, pairs[0].equality) == ("", None)
    timed = time_pairs(spread, cells, pairs, OPTIONS, silent, lambda _: None)
    assert [(len(one.before.samples), len(one.after.samples)) for one in timed] == [(0, 6), (6, 6)]


def test_what_can_be_executed_and_not_explained_is_timed_without_a_plan(sides: Sides) -> None:
    spread, shown = replace(sides, spread=True), cell("SHOW work_mem")  # a statement that EXPLAIN has no grammar for
    pair = compare(spread, shown)
    assert (pair.before.error, pair.before.plan, pair.equality and pair.equality.equal) == ("", None, True)
    (timed,) = time_pairs(spread, [shown], [pair], OPTIONS, silent, lambda _: None)
    assert (len(timed.before.samples), len(timed.after.samples)) == (6, 6)

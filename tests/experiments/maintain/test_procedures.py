"""What a churn leaves behind on a real server, and what takes it back."""

from __future__ import annotations

from bench.postgres.connection import Target
from tests.builders.treated import block
from tests.experiments.maintain.conftest import INDEXES, Open

UPKEEP = "-- optimization: keep\n-- category: rollup\n-- why: test\n-- undo: DROP TABLE r;\n{}CREATE TABLE r (n int);\n"
INSERTS = "INSERT INTO t SELECT 10000 + n, n, 1, jsonb_build_object('new', n) FROM generate_series(1, 900) AS n;"


def test_a_churn_makes_an_index_only_scan_fetch_rows_and_vacuum_takes_that_back(small: Open) -> None:
    with small() as aged:
        assert aged.heap_fetches() == 0
        aged.age()
        assert aged.heap_fetches() > 500
        assert aged.maintain("gin").error == ""
        assert aged.heap_fetches() > 500
        assert aged.maintain("vacuum").error == ""
        assert aged.heap_fetches() == 0


def test_a_pending_list_grows_and_its_cleaning_empties_it(small: Open) -> None:
    with small(writes={"insert": INSERTS}) as aged:
        assert aged.index("doc_gin").pending_pages == 0
        aged.age(0.1)
        assert aged.index("doc_gin").pending_pages > 3
        seen = aged.maintain("gin")
        assert aged.index("doc_gin").pending_pages == 0
    assert (seen.statements, seen.locks) == (("SELECT gin_clean_pending_list('public.doc_gin'::regclass)",), ())
    assert seen.wal_bytes > 1000


def test_a_bloated_index_shrinks_when_it_is_rebuilt_and_nobody_has_to_wait(small: Open) -> None:
    churn_sql = "UPDATE t SET a = (a + 5003) % 10007 WHERE :share > 0;"
    with small(churn_sql=churn_sql) as aged:
        new = aged.index("a_idx").size_bytes
        aged.age()
        grown = aged.index("a_idx").size_bytes
        assert grown > 2 * new
        seen = aged.maintain("reindex")
        assert aged.index("a_idx").size_bytes < grown / 2
    assert len(seen.statements) == 3
    assert {lock.partition(" on ")[0] for lock in seen.locks} <= {"ShareUpdateExclusiveLock"}
    assert seen.locked_ms is None


def test_autovacuum_comes_by_only_where_a_threshold_is_crossed(small: Open) -> None:
    with small() as aged:
        aged.age(0.05)
        assert aged.maintain("autovacuum").skipped == "no table has crossed a threshold of autovacuum"
        aged.age(1.0)
        assert aged.maintain("autovacuum").statements == ("VACUUM (ANALYZE) public.t",)
        assert aged.connection.execute("SHOW vacuum_cost_delay").fetchone() == ("0",)
        assert aged.heap_fetches() == 0


def test_an_old_snapshot_keeps_rows_and_its_holder_is_named(small: Open, target: Target) -> None:
    with small() as aged, target.connect("pgproof_aged_test", autocommit=False) as other:
        other.execute("SET application_name = 'a forgotten shell'")
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT 1 FROM t LIMIT 1")
        aged.age()
        seen = aged.maintain("vacuum")
        other.rollback()
        assert aged.maintain("vacuum").not_removable == {}
    assert seen.not_removable["public.t"] > 100
    assert "(a forgotten shell)" in seen.held_back_by


def test_upkeep_is_carried_out_and_what_it_writes_is_counted(small: Open) -> None:
    with small(UPKEEP.format("-- upkeep: INSERT INTO r SELECT 1 FROM t LIMIT 7\n")) as aged:
        aged.age()
        seen = aged.maintain("keep")
    assert (seen.optimization, seen.written, seen.error) == ("keep", {"public.r": 7}, "")


def test_upkeep_may_be_what_refuses_a_transaction(small: Open) -> None:
    with small(INDEXES + UPKEEP.format("-- upkeep: VACUUM t\n")) as aged:
        aged.age()
        assert aged.heap_fetches() > 500
        assert aged.maintain("keep").error == ""
        assert aged.heap_fetches() == 0


def test_upkeep_that_fails_is_kept_with_its_reason(small: Open) -> None:
    with small(UPKEEP.format("-- upkeep: SELECT 1 / 0\n")) as aged:
        aged.age()
        assert aged.maintain("keep").error == "optimizations.sql:1: division by zero"
        assert aged.maintain("vacuum").error == ""


def test_without_a_pending_list_there_is_nothing_to_clean(small: Open) -> None:
    blocks = block("g", "CREATE INDEX g ON t USING gin (doc) WITH (fastupdate = off);")
    with small(blocks) as aged:
        aged.age()
        assert aged.maintain("gin").skipped == "no GIN index has a pending list"


def test_with_nothing_written_all_tables_are_maintained(small: Open) -> None:
    with small(INDEXES) as aged:
        assert aged.age(0.0).phase.tables == ()
        seen = aged.maintain("vacuum")
    assert (seen.statements, seen.not_removable) == (("VACUUM public.t",), {})

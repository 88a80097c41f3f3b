"""Applying optimizations and taking them back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import DriftError, WorkloadError
from bench.model import Optimization
from bench.postgres import databases, ledger, optimizations
from bench.postgres.build_settings import statistics_target
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.progress import silent
from bench.workload.optimizations import read_optimizations


@pytest.fixture
def connection(admin: Connection, target: Target) -> Iterator[Connection]:
    """A database of ours with one table of 10,000 rows."""
    databases.create(admin, "pgproof_opt", "scratch")
    with target.connect("pgproof_opt") as connection:
        ledger.create(connection)
        connection.execute("CREATE TABLE t AS SELECT n, n % 7 AS m, 'x' || n AS s FROM generate_series(1, 10000) AS n")
        connection.execute("VACUUM (FREEZE, ANALYZE) t")
        yield connection


def blocks(folder: Path, text: str) -> tuple[Optimization, ...]:
    (folder / "optimizations.sql").write_text(text)
    return read_optimizations(folder / "optimizations.sql", folder)


def block(name: str, sql: str, undo: str = "") -> str:
    return f"-- optimization: {name}\n-- category: index\n{f'-- undo: {undo}' if undo else '-- why: test'}\n{sql}\n\n"


def indexes(connection: Connection) -> list[str]:
    return [row["name"] for row in rows(connection, "list_index_definitions")]


def test_each_block_is_timed_sized_and_its_locks_seen(connection: Connection, tmp_path: Path) -> None:
    found = optimizations.apply_all(connection, blocks(tmp_path, block("i", "CREATE INDEX i ON t (n);")), silent)
    assert [a.name for a in found] == ["i"]
    assert found[0].build_ms > 0
    assert 200_000 < found[0].size_bytes < 400_000
    assert found[0].wal_bytes > 0
    assert found[0].locks == ("ShareLock on public.t",)


def test_applying_again_does_nothing(connection: Connection, tmp_path: Path) -> None:
    one = blocks(tmp_path, block("i", "CREATE INDEX i ON t (n);"))
    optimizations.apply_all(connection, one, silent)
    assert optimizations.apply_all(connection, one, silent) == ()


def test_a_changed_block_is_refused(connection: Connection, tmp_path: Path) -> None:
    optimizations.apply_all(connection, blocks(tmp_path, block("i", "CREATE INDEX i ON t (n);")), silent)
    with pytest.raises(DriftError, match="i was applied with another text"):
        optimizations.apply_all(connection, blocks(tmp_path, block("i", "CREATE INDEX i ON t (m);")), silent)


def test_a_failing_statement_stops_everything_and_leaves_nothing_of_its_block(
    connection: Connection, tmp_path: Path
) -> None:
    text = block("i", "CREATE INDEX i ON t (n);") + block("j", "CREATE INDEX j ON t (m);\nCREATE INDEX k ON t (zz);")
    text += block("l", "CREATE INDEX l ON t (s);")
    with pytest.raises(WorkloadError, match=r'optimizations\.sql:10: column "zz" does not exist'):
        optimizations.apply_all(connection, blocks(tmp_path, text), silent)
    assert indexes(connection) == ["public.i"]


def test_a_partial_index_that_needs_the_clock_fails_loudly(connection: Connection, tmp_path: Path) -> None:
    """The mistake that went unnoticed three times in the report that this CRM comes from."""
    text = block("i", "CREATE INDEX i ON t (n) WHERE now() > '2020-01-01';")
    with pytest.raises(WorkloadError, match=r"optimizations\.sql:4: functions in index predicate must be .*IMMUTABLE"):
        optimizations.apply_all(connection, blocks(tmp_path, text), silent)


def test_undo_restores_the_catalog(connection: Connection, tmp_path: Path) -> None:
    text = block("i", "CREATE INDEX i ON t (n);") + block("c", "ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0);")
    both = blocks(tmp_path, text)
    optimizations.apply_all(connection, both, silent)
    for one in reversed(both):
        optimizations.undo(connection, one)
    assert indexes(connection) == []
    assert connection.execute("SELECT count(*) FROM pg_constraint WHERE conname = 'c'").fetchone() == (0,)
    assert len(optimizations.apply_all(connection, both, silent)) == 2


def test_statements_that_refuse_a_transaction_run_outside_of_one(connection: Connection, tmp_path: Path) -> None:
    text = block("i", "CREATE INDEX CONCURRENTLY i ON t (n);") + block("v", "VACUUM t;")
    assert len(optimizations.apply_all(connection, blocks(tmp_path, text), silent)) == 2


def kept(text: str) -> str:
    return f"-- optimization: kept\n-- category: rollup\n-- why: test\n{text}-- undo: SELECT 1\nSELECT 1;\n"


def test_upkeep_that_refuses_a_transaction_is_carried_out_once_after_what_stands_above_it(
    connection: Connection, admin: Connection, target: Target, tmp_path: Path
) -> None:
    upkeep = "-- upkeep: DELETE FROM t WHERE n > 5000\n-- upkeep: VACUUM (TRUNCATE) t\n"
    (one,) = blocks(tmp_path, kept(upkeep))
    connection.close()
    with databases.passing(admin, "pgproof_opt_copy") as name:
        databases.clone(admin, "pgproof_opt", name, "scratch")
        with target.connect("pgproof_opt") as here, target.connect(name) as copy:
            found, _ = optimizations.measure_upkeep(here, one, "", copy)
            sizes = [one.execute("SELECT pg_relation_size('t')").fetchall()[0][0] for one in (copy, here)]
            alone, _ = optimizations.measure_upkeep(here, one, "")
            assert here.execute("SELECT count(*) FROM t").fetchone() == (10_000,)
    assert [(seen.sql.split()[0], seen.executions) for seen in found] == [("DELETE", 3), ("VACUUM", 1)]
    assert found[1].ms > 0
    assert sizes[0] < 0.6 * sizes[1]
    assert [seen.sql.split()[0] for seen in alone] == ["DELETE"]


def test_a_table_that_a_block_fills_gets_the_statistics_of_all_its_rows(connection: Connection, tmp_path: Path) -> None:
    filling = "CREATE TABLE big AS SELECT n FROM generate_series(1, 45000) AS n;"
    optimizations.apply_all(connection, blocks(tmp_path, block("fill", filling, "DROP TABLE big")), silent)
    asked = "SELECT array_length(histogram_bounds, 1) FROM pg_stats WHERE tablename = 'big'"
    assert connection.execute(asked).fetchall()[0][0] == statistics_target(45_000) + 1 == 151


def test_an_index_on_an_expression_gets_its_statistics(connection: Connection, tmp_path: Path) -> None:
    """Without ANALYZE the planner guesses the expression's selectivity."""
    optimizations.apply_all(connection, blocks(tmp_path, block("i", "CREATE INDEX i ON t ((m * 2));")), silent)
    known = connection.execute("SELECT n_distinct FROM pg_stats WHERE tablename = 'i'").fetchall()
    assert known == [(7.0,)]


def test_what_a_block_analyzes_is_read_whole_in_the_end(connection: Connection, tmp_path: Path) -> None:
    """ANALYZE by itself reads 30,000 rows: another sample, and maybe another plan, each time."""
    connection.execute("INSERT INTO t SELECT n, n % 7, 'x' || n % 45000 FROM generate_series(10001, 90000) AS n")
    optimizations.apply_all(connection, blocks(tmp_path, block("a", "ANALYZE t;")), silent)
    known = connection.execute("SELECT n_distinct FROM pg_stats WHERE tablename = 't' AND attname = 's'").fetchone()
    assert known == (-0.5,)


def test_a_guess_of_a_block_at_the_number_of_rows_does_not_shrink_the_sample(
    connection: Connection, tmp_path: Path
) -> None:
    """ANALYZE of a column with a low target reads some pages, and takes the others to be as full as those."""
    text = "repeat('y', CASE WHEN n > 30000 THEN 900 ELSE 5 END)"
    connection.execute(f"INSERT INTO t SELECT n, n % 7, {text} FROM generate_series(10001, 45000) AS n")  # type: ignore[arg-type]
    connection.execute("VACUUM (FREEZE) t")
    guess = "ALTER TABLE t ALTER n SET STATISTICS 1; ANALYZE t (n); ALTER TABLE t ALTER n SET STATISTICS -1;"
    optimizations.apply_all(connection, blocks(tmp_path, block("a", guess, "SELECT")), silent)
    asked = "SELECT array_length(histogram_bounds, 1) FROM pg_stats WHERE tablename = 't' AND attname = 'n'"
    assert connection.execute(asked).fetchall() == [(statistics_target(45_000) + 1,)]


def test_drift_is_found(connection: Connection, tmp_path: Path) -> None:
    one = blocks(tmp_path, block("i", "CREATE INDEX i ON t (n);"))
    optimizations.apply_all(connection, one, silent)
    expected = [("i", optimizations.block_checksum(one[0]))]
    assert ledger.drift(connection, expected) == []
    connection.execute("DROP INDEX i")
    connection.execute("CREATE INDEX stray ON t (s)")
    assert ledger.drift(connection, [*expected, ("j", "0")]) == [
        "j is in the files but was not applied",
        "index public.i is catalogued but gone",
        "index public.stray exists but is not catalogued",
    ]


def test_what_the_server_has_no_feature_for_is_left_out_where_somebody_is_told(
    connection: Connection, tmp_path: Path
) -> None:
    text = block("i", "CREATE INDEX i ON t (n);")
    text += block("j", "CREATE INDEX j ON t (m);\nCREATE INDEX k ON t USING hash (n, m);")
    text += block("l", "CREATE INDEX l ON t (s);") + block("m", "COMMENT ON INDEX k IS 'that j makes';")
    told: list[str] = []
    found = optimizations.apply_all(connection, blocks(tmp_path, text), silent, refused=told)
    assert [one.name for one in found] == ["i", "l"]
    assert indexes(connection) == ["public.i", "public.l"]
    assert [line.partition(" ")[0] for line in told] == ["j", "m"]
    with pytest.raises(WorkloadError, match="does not support multicolumn"):
        optimizations.apply_all(connection, blocks(tmp_path, text), silent)
    with pytest.raises(WorkloadError, match='"zz" does not exist'):  # an error is one on a cluster, too
        optimizations.apply_all(
            connection, blocks(tmp_path, block("z", "CREATE INDEX z ON t (zz);")), silent, refused=told
        )

"""What optimizations cost to write, seen on small tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.attribution.changed_tables import changed_tables
from bench.attribution.writes import write_costs
from bench.errors import WorkloadError
from bench.model import WriteCost
from bench.postgres import databases
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.workload import Workload
from tests.builders.treated import FILL, SCHEMA, block, treated, workload_in
from tests.conftest import plain_role

INDEX = block("a_idx", "CREATE INDEX a_idx ON t (a);")
INSERT = "INSERT INTO t SELECT 10000 * (:round + 1) + id, a, b, doc FROM t WHERE id % 50 = 1 AND id <= 5000;"


class Costs:
    """What ``write_costs`` gave, by statement and optimization."""

    def __init__(self, connection: Connection, workload: Workload, needs: dict[str, tuple[str, ...]] | None = None):
        self.changed, self.failed = changed_tables(connection, workload.optimizations, needs or {})
        self.writes, self.all, self.notes = write_costs(connection, workload, self.changed, needs or {})

    def __getitem__(self, key: tuple[str, str]) -> WriteCost:
        return next(cost for cost in self.all if (cost.write, cost.optimization) == key)

    def wal_bytes_per_row(self, write: str, optimization: str) -> float:
        cost = self[write, optimization]
        return (cost.with_it.wal_bytes - cost.without_it.wal_bytes) / cost.with_it.rows


@pytest.fixture
def connect(admin: Connection, target: Target):
    @contextmanager
    def open_one(workload: Workload, fill: str = FILL) -> Iterator[Connection]:
        with treated(admin, target, "pgproof_writes", workload, fill) as (connection, _):
            yield connection

    return open_one


def test_an_index_costs_about_one_record_and_a_descent_for_each_row(connect, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX, {"insert": INSERT})
    with connect(workload) as connection:
        costs = Costs(connection, workload)
    cost = costs["insert", "a_idx"]
    assert cost.with_it.rows == cost.without_it.rows == 100
    assert 60 < costs.wal_bytes_per_row("insert", "a_idx") < 130
    assert 1 <= (cost.with_it.buffers - cost.without_it.buffers) / 100 <= 4
    assert len(cost.with_it.samples_ms) == len(cost.without_it.samples_ms) == 3


def test_all_together_cost_what_each_costs(connect, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX + block("b_idx", "CREATE INDEX b_idx ON t (b);"), {"insert": INSERT})
    with connect(workload) as connection:
        costs = Costs(connection, workload)
    each = sum(costs.wal_bytes_per_row("insert", name) for name in ("a_idx", "b_idx"))
    assert costs.wal_bytes_per_row("insert", "") == pytest.approx(each, rel=0.05)


def test_an_index_on_a_changed_column_ends_heap_only_updates(connect, tmp_path: Path) -> None:
    update = {"update": "UPDATE t SET b = b + 1 WHERE id % 200 = 7;"}
    workload = workload_in(tmp_path, INDEX + block("b_idx", "CREATE INDEX b_idx ON t (b);"), update)
    with connect(workload) as connection:
        costs = Costs(connection, workload)
    assert costs["update", "b_idx"].with_it.hot_updated == 0
    assert costs["update", "b_idx"].without_it.hot_updated > 12
    assert costs["update", "a_idx"].without_it.hot_updated == 0


def test_the_merge_that_a_gin_index_puts_off_is_counted(connect, tmp_path: Path) -> None:
    blocks = block("put_off", "CREATE INDEX g1 ON t USING gin (doc);")
    blocks += block("at_once", "CREATE INDEX g2 ON t USING gin (doc) WITH (fastupdate = off);")
    workload = workload_in(tmp_path, blocks, {"insert": INSERT})
    with connect(workload) as connection:
        costs = Costs(connection, workload)
    assert costs.wal_bytes_per_row("insert", "put_off") > 0.5 * costs.wal_bytes_per_row("insert", "at_once") > 50


def test_what_an_index_saves_in_finding_rows_is_not_set_against_its_cost(connect, tmp_path: Path) -> None:
    update = {"update": "UPDATE t SET b = b + 1 WHERE a < 200;"}
    workload = workload_in(tmp_path, INDEX, update)
    with connect(workload) as connection:
        costs = Costs(connection, workload)
    cost = costs["update", "a_idx"]
    assert cost.without_it.buffers < cost.with_it.buffers + 20  # reading the whole table would add 50
    assert any("finds its rows in another way without a_idx" in note for note in costs.notes)


def test_a_second_copy_gives_the_same_counters(admin, target, connect, tmp_path: Path) -> None:
    blocks = INDEX + block("g", "CREATE INDEX g ON t USING gin (doc);")
    updates = {"insert": INSERT, "update": "UPDATE t SET b = b + 1 WHERE id % 50 = 1;"}
    workload = workload_in(tmp_path, blocks, updates)
    with connect(workload):
        pass
    seen = []
    for number in range(2):
        databases.create(admin, f"pgproof_writes_{number}", "scratch", template="pgproof_writes")
        with target.connect(f"pgproof_writes_{number}") as connection:
            costs = Costs(connection, workload)
        sides = [side for cost in costs.all for side in (cost.with_it, cost.without_it)]
        seen.append([(s.rows, s.buffers, s.wal_bytes, s.updated, s.hot_updated) for s in sides])
    assert len(seen[0]) == 12
    assert seen[0] == seen[1]


def test_the_copy_is_left_with_all_its_indexes_and_no_dead_rows(connect, target: Target, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX, {"insert": INSERT})
    with connect(workload) as connection:
        before = rows(connection, "list_index_definitions")
        Costs(connection, workload)
        after = rows(connection, "list_index_definitions")
        assert [row["definition"] for row in before] == [row["definition"] for row in after]
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (5000,)
        with target.connect_as_ourselves(connection.info.dbname) as ours:
            ours.execute("CREATE EXTENSION pgstattuple SCHEMA public")
            dead = ours.execute("SELECT dead_tuple_count FROM public.pgstattuple('public.t')").fetchone()
        assert dead == (0,)


# ------------------------------------------------------------------------------------- one that needs another
def test_both_sides_lack_what_needs_the_optimization(connect, tmp_path: Path) -> None:
    blocks = block("c", "ALTER TABLE t ADD COLUMN c bigint DEFAULT 5;", undo="ALTER TABLE t DROP COLUMN c RESTRICT;")
    blocks += block("c_idx", "CREATE INDEX c_idx ON t (c);")
    blocks += block("c_view", "CREATE VIEW v AS SELECT c FROM t;", category="monitoring")
    workload = workload_in(tmp_path, blocks, {"insert": INSERT.replace("INTO t", "INTO t (id, a, b, doc)")})
    with connect(workload) as connection:
        costs = Costs(connection, workload, {"c_idx": ("c",), "c_view": ("c",)})
    assert costs.changed == {"c": ("public.t",), "c_idx": ("public.t",)}
    assert costs["insert", "c_idx"].with_it.wal_bytes > costs["insert", "c"].with_it.wal_bytes
    assert costs["insert", "c"].with_it.wal_bytes == costs["insert", "c_idx"].without_it.wal_bytes


def test_one_that_cannot_be_taken_away_is_said_and_the_others_are_measured(connect, tmp_path: Path) -> None:
    blocks = block("broken", "CREATE INDEX b_idx ON t (b);", undo="DROP INDEX nowhere;") + INDEX
    blocks += block("outside", "CREATE INDEX o_idx ON t (b);", undo="DROP INDEX CONCURRENTLY o_idx;")
    workload = workload_in(tmp_path, blocks, {"insert": INSERT})
    with connect(workload) as connection:
        costs = Costs(connection, workload)
    assert costs.failed["broken"] == 'undo of broken (optimizations.sql:1): index "nowhere" does not exist'
    assert "cannot run inside a transaction block" in costs.failed["outside"]
    assert [cost.optimization for cost in costs.all] == ["a_idx", ""]


def test_an_optimization_that_drops_something_of_the_schema_saves(connect, tmp_path: Path) -> None:
    schema = f"{SCHEMA}\nCREATE INDEX old_idx ON t (b);"
    blocks = block("without_old", "DROP INDEX old_idx;", undo="CREATE INDEX old_idx ON t (b);")
    workload = workload_in(tmp_path, blocks, {"insert": INSERT}, schema)
    with connect(workload) as connection:
        costs = Costs(connection, workload)
    assert costs.wal_bytes_per_row("insert", "without_old") < -30


def test_a_statement_that_needs_the_optimization_is_said_to(connect, tmp_path: Path) -> None:
    blocks = INDEX + block("u", "CREATE UNIQUE INDEX u ON t (id, b);")
    upsert = INSERT.replace(";", " ON CONFLICT (id, b) DO NOTHING;")
    workload = workload_in(tmp_path, blocks, {"upsert": upsert})
    with connect(workload) as connection:
        costs = Costs(connection, workload)
    assert [cost.optimization for cost in costs.all] == ["a_idx"]
    assert any(
        note.startswith("upsert fails without u: writes/upsert.sql:3: there is no unique") for note in costs.notes
    )


def test_what_hangs_on_a_table_counts_as_touching_it(connect, tmp_path: Path) -> None:
    blocks = block("check", "ALTER TABLE t ADD CONSTRAINT c CHECK (a >= 0);", category="constraint")
    blocks += block("room", "ALTER TABLE t SET (fillfactor = 80);", undo="ALTER TABLE t RESET (fillfactor);")
    blocks += block("trigger", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\n"
                    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
                    undo="DROP FUNCTION f() CASCADE;")  # fmt: skip
    blocks += block("rollup", "CREATE TABLE r AS SELECT b, count(*) FROM t GROUP BY b;", category="rollup")
    workload = workload_in(tmp_path, blocks)
    with connect(workload) as connection:
        changed, failed = changed_tables(connection, workload.optimizations, {})
    assert changed == dict.fromkeys(("check", "room", "trigger"), ("public.t",))
    assert failed == {}


# ------------------------------------------------------------------------------------------- the user's files
def test_a_failing_statement_stops_with_its_line(connect, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX, {"insert": "INSERT INTO t\nSELECT nothing FROM t;"})
    with (
        connect(workload) as connection,
        pytest.raises(WorkloadError, match=r"writes/insert\.sql:3: column \"nothing\" does not exist"),
    ):
        Costs(connection, workload)


def test_a_statement_that_only_looks_like_writing_is_refused(connect, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX, {"lock": "SELECT id FROM t WHERE id < 5 FOR UPDATE;"})
    with connect(workload) as connection, pytest.raises(WorkloadError, match=r"writes/lock\.sql:3: .* does not write"):
        Costs(connection, workload)


def test_a_statement_that_finds_no_row_is_left_out_and_said(connect, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX, {"none": "DELETE FROM t WHERE id < 0;"})
    with connect(workload) as connection:
        costs = Costs(connection, workload)
    assert [write.name for write in costs.writes] == ["insert_public.t"]
    assert costs.notes == ("writes/none.sql:3: writes no row of this dataset, so it was not measured.",)


# ---------------------------------------------------------------------------------------------------- made up
def test_without_statements_rows_are_inserted_again(connect, tmp_path: Path) -> None:
    schema = f"{SCHEMA}\nCREATE TABLE child (t_id bigint NOT NULL REFERENCES t);"
    workload = workload_in(tmp_path, INDEX, schema=schema)
    with connect(workload, f"{FILL}; INSERT INTO child SELECT id FROM t") as connection:
        costs = Costs(connection, workload)
    assert [write.title for write in costs.writes] == ["Insert 200 rows into public.t"]
    assert 50 < costs.wal_bytes_per_row("insert_public.t", "a_idx") < 130


def test_identity_and_generated_columns_and_partitions_are_inserted_again_too(connect, tmp_path: Path) -> None:
    schema = """CREATE TABLE "T" (id bigint GENERATED ALWAYS AS IDENTITY, "A" bigint, twice bigint GENERATED ALWAYS AS
        ("A" * 2) STORED, PRIMARY KEY (id, "A")) PARTITION BY RANGE ("A");
        CREATE TABLE low PARTITION OF "T" FOR VALUES FROM (0) TO (50);
        CREATE TABLE high PARTITION OF "T" FOR VALUES FROM (50) TO (101);"""
    workload = workload_in(tmp_path, block("i", 'CREATE INDEX i ON "T" (twice);'), schema=schema)
    with connect(workload, 'INSERT INTO "T" ("A") SELECT n % 100 FROM generate_series(1, 3000) AS n') as connection:
        costs = Costs(connection, workload)
    assert [write.name for write in costs.writes] == ['insert_public."T"']
    assert costs.wal_bytes_per_row('insert_public."T"', "i") > 50


def test_a_table_without_rows_is_said(connect, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX)
    with connect(workload, "SELECT 1") as connection:
        costs = Costs(connection, workload)
    assert costs.all == ()
    assert costs.notes == ("The write cost of public.t was not measured: it has no rows.",)


def test_a_role_that_may_not_skip_triggers_is_told_so(connect, target: Target, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX)
    with connect(workload) as connection, plain_role(target, connection):
        _, costs, notes = write_costs(connection, workload, {"a_idx": ("public.t",)}, {})
    assert costs == ()
    assert "The write cost of public.t was not measured: the role may not set session_replication_role" in notes[0]


def test_it_works_on_postgresql_15_too(dsn15: str, tmp_path: Path) -> None:
    target = Target(dsn15)
    workload = workload_in(tmp_path, INDEX + block("g", "CREATE INDEX g ON t USING gin (doc);"))
    with target.connect() as admin:
        try:
            with treated(admin, target, "pgproof_writes15", workload, FILL) as (connection, _):
                costs = Costs(connection, workload)
        finally:
            databases.drop(admin, "pgproof_writes15")
    assert costs.wal_bytes_per_row("insert_public.t", "g") > 50

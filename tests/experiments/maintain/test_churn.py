"""The phase of writes: as large as it was asked for, the same each time, and of the workload's own statements."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.postgres.connection import Connection, Target
from bench.workload.churn import read_churn
from tests.builders.treated import block
from tests.conftest import plain_role
from tests.experiments.maintain.conftest import Open

UPDATE = "UPDATE t SET b = b + 1 WHERE hashint8extended(id, :round) & 1048575 < :share * 1048576;"


def digest(connection: Connection) -> object:
    return connection.execute("SELECT md5(string_agg(t::text, '' ORDER BY id)), count(*) FROM t").fetchone()


def test_made_up_writes_take_the_share_and_leave_every_row_as_it_was(small: Open) -> None:
    with small() as aged:
        before = digest(aged.connection)
        phase = aged.age(0.2).phase
        assert digest(aged.connection) == before
    (table,) = phase.tables
    assert (phase.source, phase.rounds, table.rows) == ("made up", 10, 5000)
    assert table.inserted == table.deleted
    assert 400 < table.updated < 600
    assert 900 < table.inserted + table.updated + table.deleted < 1100


def test_the_same_rows_are_written_each_time(small: Open) -> None:
    seen = []
    for _ in range(2):
        with small() as aged:
            phase = aged.age(0.1).phase
            seen.append((phase.tables, aged.heap_fetches()))
    assert seen[0] == seen[1]


def test_churn_sql_gets_its_share_in_ten_rounds(small: Open) -> None:
    with small(churn_sql=UPDATE) as aged:
        phase = aged.age(0.3).phase
        added = aged.connection.execute("SELECT sum(b) FROM t").fetchall()[0][0] - 50 * 99 * 50
    assert phase.source == "churn.sql"
    assert 1350 < phase.tables[0].updated < 1650
    assert added == phase.tables[0].updated
    assert phase.wal_bytes > 100_000


def test_writes_run_until_their_table_has_its_share(small: Open) -> None:
    writes = {"set": "UPDATE t SET b = 0 WHERE id % 50 = :round % 50;"}
    with small(writes=writes) as aged:
        churned = aged.age(0.1)
    assert churned.phase.source == "writes/"
    assert churned.phase.tables[0].updated == 500
    assert churned.notes == ()


def test_writes_that_run_out_of_rows_end_and_say_so(small: Open) -> None:
    with small(writes={"gone": "DELETE FROM t WHERE id < 100;"}) as aged:
        churned = aged.age(0.1)
    assert churned.phase.tables[0].deleted == 99
    assert churned.notes == ("public.t had 2.0% of its rows written: the statements of writes/ found no more.",)


def test_a_role_without_the_right_to_skip_triggers_updates_only(small: Open, target: Target) -> None:
    with small() as aged, plain_role(target, aged.connection, "GRANT ALL ON t TO plain"):
        churned = aged.age(0.2)
    assert (churned.phase.tables[0].inserted, churned.phase.tables[0].deleted) == (0, 0)
    assert "may not set session_replication_role" in churned.notes[0]


def test_a_statement_that_fails_names_its_line(small: Open) -> None:
    with (
        small(churn_sql=f"{UPDATE}\n\nDELETE FROM nothing WHERE :share > 0;") as aged,
        pytest.raises(WorkloadError, match=r'churn\.sql:3: relation "nothing" does not exist'),
    ):
        aged.age()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("-- nothing\n", r"churn\.sql:1: no statement here"),
        ("UPDATE t SET b = 1 WHERE id < :many;", r"churn\.sql:1: parameter :many is not known: there are :share"),
        ("DELETE FROM t WHERE id < 9;", r"no statement uses :share"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "churn.sql").write_text(text)
    with pytest.raises(WorkloadError, match=says):
        read_churn(tmp_path)


def test_the_file_does_not_change_the_experiment(shop: Path) -> None:
    from bench.workload import read

    before = read(shop).content_hash()
    (shop / "churn.sql").write_text(UPDATE)
    assert read(shop).content_hash() == before


def test_parts_of_a_partitioned_table_are_written_like_tables(small: Open) -> None:
    parts = "CREATE TABLE p (n int NOT NULL) PARTITION BY RANGE (n);"
    parts += "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (5000);"
    parts += "INSERT INTO p SELECT * FROM generate_series(0, 999); ANALYZE p;"
    with small(block("parts", parts, undo="DROP TABLE p;")) as aged:
        tables = {table.name: table for table in aged.age(0.4).phase.tables}
        assert aged.connection.execute("SELECT count(*), sum(n) FROM p").fetchone() == (1000, 499_500)
    assert tables["public.p1"].updated > 100
    assert tables["public.p1"].deleted == tables["public.p1"].inserted > 50

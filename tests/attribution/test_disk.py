"""What optimizations take on disk, new and after a phase of writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.attribution.changed_tables import changed_tables
from bench.attribution.disk import stored
from bench.errors import DatasetError
from bench.model import Applied, Churn, Stored
from bench.postgres.connection import Connection, Target
from bench.workload import Workload
from tests.builders.treated import FILL, SCHEMA, block, treated, workload_in
from tests.conftest import plain_role

INDEX = block("a_idx", "CREATE INDEX a_idx ON t (a);")
INSERT = "INSERT INTO t SELECT 100000 + :round * 100 + n, n * 97, 1, '{}' FROM generate_series(1, 100) AS n;"


@pytest.fixture
def connect(admin: Connection, target: Target):
    @contextmanager
    def open_one(workload: Workload, fill: str = FILL) -> Iterator[tuple[Connection, tuple[Applied, ...]]]:
        with treated(admin, target, "pgproof_stored", workload, fill) as made:
            yield made

    return open_one


def measured(
    connection: Connection, workload: Workload, applied: tuple[Applied, ...], **more: float
) -> tuple[dict[str, Stored], Churn, tuple[str, ...]]:
    changed, _ = changed_tables(connection, workload.optimizations, {})
    found, churn, notes = stored(connection, workload, applied, changed, **more)
    return {one.name: one for one in found}, churn, notes


def test_an_index_has_its_size_and_that_of_its_table(connect, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX, {"insert": INSERT})
    with connect(workload) as (connection, applied):
        found, _, notes = measured(connection, workload, applied)
    index = found["public.a_idx"]
    assert (index.optimization, index.table, index.method) == ("a_idx", "public.t", "btree")
    assert 100_000 < index.size_bytes < index.table_bytes < 1_000_000
    assert notes == ()


def test_writes_in_one_place_split_the_pages_of_a_packed_index(connect, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX, {"insert": INSERT.replace("n * 97", "3000 + (:round * 100 + n) % 400")})
    with connect(workload) as (connection, applied):
        found, churn, _ = measured(connection, workload, applied)
    index = found["public.a_idx"]
    assert churn.rows == {"insert": 500}
    assert churn.note == ""
    assert index.churned_bytes > index.size_bytes
    assert index.leaf_density > 80
    assert index.churned_density != index.leaf_density


def test_a_table_and_what_has_no_leaf_pages_are_measured_without_density(connect, tmp_path: Path) -> None:
    blocks = block("g", "CREATE INDEX g ON t USING gin (doc);")
    blocks += block("r", "CREATE TABLE r AS SELECT b, count(*) FROM t GROUP BY b;\nCREATE VIEW v AS TABLE r;")
    workload = workload_in(tmp_path, blocks, {"insert": INSERT})
    with connect(workload) as (connection, applied):
        found, _, _ = measured(connection, workload, applied)
    assert {name: one.method for name, one in found.items()} == {"public.g": "gin", "public.r": "heap"}
    assert found["public.r"].size_bytes == found["public.r"].table_bytes > 0
    assert found["public.g"].churned_bytes
    assert found["public.r"].churned_bytes is None
    assert found["public.g"].leaf_density is None


def test_out_of_time_it_says_how_much_was_written(connect, tmp_path: Path) -> None:
    slow = INSERT.replace(";", ", pg_sleep(0.01);").replace("AS n,", "AS n CROSS JOIN")
    workload = workload_in(
        tmp_path, INDEX, {"slow": slow.replace(" FROM generate_series(1, 100)", " FROM generate_series(1, 9)")}
    )
    with connect(workload) as (connection, applied):
        found, churn, _ = measured(connection, workload, applied, limit_s=0.05)
    assert 0 < churn.rows["slow"] < 500
    assert churn.note.startswith("stopped after 0.05 s; written were 0.")
    assert found["public.a_idx"].churned_bytes


def test_keys_that_collide_in_the_second_round_are_said_to(connect, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX, {"insert": INSERT.replace(":round * 100 + ", "")})
    with (
        connect(workload) as (connection, applied),
        pytest.raises(DatasetError, match=r"writes/insert\.sql:3: ") as error,
    ):
        measured(connection, workload, applied)
    assert ":round" in error.value.hint


def test_rows_run_out_for_a_statement_that_deletes(connect, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX, {"delete": "DELETE FROM t WHERE id < 200;"})
    with connect(workload) as (connection, applied):
        _, churn, _ = measured(connection, workload, applied)
    assert churn.rows == {"delete": 199}


def test_made_up_writes_move_other_rows_in_each_round(connect, tmp_path: Path) -> None:
    schema = f"{SCHEMA}\nCREATE TABLE child (t_id bigint NOT NULL REFERENCES t);"
    workload = workload_in(tmp_path, INDEX, schema=schema)
    with connect(workload, f"{FILL}; INSERT INTO child SELECT id FROM t") as (connection, applied):
        _, churn, _ = measured(connection, workload, applied)
        assert connection.execute("SELECT count(*), sum(id) FROM t").fetchone() == (5000, 12502500)
    assert 500 <= churn.rows["insert_public.t"] < 3000


def test_a_role_without_pgstattuple_gets_sizes_alone(connect, target: Target, tmp_path: Path) -> None:
    workload = workload_in(tmp_path, INDEX)
    with connect(workload) as (connection, applied), plain_role(target, connection):
        found, churn, notes = stored(connection, workload, applied, {"a_idx": ("public.t",)})
    assert found[0].size_bytes > 0
    assert found[0].leaf_density is None
    assert churn.note == "there is no write statement"
    assert "no pgstattuple (permission denied to create extension" in notes[0]

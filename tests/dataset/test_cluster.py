"""Rows made by the workers of a Dask cluster: the same as by processes here, none twice, none lost, whoever dies."""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bench.dataset.cluster.once import close_notes, load_once, open_notes
from bench.dataset.holdback import hold_back
from bench.dataset.inferred import Cluster, load_world, ready
from bench.dataset.load import load
from bench.dataset.source import tables
from bench.dataset.worker import Loaded, Recipe, _pieces, load_table
from bench.errors import DatasetError, ServerError
from bench.inference.rows.catalog import read_catalog
from bench.inference.rows.filling import tables_of
from bench.inference.rows.inferring import infer_rows
from bench.postgres.connection import Connection, Target
from bench.progress import silent
from tests.inference.rows.test_catalog import TRAPS
from tests.inference.rows.test_rows import database


@pytest.fixture(scope="module", autouse=True)
def distributed() -> ModuleType:
    """Dask's, imported by the worker that has these tests: it takes as long as two of them."""
    return pytest.importorskip("distributed", reason="pgproof[dask] is not installed")


NOTES = "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY, body text, n int GENERATED ALWAYS AS (1) STORED)"
PACKAGE = """
import pathlib, time
import pyarrow as pa
from types import SimpleNamespace as Table

def tables(scale, seed, skew):
    schema = pa.schema([("id", pa.int64()), ("body", pa.string())])
    def build(chunk):
        while chunk == 5 and not pathlib.Path({go!r}).exists():
            time.sleep(0.05)
        ids = range(chunk * 100, chunk * 100 + 100)
        return pa.record_batch([pa.array(ids), pa.array([f"{{seed}} {{n}} " * (n % 900) for n in ids])], schema=schema)
    return [Table(name="public.notes", schema=schema, chunks=8, rows=800, build=build)]
"""
"""A dataset whose fifth chunk is not made before a file is there."""


@pytest.fixture(scope="module")
def cluster(distributed: ModuleType) -> Iterator[object]:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as made:
        yield made


@pytest.fixture
def within(distributed: ModuleType) -> Iterator[str]:
    """The address of a cluster whose worker is threads of this process, which takes no time to start."""
    how = {"processes": False, "protocol": "tcp://", "dashboard_address": None}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, **how) as made:
        yield made.scheduler_address.removeprefix("tcp://")


@pytest.fixture
def notes(target: Target) -> Iterator[Connection]:
    with database(target, "pgproof_cluster", NOTES) as connection:
        yield connection


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE.format(go=str(tmp_path / "go")))
    return folder


def content(connection: Connection, table: str) -> tuple[int, int]:
    """Rows, and a hash of them that does not depend on their order."""
    asked = sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {} AS t")
    return connection.execute(asked.format(sql.Identifier(*table.split(".")))).fetchall()[0]


def of_ours(connection: Connection) -> list[str]:
    """What of ours stands in the database."""
    asked = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('bench_meta') AND relkind = 'r'"
    return [name for (name,) in connection.execute(asked).fetchall()]


def test_a_worker_killed_in_the_middle_of_its_table_costs_no_row_and_doubles_none(
    cluster: object, notes: Connection, target: Target, package: Path
) -> None:
    go, told, graphs = package.parent / "go", [], []

    def progress(phase: str, done: float, total: float, unit: str = "") -> None:
        told.append((phase, done, total, unit))
        tasks = list(cluster.scheduler.tasks.values())
        graphs.extend(f"{task} {pickle.dumps(task.run_spec)}" for task in tasks)
        if done >= 200 and not go.exists():
            (copying,) = [task.processing_on.address for task in tasks if task.key.endswith("-whole-0")]
            os.kill(next(one.pid for one in cluster.workers.values() if one.worker_address == copying), signal.SIGKILL)
            go.touch()

    scheduler = cluster.scheduler_address.removeprefix("tcp://")
    filled = load(target, "pgproof_cluster", Recipe(package, 800, 1, "default"), "", 2, progress, scheduler)
    assert go.exists()
    by_cluster = content(notes, "public.notes")
    (table,) = tables(package, 800, 1, "default")
    with target.connect("pgproof_cluster", autocommit=False) as connection:
        here = load_table(table, connection)
    assert filled == {"public.notes": here}
    assert by_cluster == content(notes, "public.notes")
    assert by_cluster[0] == 800
    assert of_ours(notes) == []
    assert told[-1] == ("loading rows", 800, 800, "rows")
    shown = " ".join([*graphs, str(cluster.scheduler.get_logs()), str(cluster.get_logs())])
    assert "pgproof-" in shown
    assert not [secret for secret in (target.login["password"], target.dsn) if secret in shown]


def test_inferred_rows_are_those_that_the_plan_makes_here(within: str, target: Target, tmp_path: Path) -> None:
    name = "pgproof_cluster_traps"
    with database(target, name, TRAPS.read_text()) as connection, target.connect_as_ourselves(name) as own:
        world = ready(target, name, schema := read_catalog(own), infer_rows(schema, 1000, 1))
        hold_back(connection)
        before = {table.name: content(own, table.name)[0] for table in schema.tables}
        filled, _ = load_world(target, name, world, 2, silent, cluster=Cluster(within, tmp_path))
        counted = {one: content(own, one)[0] - before[one] for one in filled}
        assert of_ours(own) == []
    made = {}
    for table in tables_of(world):
        parts = [hashlib.sha256(part).digest() for part, _ in _pieces(table)]
        made[table.name] = Loaded(table.rows, hashlib.sha256(b"".join(parts)).hexdigest())
    assert filled == made
    made["public.cities"] = Loaded(made["public.cities"].rows + made["public.capitals"].rows, "")  # which inherit it
    assert counted == {name: one.rows for name, one in made.items()}
    assert len(filled) > 5


@pytest.fixture
def chunked(package: Path) -> object:
    (package.parent / "go").touch()
    return tables(package, 800, 1, "default")[0]


def test_a_table_that_is_there_is_not_loaded_again(notes: Connection, target: Target, chunked: object) -> None:
    open_notes(notes, "t")
    sent: list[int] = []
    with target.connect("pgproof_cluster", autocommit=False) as one:
        first = load_once("t", chunked, 0, one, sent.append)
        assert load_once("t", chunked, 0, one, sent.append) == first
    assert sum(sent) == content(notes, "public.notes")[0] == 800
    close_notes(notes, "t")
    assert of_ours(notes) == []


def test_who_tries_a_table_again_ends_the_one_before_whose_rows_are_gone(
    notes: Connection, target: Target, chunked: object
) -> None:
    open_notes(notes, "t")
    given_up = target.connect("pgproof_cluster", autocommit=False)

    def overtaken(rows: int) -> None:
        if rows:
            with target.connect("pgproof_cluster", autocommit=False) as other:
                load_once("t", chunked, 0, other, lambda rows: None)

    with pytest.raises(psycopg.OperationalError):
        load_once("t", chunked, 0, given_up, overtaken)
    assert content(notes, "public.notes")[0] == 800
    close_notes(notes, "t")


def test_a_worker_that_does_not_see_the_socket_says_what_it_needs(target: Target, tmp_path: Path) -> None:
    from bench.dataset.cluster.job import Job, TakesPart, rules_here

    away = replace(target, dsn=make_conninfo(target.dsn, host=str(tmp_path / "none")))
    part = TakesPart(Job("t", away, "postgres", b"", {}, rules_here()))
    with pytest.raises(ServerError, match=r"worker tcp://far:1 does not reach .* remote workers need .*--dsn"):
        part.setup(SimpleNamespace(address="tcp://far:1"))
    older = TakesPart(Job("t", target, "postgres", b"", {}, "0.0.1 other"))
    with pytest.raises(ServerError, match=r"worker tcp://far:1 has another pgproof \(.*, asked by 0\.0\.1\)"):
        older.setup(SimpleNamespace(address="tcp://far:1"))


def test_what_a_cluster_cannot_do_is_said_at_once(
    target: Target, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.dataset.cluster import loading

    monkeypatch.setattr(loading, "PATIENCE_S", 0.5)
    recipe = Recipe(package, 800, 1, "default")
    with pytest.raises(ServerError, match=r"no Dask scheduler answers at 127\.0\.0\.1:1"):
        load(target, "postgres", recipe, "", 1, silent, "127.0.0.1:1")
    (package / "__init__.py").rename(package / "fill.sql")
    with pytest.raises(DatasetError, match="SQL scripts make the rows"):
        load(target, "postgres", recipe, "", 1, silent, "127.0.0.1:1")


def test_another_machine_gets_the_way_that_this_one_took(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGAPPNAME", "mine")
    with target.connect("postgres") as connection:
        bare = replace(target, dsn="password=of_the_dsn").as_seen_by(connection)
    assert bare.host == target.host
    assert "of_the_dsn" in bare.dsn
    assert not [word for word in ("mine", "passfile", target.login["password"]) if word in bare.dsn]

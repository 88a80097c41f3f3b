"""Caches emptied on real servers, and executions that then are cold."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from bench.experiments.before_after import run as experiment
from bench.measurement import Cell, Sides, compare
from bench.measurement.cold import Caches, measure_cold, pages
from bench.model import STATES, ColdBlocks, Options, Pair, Run, Sample
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle, ServerOptions, open_server
from bench.progress import silent
from bench.workload import read
from tests.builders.shops import SHOP, setup_of
from tests.conftest import DISK, make_home
from tests.measurement.test_measure import cell

HELPER = "pgproof_c_cold"
BLOCKS = 192
SLOW = "SELECT pg_sleep(9)"


def make_sides(target: Target, admin: Connection, prefix: str = "pgproof_c") -> Sides:
    """Two databases with a table of BLOCKS blocks, which a run beside us leaves alone."""
    names = {state: f"{prefix}_{state}" for state in STATES}
    for name in names.values():
        databases.claim(admin, name)
        databases.create(admin, name, "scratch")
        with target.connect(name) as connection:
            connection.execute("CREATE TABLE t AS SELECT n, repeat('x', 700) AS x FROM generate_series(1, 2000) AS n")
            connection.execute("VACUUM (FREEZE, ANALYZE) t")
    return Sides(target, names, 30)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerHandle]:
    """One whose files lie on a disk: what lies in memory cannot be dropped from it."""
    home = make_home(DISK)
    with open_server("embedded", ServerOptions(home=home)) as handle:
        yield handle
    shutil.rmtree(home.parent)


@pytest.fixture(scope="module")
def target(server: ServerHandle) -> Target:
    """How pgproof itself connects to it."""
    return Target(server.dsn, SESSION_SETTINGS)


@pytest.fixture(scope="module")
def sides(target: Target) -> Iterator[Sides]:
    with target.connect() as admin:
        made = make_sides(target, admin)
        yield made
        databases.drop_all(target, made.databases.values())


def warm(pair: Pair) -> Pair:
    """``pair`` with a warm sample on each side, without which nothing is executed cold."""
    sample = (Sample(1.0, 0.0),)
    return replace(pair, before=replace(pair.before, samples=sample), after=replace(pair.after, samples=sample))


def carry_out(
    server: ServerHandle, sides: Sides, *cells: Cell, executions: int = 2, whole_machine: bool = False
) -> tuple[Caches, tuple[Pair, ...]]:
    caches = Caches(server, sides, whole_machine)
    pairs = [warm(Pair(one.query.name, one.parameter_class, one.bindings)) for one in cells]
    with caches.opened(executions, HELPER):
        found = measure_cold(caches, cells, pairs, 1, silent, lambda _: None)
    return caches, found


def skip_in_memory(path: Path) -> None:
    """Skip where ``path`` lies on a file system that is memory: nothing can be dropped there."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    _, kind = max((len(place), kind) for place, kind in mounts if path.resolve().is_relative_to(place))
    if kind in ("tmpfs", "ramfs"):
        pytest.skip(f"{path} lies on {kind}")


def names_of(admin: Connection) -> set[str]:
    return {found.name for found in databases.own_databases(admin)}


COUNT = cell("SELECT count(*) FROM t WHERE n > :n", 7)


@pytest.fixture(scope="module")
def measured(server: ServerHandle, sides: Sides) -> tuple[Caches, Pair]:
    """One cell with two bindings, three cold executions of each side."""
    caches, (pair,) = carry_out(server, sides, cell("SELECT count(*) FROM t WHERE n > :n", 7, 8), executions=3)
    return caches, pair


def test_blocks_of_a_cold_execution_come_from_outside_the_buffers(measured: tuple[Caches, Pair]) -> None:
    caches, pair = measured
    for side in (pair.before, pair.after):
        assert side.cold_blocks == ColdBlocks(read=BLOCKS, hit=0)
    assert (caches.seen.buffers, caches.seen.times, caches.seen.skipped_blocks_most) == ("evicted", 8, 0)


def test_the_system_forgets_the_files_of_the_database(measured: tuple[Caches, Pair]) -> None:
    caches, _ = measured
    assert caches.server.data_dir
    skip_in_memory(caches.server.data_dir)
    assert caches.seen.system == "files"
    assert caches.seen.file_pages
    assert caches.seen.file_pages > 400
    assert caches.seen.left_pages_most is not None
    assert caches.seen.left_pages_most < 0.05 * caches.seen.file_pages


def test_the_helping_database_goes_and_the_measured_ones_stay_as_they_were(
    measured: tuple[Caches, Pair], sides: Sides, admin: Connection
) -> None:
    assert HELPER not in names_of(admin)
    with sides.target.connect(sides.databases["before"]) as connection:
        assert connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_buffercache'").fetchone() is None


def test_bindings_take_turns(measured: tuple[Caches, Pair]) -> None:
    _, pair = measured
    assert [sample.binding for sample in pair.before.cold] == [0, 1, 0]


def test_a_cold_timeout_is_recorded_and_waited_for_twice_at_most(server: ServerHandle, sides: Sides) -> None:
    """It strikes cold alone: what the first execution on the connection finds out makes the second one sleep."""
    twice = "SELECT CASE WHEN set_config('a.b', coalesce(current_setting('a.b', true), '') || 'x', false) = 'xx'" \
            " THEN pg_sleep(9) END"  # fmt: skip
    _, (pair,) = carry_out(server, replace(sides, timeout_s=0.2), cell(twice), executions=4)
    for side in (pair.before, pair.after):
        assert [sample.censored for sample in side.cold] == [True, True]
        assert side.cold[0].ms >= 200
        assert side.cold_blocks is None


def test_a_side_that_hit_the_timeout_warm_is_left_out(server: ServerHandle, sides: Sides) -> None:
    quick = replace(sides, timeout_s=0.2)
    caches = Caches(server, quick)
    hopeless = compare(quick, cell(SLOW))
    with caches.opened(3, HELPER):
        (pair,) = measure_cold(caches, [cell(SLOW)], [hopeless], 1, silent, lambda _: None)
    assert (pair, caches.seen.times) == (hopeless, 0)


def test_what_was_seen_is_stored_after_each_cell_and_kept_when_interrupted(
    server: ServerHandle, sides: Sides, admin: Connection
) -> None:
    stored: list[int] = []

    def store(pairs: object) -> None:
        assert isinstance(pairs, list)
        stored.append(sum(len(pair.before.cold) for pair in pairs))
        if len(stored) == 2:
            raise KeyboardInterrupt

    cells = [COUNT, cell("SELECT max(n) FROM t", name="two"), cell("SELECT min(n) FROM t", name="three")]
    caches = Caches(server, sides)
    pairs = [warm(Pair(one.query.name, one.parameter_class, one.bindings)) for one in cells]
    with pytest.raises(KeyboardInterrupt), caches.opened(1, HELPER):
        measure_cold(caches, cells, pairs, 1, silent, store)
    assert stored == [1, 2]
    assert HELPER not in names_of(admin)


def test_an_interrupted_run_keeps_the_cold_executions_that_it_has(server: ServerHandle, admin: Connection) -> None:
    kept: list[Run] = []

    def keep(run: Run) -> None:
        kept.append(run)
        if run.cold:
            raise KeyboardInterrupt

    options = Options(rounds=1, budget_s=0, timeout_s=30, warmups=0, seed=1, target_ms=100)
    with pytest.raises(KeyboardInterrupt):
        experiment.run(setup_of(read(SHOP), 500), experiment.RunOptions(options, cold=1), server, keep)
    assert [len(pair.after.cold) for pair in kept[-1].pairs] == [1, 0, 0, 0, 0, 0, 0]
    assert all(pair.after.samples for pair in kept[-1].pairs)
    assert {found.kind for found in databases.own_databases(admin) if kept[-1].id in found.name} == set()


# ------------------------------------------------------------------------------------------ what may not be done
def test_an_old_server_that_is_not_ours_keeps_its_buffers_and_its_connections(dsn15: str) -> None:
    with open_server("dsn", ServerOptions(dsn=dsn15)) as old, Target(old.dsn, SESSION_SETTINGS).connect() as admin:
        sides = make_sides(Target(old.dsn, SESSION_SETTINGS), admin)
        try:
            caches, (pair,) = carry_out(old, sides, COUNT)
        finally:
            databases.drop_all(sides.target, sides.databases.values())
        assert (pair.before.cold, caches.seen.buffers, caches.seen.times) == ((), "kept", 0)
        assert "PostgreSQL 15 has no function that empties them (18 has), and a server that pgproof did not start is " \
               "never restarted" in caches.seen.buffers_why  # fmt: skip
        assert admin.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture
def plain_role(server: ServerHandle, admin: Connection) -> Iterator[str]:
    """The DSN of a role that may create databases and nothing else."""
    admin.execute("CREATE ROLE pgproof_plain LOGIN CREATEDB")
    yield make_conninfo(server.dsn, user="pgproof_plain")
    for found in databases.own_databases(admin):
        if found.name.startswith("pgproof_plain_"):
            databases.drop(admin, found.name)
    admin.execute("DROP ROLE pgproof_plain")


def test_a_role_that_is_no_superuser_learns_why(plain_role: str) -> None:
    with open_server("dsn", ServerOptions(dsn=plain_role)) as other:
        target = Target(other.dsn, SESSION_SETTINGS)
        with target.connect() as admin:
            caches, (pair,) = carry_out(other, make_sides(target, admin, "pgproof_plain"), COUNT)
            assert HELPER not in names_of(admin)
    assert pair.before.cold == ()
    assert caches.seen.buffers_why.startswith("permission denied to create extension")


def test_a_superuser_s_own_server_is_emptied_and_its_files_left_alone(
    server: ServerHandle, sides: Sides, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "DROP_CACHES", tmp_path / "drop_caches")
    with open_server("dsn", ServerOptions(dsn=server.dsn)) as other:
        caches, (pair,) = carry_out(other, sides, COUNT)
    assert len(pair.after.cold) == 2
    assert (caches.seen.buffers, caches.seen.system) == ("evicted", "kept")
    assert "not touched" in caches.seen.system_why
    assert not pages.DROP_CACHES.exists()


@pytest.mark.parametrize(("there", "system"), [(True, "machine"), (False, "kept")])
def test_the_whole_machine_s_cache_is_dropped_where_asked_and_permitted(
    server: ServerHandle, sides: Sides, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, system: str
) -> None:
    """Into a file of the test's own: the machine is not the test's."""
    switch = tmp_path / "drop_caches" if there else tmp_path / "none" / "drop_caches"
    monkeypatch.setattr(pages, "DROP_CACHES", switch)
    with open_server("dsn", ServerOptions(dsn=server.dsn)) as other:
        caches, _ = carry_out(other, sides, COUNT, executions=1, whole_machine=True)
    assert (caches.seen.system, switch.exists()) == (system, there)
    assert ("cannot be written" in caches.seen.system_why) != there


# ------------------------------------------------------------------------------------------------- by restarting
def started(server: ServerHandle) -> datetime:
    with psycopg.connect(server.dsn) as connection:
        return connection.execute("SELECT pg_postmaster_start_time()").fetchall()[0][0]


def test_an_own_server_without_the_function_is_restarted(used_home: Path) -> None:
    with open_server("embedded", ServerOptions(home=used_home)) as own:
        target = Target(own.dsn, SESSION_SETTINGS)
        with target.connect() as admin:
            sides = make_sides(target, admin)
        before = started(own)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bench.measurement.cold.buffers.EVICT_ALL_SINCE", 990000)
            caches, (pair,) = carry_out(own, sides, COUNT, executions=1)
        assert (caches.seen.buffers, caches.seen.times) == ("restarted", 4)
        for side in (pair.before, pair.after):
            assert len(side.cold) == 1
            assert side.cold_blocks == ColdBlocks(read=BLOCKS, hit=0)
        assert started(own) > before


# --------------------------------------------------------------------------------------------------------- pages
@pytest.fixture
def file() -> Iterator[Path]:
    """1 MB on the disk, just written."""
    with tempfile.TemporaryDirectory(dir=DISK) as folder:
        path = Path(folder) / "file"
        path.write_bytes(b"x" * 2**20)
        yield path


def test_pages_are_gone_after_they_were_dropped(file: Path) -> None:
    skip_in_memory(file)
    before = pages.resident([file])
    assert before
    assert before[0] == before[1] > 0
    pages.drop([file], write_back=True)
    found = pages.resident([file])
    assert found
    assert found[0] < found[1] == before[1]
    file.read_bytes()
    assert pages.resident([file]) == before


def test_files_that_are_gone_or_empty_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    files = [tmp_path / "empty", tmp_path / "gone"]
    pages.drop(files, write_back=True)
    assert pages.resident(files) == (0, 0)


def test_a_file_system_in_memory_is_noticed(server: ServerHandle, sides: Sides) -> None:
    """The files of a home on tmpfs stay where they are, and are told apart from dropped ones by looking."""
    if not Path("/dev/shm").is_dir():
        pytest.skip("no tmpfs at /dev/shm")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, sides.target.connect() as connection:
        assert server.data_dir
        for name in sides.databases.values():
            (oid,) = connection.execute("SELECT oid FROM pg_database WHERE datname = %s", [name]).fetchone() or (0,)
            shutil.copytree(server.data_dir / "base" / str(oid), Path(folder) / "base" / str(oid))
        caches, (pair,) = carry_out(replace(server, data_dir=Path(folder)), sides, COUNT)
    assert len(pair.before.cold) == 2
    assert caches.seen.system == "kept"
    assert "stay in memory when they are to be dropped, as on tmpfs" in caches.seen.system_why

"""The mixed load: which pgbench, what it does to any schema, and that nothing of it stays."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from bench.errors import LoadError
from bench.model import Optimization, Statement
from bench.pgbench import find_pgbench, make_mix, programs, running
from bench.pgbench.log import parse
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle, ServerOptions, open_server

DATABASE = "pgproof_load"


def acting_on(*statements: str) -> tuple[Optimization, ...]:
    """An optimization of these statements."""
    texts = tuple(Statement(text, 1) for text in statements)
    return (Optimization("one", "index", "test", (), texts, (), "optimizations.sql", 1),)


@pytest.fixture
def connection(admin: Connection, target: Target) -> Iterator[Connection]:
    """A database of ours with a table of 5,000 rows."""
    databases.create(admin, DATABASE, "scratch")
    with target.connect(DATABASE) as connection:
        connection.execute("CREATE TABLE t (a int, b text, n int, PRIMARY KEY (a, b))")
        connection.execute("INSERT INTO t SELECT n, 'x' || n, n FROM generate_series(1, 5000) AS n; ANALYZE t")
        yield connection


def wait_for_updates(connection: Connection, updates: int) -> None:
    """Return once the load has made so many; it is asked for 400 transactions in a second, half of them updates."""
    given = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    first = connection.execute(given).fetchall()[0][0]
    deadline = time.monotonic() + 30
    while connection.execute(given).fetchall()[0][0] < first + updates:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ours_running() -> list[int]:
    """The pgbench processes that are still children of ours."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = entry.read_text().partition(") ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name.endswith("(pgbench") and rest.split()[1] == str(os.getpid()):
            found.append(int(entry.parent.name))
    return found


# ------------------------------------------------------------------------------------------------- which pgbench
def test_the_servers_own_pgbench_comes_first(server: ServerHandle) -> None:
    assert server.bin_dir
    assert find_pgbench(server).path == server.bin_dir / "pgbench"


def test_a_missing_pgbench_is_one_clear_error(
    server: ServerHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "wheel_programs", lambda: None)
    with pytest.raises(LoadError, match=r"there is no pgbench.*put a pgbench of PostgreSQL 18 or later into PATH"):
        find_pgbench(replace(server, bin_dir=tmp_path), search=str(tmp_path))


def test_an_older_pgbench_than_the_server_is_refused_by_name(
    server: ServerHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "wheel_programs", lambda: None)
    (tmp_path / "pgbench").write_text("#!/bin/sh\necho 'pgbench (PostgreSQL) 15.4'\n")
    (tmp_path / "pgbench").chmod(0o755)
    with pytest.raises(LoadError, match=rf"server of PostgreSQL 18: {tmp_path}/pgbench is of PostgreSQL 15: put"):
        find_pgbench(replace(server, bin_dir=None), search=str(tmp_path))


def test_a_later_candidate_that_fits_is_taken(server: ServerHandle, tmp_path: Path) -> None:
    (tmp_path / "pgbench").write_text("#!/bin/sh\necho 'pgbench (PostgreSQL) 15.4'\n")
    (tmp_path / "pgbench").chmod(0o755)
    assert find_pgbench(replace(server, bin_dir=None), search=str(tmp_path)).major >= 18


# ------------------------------------------------------------------------------------------------- what it does
def test_it_reads_and_updates_the_tables_that_statements_name(connection: Connection) -> None:
    connection.execute("CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)")
    mix = make_mix(connection, acting_on("CREATE INDEX i ON public.t (n)", "CREATE VIEW v AS SELECT * FROM other"))
    assert mix.tables == ("public.t",)
    assert [script.split()[4] for script in mix.scripts] == ["SELECT", "UPDATE"]
    assert not mix.notes


def test_an_update_takes_a_column_without_an_index_and_changes_nothing(
    connection: Connection, target: Target, server: ServerHandle
) -> None:
    connection.execute(
        "CREATE INDEX ON t (n); ALTER TABLE t ADD free int DEFAULT 7, ADD made int GENERATED ALWAYS AS (n) STORED"
    )
    mix = make_mix(connection, acting_on("ALTER TABLE t ADD CHECK (n > 0)"))
    content = "SELECT md5(string_agg(t::text, ',' ORDER BY a)) FROM t"
    before = connection.execute(content).fetchone()
    with running(find_pgbench(server), connection, target.dsn, mix.scripts) as load:
        wait_for_updates(connection, 150)
        assert len(load.stop()) > 100
    assert 'SET "free" = t."free"' in mix.scripts[1]
    assert connection.execute(content).fetchone() == before
    writers = connection.execute("SELECT count(DISTINCT xmin::text) FROM t").fetchall()[0][0]
    assert writers > 50


def test_a_table_without_key_or_rows_is_left_out_with_a_note(connection: Connection) -> None:
    connection.execute("CREATE TABLE keyless (n int); CREATE TABLE nobody (id int PRIMARY KEY)")
    mix = make_mix(connection, acting_on("CREATE INDEX ON keyless (n)", "CREATE INDEX ON nobody (id)"))
    assert mix.scripts == ()
    assert mix.notes == (
        "the load leaves out public.keyless: it has no primary key",
        "the load leaves out public.nobody: it has no rows",
    )


def test_a_table_that_forbids_updates_is_only_read(connection: Connection) -> None:
    connection.execute(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'append only'; END$$;"
        "CREATE TRIGGER no BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION no()"
    )
    mix = make_mix(connection, acting_on("CREATE INDEX ON t (n)"))
    assert len(mix.scripts) == 1
    assert mix.notes == ("the load does not update public.t: append only",)


def test_a_partitioned_table_is_used_where_a_partition_is_named(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE p (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);"
        "CREATE TABLE p_low PARTITION OF p FOR VALUES FROM (0) TO (100); INSERT INTO p VALUES (1, 1)"
    )
    assert make_mix(connection, acting_on("CREATE INDEX ON p_low (n)")).tables == ("public.p",)


def test_hostile_names_are_quoted(connection: Connection, target: Target, server: ServerHandle) -> None:
    schema, table, key, column = 'a "b";\n\\c', "%s :pgproof_key $1 ' -- {x}", "\\set x 1\n:k::int", 'v"alue:\\x'
    i = psycopg.sql.Identifier
    text = "CREATE SCHEMA {}; CREATE TABLE {} ({} int PRIMARY KEY, {} int); INSERT INTO {} SELECT 1, 2"
    connection.execute(psycopg.sql.SQL(text).format(i(schema), i(schema, table), i(key), i(column), i(schema, table)))
    mix = make_mix(
        connection, acting_on(psycopg.sql.SQL("CREATE INDEX ON {} (1)").format(i(schema, table)).as_string())
    )
    with running(find_pgbench(server), connection, target.dsn, mix.scripts) as load:
        wait_for_updates(connection, 60)
        assert load.trouble() == ""
        assert len(load.stop()) > 50
    assert connection.execute(psycopg.sql.SQL("SELECT * FROM {}").format(i(schema, table))).fetchall() == [(1, 2)]


def test_the_log_of_a_killed_pgbench_ends_before_its_unfinished_line() -> None:
    text = "0 1 2500 0 1700000000 500000 300\n1 1 failed 0 1700000000 600000 0\n2 1 900 0 1700000001 25"
    (one,) = parse(text)
    assert one.end_s == pytest.approx(1700000000.5)
    assert one.ms == pytest.approx(2.5, abs=0.01)


# ------------------------------------------------------------------------------------------------- how it ends
def test_a_killed_load_is_said_and_its_transactions_are_kept(
    connection: Connection, target: Target, server: ServerHandle
) -> None:
    mix = make_mix(connection, acting_on("CREATE INDEX ON t (n)"))
    with running(find_pgbench(server), connection, target.dsn, mix.scripts) as load:
        wait_for_updates(connection, 300)  # what is still in its buffers is lost: a hundred lines
        os.kill(load.process.pid, signal.SIGKILL)
        load.process.wait()
        assert load.trouble() == "pgbench ended (signal SIGKILL)"
        assert len(load.stop()) > 100


def test_a_client_that_the_server_refuses_is_said_at_once(
    connection: Connection, target: Target, server: ServerHandle
) -> None:
    mix = make_mix(connection, acting_on("CREATE INDEX ON t (n)"))
    with running(find_pgbench(server), connection, target.dsn, mix.scripts) as load:
        connection.execute("ALTER TABLE t DROP COLUMN n")
        deadline = time.monotonic() + 60
        while not load.trouble() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert "column t.n does not exist" in load.trouble()


def test_a_load_that_cannot_connect_is_one_line_without_its_password(
    connection: Connection, server: ServerHandle
) -> None:
    dsn = "host=127.0.0.1 port=1 user=somebody password=s3cret dbname=postgres"
    load = running(find_pgbench(server), connection, dsn, ["SELECT 1;\n"])
    with pytest.raises(LoadError, match=r"the load does not start: .*127\.0\.0\.1.*refused") as caught, load:
        pass
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not ours_running()


@pytest.mark.parametrize("ending", [KeyboardInterrupt, RuntimeError])
def test_nothing_is_left_after_an_exception(
    connection: Connection, target: Target, server: ServerHandle, ending: type[BaseException]
) -> None:
    mix = make_mix(connection, acting_on("CREATE INDEX ON t (n)"))
    block = running(find_pgbench(server), connection, target.dsn, mix.scripts)
    load = block.__enter__()
    assert ours_running() == [load.process.pid]
    assert block.__exit__(ending, ending(), None) is False
    assert not ours_running()
    assert not load.folder.exists()


KILLED = """
import sys, time
from pathlib import Path
from bench.postgres.connection import Target
from bench.pgbench import Pgbench, running

target = Target(sys.argv[1])
pgbench = Pgbench(Path(sys.argv[2]), 18)
with target.connect() as connection, running(pgbench, connection, target.dsn, ["SELECT 1;"]) as load:
    print(load.process.pid, flush=True)
    time.sleep(60)
"""


def test_a_killed_run_leaves_no_pgbench(server: ServerHandle) -> None:
    path = find_pgbench(server).path
    run = subprocess.Popen([sys.executable, "-c", KILLED, server.dsn, path], stdout=subprocess.PIPE, text=True)
    assert run.stdout
    pid = int(run.stdout.readline())
    run.kill()
    run.wait()
    deadline = time.monotonic() + 60
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)
    for folder in Path("/tmp").glob("pgproof-load-*"):
        if (folder / f"log.{pid}").exists():
            shutil.rmtree(folder)


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


# ------------------------------------------------------------------------------------------------- passwords
def test_it_works_over_tcp_with_a_password_that_is_in_the_environment_alone(dsn15: str) -> None:
    password = str(conninfo_to_dict(dsn15)["password"])
    with (
        open_server("dsn", ServerOptions(dsn=dsn15)) as server,
        Target(server.dsn).connect() as connection,
        running(find_pgbench(server), connection, server.dsn, ["SELECT 1;\n"]) as load,
    ):
        assert f"PGPASSWORD={password}" in environment(load.process.pid)
        assert password not in Path(f"/proc/{load.process.pid}/cmdline").read_text()
        assert not any(password in file.read_text() for file in load.folder.iterdir())


def environment(pid: int) -> list[str]:
    """Of another process."""
    return Path(f"/proc/{pid}/environ").read_text().split("\0")

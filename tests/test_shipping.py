"""Shipping to a live database: the script as psql runs it, beside sessions that are in its way."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench import database, optimizations
from bench.cli import main
from bench.database import Connection, Target
from bench.errors import WorkloadError
from bench.model import Optimization
from bench.progress import silent
from bench.servers import ServerHandle
from bench.shipping import Step, Waiting, concurrent_steps, retrying, ship_script
from bench.workload import Workload, read
from bench.workload.blocks import read_optimizations
from tests.shops import SHOP

ROOT = Path(__file__).parent.parent
CRM = read(ROOT)
QUICK = Waiting(lock_timeout_ms=100, attempts=50, pause_s=0.05, pause_max_s=0.1)

CATALOG = """
SELECT 'index' AS kind, pg_get_indexdef(indexrelid) AS name, indisvalid::text AS definition
FROM pg_index JOIN pg_class c ON c.oid = indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'bench_meta')
UNION ALL
SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) || convalidated
FROM pg_constraint WHERE connamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ('pg_catalog',
    'information_schema', 'bench_meta'))
UNION ALL
SELECT 'relation', oid::regclass::text, relkind::text FROM pg_class
WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^crm' OR nspname = 'public')
UNION ALL
SELECT 'not null', attrelid::regclass || '.' || attname, attnotnull::text
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE attnum > 0 AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'routine', oid::regprocedure::text, md5(prosrc) FROM pg_proc
WHERE pronamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_|^information|^bench')
UNION ALL
SELECT 'statistics', stxname, stxkind::text FROM pg_statistic_ext
UNION ALL
SELECT 'extension', extname, extversion FROM pg_extension
ORDER BY 1, 2, 3
"""

Psql = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def live(admin: Connection, target: Target) -> Iterator[Connection]:
    """A database that people work on."""
    database.create(admin, "pgproof_live", "scratch")
    with target.connect("pgproof_live") as connection:
        connection.execute("CREATE TABLE t AS SELECT n, n % 7 AS m, 'x' || n AS s FROM generate_series(1, 1000) AS n")
        yield connection


def command(server: ServerHandle, name: str) -> list[str]:
    """Psql on one database of the session's server."""
    assert server.bin_dir is not None
    dsn = make_conninfo(**(conninfo_to_dict(server.dsn) | {"dbname": name, "options": ""}))
    return [str(server.bin_dir / "psql"), "-X", "-f", "-", dsn]


@pytest.fixture
def psql(server: ServerHandle) -> Psql:
    """Run a script in the live database."""

    def call(script: str) -> subprocess.CompletedProcess[str]:
        line = command(server, "pgproof_live")
        return subprocess.run(line, input=script, capture_output=True, text=True, check=False, timeout=60)

    return call


@contextmanager
def shipping(server: ServerHandle, text: str) -> Iterator[subprocess.Popen[str]]:
    """A script that runs in the live database meanwhile."""
    pipe = subprocess.PIPE
    line = command(server, "pgproof_live")
    with subprocess.Popen(line, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(text)
        process.stdin.close()
        yield process


def blocks(folder: Path, sql: str, undo: str = "") -> tuple[Optimization, ...]:
    """One block with these statements."""
    text = f"-- optimization: one\n-- category: index\n{f'-- undo: {undo}' if undo else '-- why: a test'}\n{sql}\n"
    (folder / "optimizations.sql").write_text(text)
    return read_optimizations(folder / "optimizations.sql", folder)


def script(folder: Path, sql: str, undo: str = "", waiting: Waiting = QUICK) -> str:
    return ship_script("live", blocks(folder, sql, undo), waiting=waiting)


def back(folder: Path, sql: str, undo: str = "") -> str:
    return ship_script("live", blocks(folder, sql, undo), undo=True, waiting=QUICK)


def steps(folder: Path, sql: str, undo: str = "") -> list[tuple[str, str]]:
    return [(step.kind, step.sql) for step in concurrent_steps(blocks(folder, sql, undo)[0])]


def catalog(connection: Connection) -> list[tuple[str, ...]]:
    return connection.execute(CATALOG).fetchall()


def is_valid(connection: Connection, index: str) -> bool:
    found = connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [index]).fetchone()
    return bool(found and found[0])


# ------------------------------------------------------------------------------------------------ whole workloads
@pytest.mark.parametrize("workload", [CRM, read(SHOP)], ids=["crm", "shop"])
def test_a_workload_ships_ships_again_and_goes_back(
    workload: Workload, live: Connection, psql: Psql, admin: Connection, target: Target
) -> None:
    """The catalog is that of applying it in pgproof's own way, and after the undo that of before."""
    database.create(admin, "pgproof_applied", "scratch")
    with target.connect("pgproof_applied") as applied:
        applied.execute("CREATE TABLE t AS SELECT n, n % 7 AS m, 'x' || n AS s FROM generate_series(1, 1000) AS n")
        for connection in (applied, live):
            database.run_file(connection, workload.schema, "schema.sql")
        optimizations.apply_all(applied, workload.optimizations, silent)
        before, wanted = catalog(live), catalog(applied)
    there = ship_script(workload.name, workload.optimizations, queries=workload.queries)
    back = ship_script(workload.name, workload.optimizations, undo=True, queries=workload.queries)
    first = psql(there)
    assert (first.returncode, first.stderr) == (0, "")
    assert catalog(live) == wanted
    second = psql(there)
    assert (second.returncode, second.stderr, catalog(live)) == (0, "", wanted)
    assert second.stdout.count("there already") >= len(workload.optimizations) - 1
    for _ in range(2):
        assert psql(back).returncode == 0
        assert catalog(live) == before


def test_the_crm_ships_to_postgresql_15(dsn15: str) -> None:
    with psycopg.connect(dsn15, autocommit=True) as admin:
        admin.execute("CREATE DATABASE live15")
    dsn = make_conninfo(dsn15, dbname="live15")
    with psycopg.connect(dsn, autocommit=True) as connection:
        database.run_file(connection, CRM.schema, "schema.sql")
        before = catalog(connection)
        for undo in (False, False, True):
            text = ship_script("crm", CRM.optimizations, undo, queries=CRM.queries)
            done = subprocess.run(
                ["/usr/lib/postgresql/15/bin/psql", "-X", "-f", "-", dsn],
                input=text, capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            indexes = connection.execute("SELECT count(*) FROM pg_indexes WHERE schemaname = 'crm'").fetchall()
            assert indexes == [(72 if undo else 101,)]
        assert catalog(connection) == before


# ------------------------------------------------------------------------------------------------ interrupted
def test_an_invalid_index_of_an_interrupted_build_is_replaced(live: Connection, psql: Psql, tmp_path: Path) -> None:
    text = script(tmp_path, "CREATE UNIQUE INDEX IF NOT EXISTS u ON t (n);")
    live.execute("INSERT INTO t VALUES (1, 1, 'again')")
    failed = psql(text)
    assert failed.returncode == 3
    assert "index u on t was not built" in failed.stderr
    assert not is_valid(live, "u")
    live.execute("DELETE FROM t WHERE s = 'again'")
    again = psql(text)
    assert again.returncode == 0, again.stderr
    assert "an interrupted build left it invalid" in again.stdout
    assert is_valid(live, "u")


def test_a_key_goes_on_after_its_index_was_built(live: Connection, psql: Psql, tmp_path: Path) -> None:
    text = script(tmp_path, "ALTER TABLE t ADD CONSTRAINT k UNIQUE (n) DEFERRABLE INITIALLY DEFERRED;")
    live.execute("CREATE UNIQUE INDEX k ON t (n)")
    assert psql(text).returncode == 0
    found = live.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k'").fetchone()
    assert found == ("UNIQUE (n) DEFERRABLE INITIALLY DEFERRED",)


def test_undo_takes_an_index_without_its_constraint_too(live: Connection, psql: Psql, tmp_path: Path) -> None:
    before = catalog(live)
    live.execute("CREATE UNIQUE INDEX k ON t (n)")
    assert psql(back(tmp_path, "ALTER TABLE t ADD CONSTRAINT k UNIQUE (n);")).returncode == 0
    assert catalog(live) == before


def test_a_block_that_fails_leaves_nothing_and_is_done_on_the_next_run(
    live: Connection, psql: Psql, tmp_path: Path
) -> None:
    text = script(tmp_path, "CREATE TABLE r (n integer);\nINSERT INTO r SELECT n FROM late;")
    before = catalog(live)
    assert psql(text).returncode == 3
    assert catalog(live) == before
    live.execute("CREATE TABLE late AS SELECT 1 AS n")
    for _ in range(2):
        assert psql(text).returncode == 0
        assert live.execute("SELECT count(*) FROM r").fetchone() == (1,)


# ------------------------------------------------------------------------------------------------ locks
CHECK = "ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0);"


def test_a_held_lock_is_tried_again_until_it_is_free(
    live: Connection, target: Target, server: ServerHandle, tmp_path: Path
) -> None:
    patience = {"idle_in_transaction_session_timeout": "20s"}
    with target.connect("pgproof_live", autocommit=False, **patience) as reader:
        reader.execute("SELECT count(*) FROM t")
        with shipping(server, script(tmp_path, CHECK)) as process:
            assert process.stderr is not None
            told = process.stderr.readline()
            reader.rollback()
            assert process.wait(timeout=30) == 0
    assert "attempt 1 of 50: no lock yet; held by pid" in told
    assert ("constraint", "t.c", "CHECK ((n > 0))true") in catalog(live)


def test_others_pass_between_two_attempts(live: Connection, target: Target, tmp_path: Path) -> None:
    """A reader that comes while the statement waits is held up for no longer than lock_timeout."""
    with target.connect("pgproof_live", autocommit=False) as first, target.connect("pgproof_live") as shipper:
        first.execute("SELECT count(*) FROM t")
        shipper.execute("SET lock_timeout = '100ms'")
        live.execute("SET statement_timeout = '5s'")
        with pytest.raises(psycopg.errors.LockNotAvailable, match="no lock in 2 attempts"):
            shipper.execute(retrying(CHECK.rstrip(";"), replace(QUICK, attempts=2), "t"))
        assert live.execute("SELECT count(*) FROM t").fetchone() == (1000,)


def test_a_lock_that_is_never_given_up_ends_with_an_error(
    live: Connection, psql: Psql, target: Target, tmp_path: Path
) -> None:
    with target.connect("pgproof_live", autocommit=False) as reader:
        reader.execute("SELECT count(*) FROM t")
        pid = reader.info.backend_pid
        done = psql(script(tmp_path, CHECK, waiting=replace(QUICK, attempts=2)))
    assert done.returncode == 3
    assert "no lock in 2 attempts: ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0) NOT VALID" in done.stderr
    assert f"sessions that hold locks on its table: pid {pid} (pgproof, idle in" in done.stderr
    assert "run this script again" in done.stderr


def test_a_statement_that_no_loop_can_run_is_tried_again_too(
    live: Connection, psql: Psql, target: Target, tmp_path: Path
) -> None:
    text = script(tmp_path, "VACUUM FULL t;")
    assert psql(text).returncode == 0
    with target.connect("pgproof_live", autocommit=False) as reader:
        reader.execute("SELECT count(*) FROM t")
        done = psql(text)
    assert done.returncode == 3
    assert "attempt 10: no lock yet" in done.stdout
    assert "no lock in 10 attempts" in done.stderr


def test_writers_write_while_an_index_is_built(
    live: Connection, target: Target, server: ServerHandle, tmp_path: Path
) -> None:
    """The build waits for a transaction that is older than it; those that come later do not wait for the build."""
    waits = "SELECT 1 FROM pg_stat_progress_create_index WHERE phase ~ 'waiting for writers'"
    with target.connect("pgproof_live", autocommit=False) as older:
        older.execute("UPDATE t SET m = 0 WHERE n = 1")
        with shipping(server, script(tmp_path, "CREATE INDEX i ON t (n);")) as process:
            live.execute("SET statement_timeout = '5s'")
            while not live.execute(waits).fetchone():
                assert process.poll() is None
                time.sleep(0.02)
            live.execute("INSERT INTO t VALUES (2000)")
            older.rollback()
            assert process.wait(timeout=30) == 0
    assert is_valid(live, "i")


def test_a_second_script_at_the_same_time_is_refused(live: Connection, psql: Psql, tmp_path: Path) -> None:
    live.execute("SELECT pg_advisory_lock(hashtextextended('pgproof ship-script', 0))")
    done = psql(script(tmp_path, CHECK))
    assert done.returncode == 3
    assert "another session runs a script of pgproof in this database" in done.stderr


# ------------------------------------------------------------------------------------------------ forms
@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("CREATE UNIQUE INDEX i ON s.t (a);", "CREATE UNIQUE INDEX CONCURRENTLY i ON s.t (a)"),
        ("create index concurrently if not exists i on t (a);", "create index CONCURRENTLY i on t (a)"),
        ('CREATE INDEX"I;x"ON ONLY"a b"."t"(a);', 'CREATE INDEX CONCURRENTLY"I;x"ON ONLY"a b"."t"(a)'),
        ("CREATE /* x; */ INDEX -- why\n i ON t (a);", "CREATE /* x; */ INDEX CONCURRENTLY -- why\n i ON t (a)"),
        ("CREATE INDEX i ON t ((s || ' INDEX ;'));", "CREATE INDEX CONCURRENTLY i ON t ((s || ' INDEX ;'))"),
    ],
)
def test_every_way_to_write_create_index(sql: str, wanted: str, tmp_path: Path) -> None:
    assert steps(tmp_path, sql, undo="SELECT 1") == [("build", wanted)]


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        ("ADD CONSTRAINT c CHECK (a > 0)", ["ADD CONSTRAINT c CHECK (a > 0) NOT VALID", "VALIDATE CONSTRAINT c"]),
        ("ADD CONSTRAINT c CHECK (a > 0) NOT VALID", ["ADD CONSTRAINT c CHECK (a > 0) NOT VALID"]),
        (
            "ADD CONSTRAINT c FOREIGN KEY (a, b) REFERENCES u (a, b) ON DELETE CASCADE -- NOT VALID",
            [
                "ADD CONSTRAINT c FOREIGN KEY (a, b) REFERENCES u (a, b) ON DELETE CASCADE NOT VALID",
                "VALIDATE CONSTRAINT c",
            ],
        ),
        (
            "ADD CONSTRAINT c CHECK (a > 0), ADD CONSTRAINT d CHECK (b <> ', NOT VALID')",
            [
                "ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
                "VALIDATE CONSTRAINT c",
                "ADD CONSTRAINT d CHECK (b <> ', NOT VALID') NOT VALID",
                "VALIDATE CONSTRAINT d",
            ],
        ),
        ("SET (fillfactor = 80)", ["SET (fillfactor = 80)"]),
    ],
)
def test_constraints_are_added_without_reading_the_table(action: str, wanted: list[str], tmp_path: Path) -> None:
    found = steps(tmp_path, f"ALTER TABLE t {action}\n;", undo="SELECT 1")
    assert [sql for _, sql in found] == [f"ALTER TABLE t {one}" for one in wanted]


def test_a_primary_key_ships_with_its_columns_made_not_null(live: Connection, psql: Psql, tmp_path: Path) -> None:
    text = script(tmp_path, 'ALTER TABLE ONLY "t" ADD CONSTRAINT "t Key" PRIMARY KEY (n, "m") INCLUDE (s);')
    for _ in range(2):
        done = psql(text)
        assert (done.returncode, done.stderr) == (0, "")
    assert [row[1:] for row in catalog(live) if row[0] == "constraint" and "CHECK" in row[2] + row[1]] == []
    assert ("constraint", "t.t Key", "PRIMARY KEY (n, m) INCLUDE (s)true") in catalog(live)


def test_not_null_ships_by_way_of_a_check(live: Connection, psql: Psql, tmp_path: Path) -> None:
    sql, undo = "ALTER TABLE t ALTER COLUMN s SET NOT NULL;", "ALTER TABLE t ALTER COLUMN s DROP NOT NULL;"
    before = catalog(live)
    for _ in range(2):
        assert psql(script(tmp_path, sql, undo)).returncode == 0
        assert ("not null", "t.s", "true") in catalog(live)
        assert [row for row in catalog(live) if "CHECK" in row[2]] == []
    assert psql(back(tmp_path, sql, undo)).returncode == 0
    assert catalog(live) == before


@pytest.mark.parametrize(
    "bad",
    ["it's $retry$ $insist$ $check$ $$", ":USER :'DBNAME' \\q `id` {{table}}", '"quoted" % %s ; -- /* é', "x" * 80],
)
def test_names_of_the_worst_kind(bad: str, live: Connection, psql: Psql, tmp_path: Path) -> None:
    """Quotes of every sort, variables and commands of psql, holes of our own templates, and one that is too long."""
    index, check = (f'"{(bad + end).replace(chr(34), chr(34) * 2)}"' for end in ("", " 2"))
    table = '"T $$ ; -- \'"'
    live.execute(f"CREATE TABLE {table} (a integer NOT NULL, b integer[], port integer)")
    sql = (
        f"CREATE INDEX {index} ON {table} ((b[1:PORT]), a);\nALTER TABLE {table} ADD CONSTRAINT {check} CHECK (a > 0);"
    )
    before = catalog(live)
    for _ in range(2):
        done = psql(script(tmp_path, sql))
        assert done.returncode == 0, done.stderr
    new = [row for row in catalog(live) if row not in before]
    assert len(new) == 3
    assert "((b[1:port]), a)" in next(name for kind, name, _ in new if kind == "index")
    assert psql(back(tmp_path, sql)).returncode == 0
    assert catalog(live) == before


def test_a_partitioned_table_is_refused_before_anything_is_done(live: Connection, psql: Psql, tmp_path: Path) -> None:
    live.execute("CREATE TABLE p (a integer) PARTITION BY RANGE (a)")
    before = catalog(live)
    done = psql(script(tmp_path, f"CREATE INDEX i ON t (n);\n{CHECK}\nCREATE INDEX j ON p (a);"))
    assert done.returncode == 3
    assert "table p is partitioned: PostgreSQL builds no index CONCURRENTLY on it (index j)" in done.stderr
    assert "ATTACH PARTITION" in done.stderr
    assert catalog(live) == before


def test_an_index_on_an_expression_gets_its_statistics(live: Connection, psql: Psql, tmp_path: Path) -> None:
    assert psql(script(tmp_path, "CREATE INDEX i ON t ((m * 2));")).returncode == 0
    assert live.execute("SELECT n_distinct FROM pg_stats WHERE tablename = 'i'").fetchall() == [(7.0,)]


def test_an_index_on_a_table_of_its_own_block_is_built_with_it(tmp_path: Path) -> None:
    """Nobody else can be in the way, and the block stays one transaction."""
    sql = "CREATE TABLE r (n integer);\nCREATE INDEX ri ON r (n);\nALTER TABLE r ADD CHECK (n > 0);"
    assert [kind for kind, _ in steps(tmp_path, sql, undo="DROP TABLE r")] == ["plain"] * 3


def test_an_index_that_is_dropped_is_dropped_concurrently(live: Connection, psql: Psql, tmp_path: Path) -> None:
    live.execute("CREATE INDEX a ON t (n); CREATE INDEX b ON t (m)")
    sql, undo = "DROP INDEX a, public.b;", "CREATE INDEX a ON t (n)\n-- undo: CREATE INDEX b ON t (m)"
    before = catalog(live)
    assert [kind for kind, _ in steps(tmp_path, sql, undo)] == ["drop", "drop"]
    for _ in range(2):
        assert psql(script(tmp_path, sql, undo)).returncode == 0
    assert not is_valid(live, "a")
    assert psql(back(tmp_path, sql, undo)).returncode == 0
    assert catalog(live) == before


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("ALTER TABLE t ALTER COLUMN n TYPE bigint;", "may write the whole table anew"),
        ("ALTER TABLE t ADD CONSTRAINT e EXCLUDE (n WITH =);", "nobody can write to the table"),
        ("VACUUM (FULL) t;", "nobody can read or write the table"),
        ("UPDATE t SET n = n;", "one transaction"),
        ("INSERT INTO t VALUES (1);", "it runs each time that the script runs"),
    ],
)
def test_what_cannot_be_shipped_safely_is_said(sql: str, said: str, tmp_path: Path) -> None:
    text = script(tmp_path, sql, undo="SELECT 1")
    careful = next(line for line in text.splitlines() if line.startswith("-- careful: "))
    assert said in careful


@pytest.mark.parametrize("sql", ["CREATE INDEX ON t (n);", "ALTER TABLE t ADD CHECK (n > 0);"])
def test_what_has_no_name_is_refused(sql: str, tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match=r"optimizations\.sql:1: one: .* without a name cannot be found again"):
        script(tmp_path, sql, undo="SELECT 1")


def test_every_step_runs_by_itself(live: Connection, tmp_path: Path) -> None:
    sql = f"ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (n);\nCREATE INDEX i ON t (m);\n{CHECK}"
    found: list[Step] = list(concurrent_steps(blocks(tmp_path, sql)[0]))
    assert {step.kind for step in found} == {"build", "lock", "validate"}
    for step in found:
        assert live.execute(f"SELECT {step.done or 'false'}").fetchone() == (False,)
        live.execute(step.sql)
    for step in found:
        assert live.execute(f"SELECT {step.done or 'true'}").fetchone() == (True,)


# ------------------------------------------------------------------------------------------------ the command
def test_the_command_prints_or_writes_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ship-script", str(SHOP)]) == 0
    printed = capsys.readouterr().out
    assert main(["ship-script", str(SHOP), "--output", str(tmp_path / "ship.sql")]) == 0
    assert printed == (tmp_path / "ship.sql").read_text()
    assert printed.index("1/2 orders_customer_idx") < printed.index("2/2 orders_open_idx")


def test_only_one_and_its_undo(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ship-script", str(SHOP), "--only", "orders_open_idx", "--undo"]) == 0
    printed = capsys.readouterr().out
    assert "DROP INDEX CONCURRENTLY IF EXISTS orders_open_idx;" in printed
    assert "orders_customer_idx" not in printed


def test_an_unknown_name_lists_those_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ship-script", str(SHOP), "--only", "nothing"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "--only nothing: no such optimization there are orders_customer_idx, orders_open_idx" in told


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ship-script", str(SHOP), "--output", str(tmp_path / "no" / "ship.sql")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


def test_the_script_names_no_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It goes into a pull request: no host, no database, no password, no path of this machine."""
    monkeypatch.setenv("PGPROOF_DSN", "host=db.internal dbname=production password=s3cret")
    shop = shutil.copytree(SHOP, tmp_path / "shop")
    assert main(["ship-script", str(shop)]) == 0
    printed = capsys.readouterr().out
    assert [word for word in ("db.internal", "production", "s3cret", str(tmp_path)) if word in printed] == []

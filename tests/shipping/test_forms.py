"""Shipping every form of statement, and the command that prints the script."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.cli import main
from bench.errors import WorkloadError
from bench.postgres.connection import Connection
from bench.shipping import Step, concurrent_steps
from tests.builders.shops import SHOP
from tests.shipping.scripts import (
    CHECK,
    Psql,
    back,
    blocks,
    catalog,
    is_valid,
    script,
    steps,
)


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
        ("CREATE SCHEMA kept;", "needs GRANT USAGE on the schema and GRANT SELECT on its tables"),
    ],
)
def test_what_cannot_be_shipped_safely_is_said(sql: str, said: str, tmp_path: Path) -> None:
    text = script(tmp_path, sql, undo="SELECT 1")
    careful = text[text.index("-- careful: ") :].replace("\n--   ", " ").splitlines()[0]
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
    assert "there is no folder" in capsys.readouterr().err


def test_the_script_names_no_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It goes into a pull request: no host, no database, no password, no path of this machine."""
    monkeypatch.setenv("PGPROOF_DSN", "host=db.internal dbname=production password=s3cret")
    shop = shutil.copytree(SHOP, tmp_path / "shop")
    assert main(["ship-script", str(shop)]) == 0
    printed = capsys.readouterr().out
    assert [word for word in ("db.internal", "production", "s3cret", str(tmp_path)) if word in printed] == []

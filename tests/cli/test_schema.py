"""A schema where a workload is expected: a report with nothing written by hand, files to edit, or one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import storage
from bench.experiments.now.record import NOW
from bench.postgres.connection import Target
from bench.postgres.databases import own_databases
from bench.postgres.servers import ServerOptions, open_server
from tests.cli.test_cli import one_line_error

SCHEMA = """
CREATE TYPE order_status AS ENUM ('open', 'paid', 'sent');
CREATE TABLE customers (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE, created_at timestamptz NOT NULL);
CREATE TABLE orders (
    id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, owner_id bigint,
    status order_status NOT NULL, total numeric(10, 2) NOT NULL CHECK (total >= 0), placed_at timestamptz NOT NULL
);
CREATE INDEX orders_placed_idx ON orders (placed_at);
CREATE INDEX orders_placed_again_idx ON orders (placed_at);
CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
INSERT INTO schema_migrations VALUES ('20260101');
"""
QUERIES = """
-- name: OrdersOf
SELECT id, total FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT 10;
-- name: Lost
SELECT nothing FROM orders WHERE id = $1;
"""


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    file = tmp_path / "structure.sql"
    file.write_text(SCHEMA)
    return file


def databases(home: Path) -> list[str]:
    with open_server("embedded", ServerOptions(home=home)) as server, Target(server.dsn).connect() as admin:
        return [one.name for one in own_databases(admin) if one.kind != "template"]


def test_a_schema_alone_gives_a_report(pgproof: Callable, schema: Path, tmp_path: Path, cli_home: Path) -> None:
    status, printed = pgproof("run", schema, "--rows", "3k")
    assert status == 0, printed
    seen = storage.load(NOW, tmp_path / "reports" / "latest" / "now.json")
    rows = {table.name: table.rows for table in seen.dataset.tables}
    assert rows["public.schema_migrations"] == 1
    assert 2_500 <= sum(rows.values()) <= 3_500
    assert seen.inferred_queries
    assert len(seen.queries) >= 5
    assert {pair.query for pair in seen.pairs if pair.before.samples} == {query.name for query in seen.queries}
    kinds = {one.kind for one in seen.assumed}
    assert {"rows", "column", "class"} <= kinds
    lines = seen.plan_text.splitlines()
    assert all(
        f"rows = {one.how.replace(',', '')} " in lines[one.line - 1] for one in seen.assumed if one.kind == "rows"
    )
    page = (tmp_path / "reports" / "latest" / "report.html").read_text()
    assert "orders_placed_again_idx" in page.replace("<wbr>", "")
    assert databases(cli_home) == []
    status, printed = pgproof("run", schema, "--rows", "3k")  # the second time nothing is made
    assert (status, "loading rows" in printed) == (0, False), printed


def test_given_queries_are_measured_and_what_cannot_be_prepared_is_told(
    pgproof: Callable, schema: Path, tmp_path: Path
) -> None:
    (tmp_path / "app.sql").write_text(QUERIES)
    status, printed = pgproof("run", schema, "--rows", "3k", "--queries", tmp_path / "app.sql")
    assert status == 0, printed
    seen = storage.load(NOW, tmp_path / "reports" / "latest" / "now.json")
    assert [query.name for query in seen.queries] == ["orders_of"]
    assert [(one.what, "nothing" in one.why) for one in seen.assumed if one.kind == "query"] == [("app.sql:5", True)]
    status, printed = pgproof("run", schema, "--rows", "3k", "--queries", tmp_path / "app.sql", "--strict")
    assert status == 2
    assert 'app.sql:5: column "nothing" does not exist' in one_line_error(printed)


def test_init_writes_files_that_run_and_obey_what_is_edited(pgproof: Callable, schema: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert pgproof("init", schema, folder, "--rows", "3k")[0] == 0
    assert {"schema.sql", "dataset.toml", "queries", "pgproof.toml"} <= {one.name for one in folder.iterdir()}
    (folder / "dataset").mkdir()
    (folder / "dataset" / "values.py").write_text(
        "def email(numbers, seed):\n    return [f'n{n}@x' for n in numbers]\n"
    )
    text = (folder / "dataset.toml").read_text().splitlines()
    place = next(number for number, line in enumerate(text) if line.startswith("email = "))
    text[place] = 'email = { function = "values:email" }'
    place = next(number for number, line in enumerate(text) if line.startswith("status = "))
    text[place] = "status = { value = 'paid' }"
    (folder / "dataset.toml").write_text("\n".join(text))
    query = folder / "queries" / "asked.sql"
    query.write_text("-- title: Asked\n-- asks: -\nSELECT count(*) FROM orders JOIN customers c ON c.id = customer_id\n"
                     "WHERE status = 'paid' AND email ~ '^n[0-9]+@x$';\n")  # fmt: skip
    status, printed = pgproof("run", folder)
    assert status == 0, printed
    seen = storage.load(NOW, tmp_path / "reports" / "latest" / "now.json")
    rows = {table.name: table.rows for table in seen.dataset.tables}
    plan = next(pair.before.plan for pair in seen.pairs if pair.query == "asked")
    assert plan
    assert plan.plan["Plans"][0]["Actual Rows"] == rows["public.orders"]
    text[place] = "stauts = { value = 'paid' }"
    (folder / "dataset.toml").write_text("\n".join(text))
    status, printed = pgproof("run", folder)
    said = f"error: dataset.toml:{place + 1}: public.orders has no column stauts"
    assert (status, one_line_error(printed)) == (2, said)
    assert "did you mean status?" in printed
    assert pgproof("init", schema, folder)[0] == 2


BAD = {
    "nothing in it": ("", "there is no statement in it"),
    "no table": ("CREATE SCHEMA empty;", "it makes no table"),
    "a syntax error": ("CREATE TABLE a (id int);\n\nCREATE TABEL b ();", 'bad.sql:3: syntax error at or near "TABEL"'),
    "no text": (b"\x7fELF\x02\x01\x00\x00\x9f\xff\xfe", "bad.sql"),
    "a command of psql": ("\\! rm -rf /", "bad.sql:1: \\! is refused"),
    "an extension that nobody has": ("CREATE EXTENSION nobody_has_it;", "lack the extension nobody_has_it"),
    "a table that cannot be filled": (
        "CREATE TABLE a (id int PRIMARY KEY CHECK (id > 1 AND id < 1));",
        "no table can be",
    ),
}


@pytest.mark.parametrize("text", BAD)
def test_a_file_that_is_no_schema_is_one_line(text: str, pgproof: Callable, tmp_path: Path, cli_home: Path) -> None:
    content, said = BAD[text]
    (tmp_path / "bad.sql").write_bytes(content if isinstance(content, bytes) else content.encode())
    status, printed = pgproof("run", tmp_path / "bad.sql", "--rows", "1k")
    assert status == 2, printed
    assert said in one_line_error(printed)
    assert databases(cli_home) == []
    assert not list(cli_home.glob("schemas/.new*"))
    assert not list((tmp_path / "reports").glob("*/*.json"))


@pytest.mark.parametrize(
    ("given", "said"),
    [("nowhere.sql", "there is no nowhere.sql"), ("postgresql://127.0.0.1:1/app", "cannot read"),
     (".", "no .sql")],
)  # fmt: skip
def test_what_is_not_there_is_one_line(
    given: str, said: str, pgproof: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, printed = pgproof("run", given)
    assert status == 2, printed
    assert said in one_line_error(printed)


def test_ctrl_c_leaves_nothing(schema: Path, tmp_path: Path, used_home: Path) -> None:
    command = [
        sys.executable,
        "-u",
        "-m",
        "bench",
        "run",
        str(schema),
        "--rows",
        "9k",
        "--home",
        str(used_home),
    ]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          start_new_session=True) as process:  # fmt: skip
        assert process.stdout
        for line in process.stdout:
            if line.startswith("planning rows"):
                break
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip()) == (130, "interrupted: nothing is kept")
    assert not list(used_home.glob("schemas/.new*"))
    assert json.loads(json.dumps(databases(used_home))) == []

"""The command line as a user meets it: exit codes, one-line errors, interruption, files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from bench import storage
from bench.cli import main
from tests import SHOP
from tests.experiments.before_after.formats import FILES


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the example to break."""
    return shutil.copytree(SHOP, tmp_path / "shop")


def test_a_run_leaves_a_record_and_reports(pgproof: Callable, tmp_path: Path) -> None:
    status, printed = pgproof("run", SHOP, "--scale", "2k", "--attribution")
    assert status == 0, printed
    assert "3 queries meet 50 ms at 2,000 orders" in " ".join(printed.split())
    latest = tmp_path / "reports" / "latest"
    assert latest.is_symlink()
    assert {f.name for f in latest.iterdir()} == {"run.json", "entry.json", *FILES.values()}
    seen = storage.load(storage.RUN, latest / "run.json")
    assert (seen.status, len(seen.pairs), seen.dataset.scale) == ("complete", 7, 2000)
    assert all(pair.equality and pair.equality.equal for pair in seen.pairs)
    assert seen.attribution
    assert len(seen.attribution.cells) == len(seen.pairs)


def test_a_stored_run_is_shown_again_without_a_server(pgproof: Callable, tmp_path: Path) -> None:
    pgproof("run", SHOP, "--scale", "2k")
    folder = tmp_path / "reports" / "latest"
    first = {name: (folder / name).read_bytes() for name in FILES.values()}
    status, _ = pgproof("report", folder / "run.json", "--output", tmp_path / "again")
    assert status == 0
    assert {name: (tmp_path / "again" / name).read_bytes() for name in first} == first


def test_rows_that_differ_fail_the_run(pgproof: Callable, shop: Path) -> None:
    query = shop / "queries" / "open_orders.sql"
    query.write_text(query.read_text() + "\n-- rewrite: wrong\nSELECT count(*) + 1, sum(total_cents) FROM orders;")
    with (shop / "optimizations.sql").open("a") as file:
        file.write("\n-- optimization: wrong\n-- category: rewrite\n-- why: a test\n")
    status, printed = pgproof("run", shop, "--scale", "2k", "--query", "open_orders")
    assert status == 1
    assert "other rows" in printed


@pytest.mark.alone
def test_cold_executions_have_a_place_in_the_run_and_its_reports(pgproof: Callable, tmp_path: Path) -> None:
    status, printed = pgproof("run", SHOP, "--scale", "2k", "--cold", "2")
    assert status == 0, printed
    assert "Cold, 0 of 2 queries meet 50 ms, 0 miss, 2 cannot tell" in " ".join(printed.split())
    seen = storage.load(storage.RUN, tmp_path / "reports" / "latest" / "run.json")
    writes = {query.name for query in seen.queries if query.writes}
    assert {len(pair.after.cold) for pair in seen.pairs if pair.query in writes} == {0}
    assert {len(pair.after.cold) for pair in seen.pairs if pair.query not in writes} == {2}
    assert seen.phases_s["cold"] > 0


def test_a_missed_target_fails_only_where_asked(pgproof: Callable) -> None:
    command = ["run", SHOP, "--scale", "2k", "--query", "open_orders", "--target", "0.001"]
    assert pgproof(*command)[0] == 0
    assert pgproof(*command, "--check")[0] == 1


def test_reads_leave_both_databases_as_they_were(pgproof: Callable, cli_home: Path) -> None:
    """Writes run elsewhere: not a dead row, not a cleared visibility bit in what --keep leaves."""
    from bench.postgres.servers import ServerOptions, open_server

    pgproof("run", SHOP, "--scale", "2k", "--keep")
    with open_server("embedded", ServerOptions(home=cli_home)) as server, psycopg.connect(server.dsn) as admin:
        names = [row[0] for row in admin.execute("SELECT datname FROM pg_database WHERE datname ~ '_(before|after)$'")]
        assert len(names) == 2
        for name in names:
            with psycopg.connect(server.dsn, dbname=name) as kept:
                state = kept.execute("SELECT relpages, relallvisible FROM pg_class WHERE relname = 'orders'").fetchone()
                dead = kept.execute("SELECT n_dead_tup, n_tup_upd FROM pg_stat_user_tables WHERE relname = 'orders'")
                assert state is not None
                assert state[0] == state[1]
                assert dead.fetchone() == (0, 0)
    assert pgproof("cache clear")[0] == 0
    assert "the cache is empty" in pgproof("cache list")[1]


def test_the_cache_lists_what_it_holds(pgproof: Callable) -> None:
    pgproof("run", SHOP, "--scale", "2k", "--query", "open_orders")
    status, printed = pgproof("cache list")
    assert status == 0
    assert "workload shop" in printed
    assert "scale 2000" in printed


def test_verify_finds_nothing_and_then_drift(pgproof: Callable, shop: Path) -> None:
    pgproof("run", shop, "--scale", "2k", "--keep")
    assert pgproof("verify", shop)[0] == 0
    text = (shop / "optimizations.sql").read_text()
    (shop / "optimizations.sql").write_text(text.replace("created_at DESC, order_id DESC", "created_at"))
    status, printed = pgproof("verify", shop)
    assert status == 1
    assert "orders_customer_idx was applied with another text than the files hold now" in " ".join(printed.split())
    pgproof("cache clear")


# ------------------------------------------------------------------------------------------------ bad input
def one_line_error(printed: str) -> str:
    """The error, which takes one line, and one more for what to do."""
    lines = [line for line in printed.splitlines() if line.strip()]
    start = next(i for i, line in enumerate(lines) if line.startswith("error:"))
    assert len(lines) - start <= 2, printed
    assert "Traceback" not in printed
    return lines[start]


@pytest.mark.parametrize("scale", ["0", "-3", "lots", "900M"])
def test_an_absurd_scale_is_refused(pgproof: Callable, scale: str) -> None:
    status, printed = pgproof("run", SHOP, f"--scale={scale}")
    assert status == 2
    assert f"--scale {scale}: not a number of orders" in one_line_error(printed)


def test_a_missing_folder_is_named(pgproof: Callable) -> None:
    status, printed = pgproof("run", "nowhere")
    assert (status, one_line_error(printed)) == (2, "error: there is no nowhere")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("schema.sql", "text NOT NULL\n", "text NOT NUL\n", r'schema.sql:5: syntax error at or near "NUL"'),
        ("optimizations.sql", "(customer_id,", "(customer,", 'optimizations.sql:5: column "customer" does not exist'),
        ("queries/open_orders.sql", "count(*)", "count(**)", "queries/open_orders.sql:5 (before): syntax error"),
        ("dataset/fill.sql", "500 +", "-500 -", "breaks orders_total_cents_check: Failing row contains"),
        ("dataset/classes.sql", "placed WHERE", "nowhere WHERE", 'dataset/classes.sql:15: relation "nowhere"'),
        ("dataset/checks.sql", "5, 11", "50, 110", "orders_per_customer is 10.0, not in 50.0..110.0"),
    ],
)
def test_a_mistake_in_a_file_is_one_line_with_its_place(
    pgproof: Callable, shop: Path, file: str, old: str, new: str, message: str
) -> None:
    text = (shop / file).read_text()
    assert old in text
    (shop / file).write_text(text.replace(old, new))
    status, printed = pgproof("run", shop, "--scale", "2k")
    assert status == 2
    assert message in one_line_error(printed)


def test_an_unknown_query_lists_those_that_exist(pgproof: Callable) -> None:
    status, printed = pgproof("run", SHOP, "--query", "nothing")
    assert status == 2
    assert "--query nothing: no such query" in one_line_error(printed)
    assert "latest_orders" in printed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": 1, "id"', "truncated"),
        ('{"format": 99}', "format 99"),
        ("hello", "not JSON"),
    ],
)
def test_a_broken_run_file_says_what_is_wrong(pgproof: Callable, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "run.json").write_text(text)
    status, printed = pgproof("report", tmp_path / "run.json")
    assert status == 2
    assert message in one_line_error(printed)


def test_an_output_folder_that_cannot_be_made_is_refused_before_the_work(cli_home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [sys.executable, "-m", "bench", "run", str(SHOP), "--home", str(cli_home), "--output"]
    done = subprocess.run([*command, str(tmp_path / "file")], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "loading" not in done.stdout


def test_help_names_every_option_and_command(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["run"], ["report"], ["verify"], ["cache"], ["cache", "list"], ["cache", "clear"]):
        assert main([*command, "--help"]) == 0
        assert "Usage: pgproof" in capsys.readouterr().out


def test_a_usage_error_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--rounds", "0"]) == 2
    assert main(["nonsense"]) == 2
    assert main(["run", "--skew", "sideways"]) == 2
    assert capsys.readouterr().err.count("error: ") == 3


def test_the_stored_run_is_plain_json(pgproof: Callable, tmp_path: Path) -> None:
    pgproof("run", SHOP, "--scale", "2k", "--query", "open_orders")
    stored = json.loads((tmp_path / "reports" / "latest" / "run.json").read_text())
    assert stored["format"] == storage.RUN.format


@pytest.mark.parametrize(
    ("clock", "said"),
    [("noon", "noon is no time: give one like 2026-01-01T15:37"), ("2026-01-01T15:37", "takes no argument clock")],
)
def test_a_clock_that_is_none_or_that_rows_do_not_know_is_refused(
    pgproof: Callable, shop: Path, clock: str, said: str
) -> None:
    (shop / "dataset" / "__init__.py").write_text("def tables(scale, seed, skew): return []")
    status, printed = pgproof("run", shop, "--clock", clock)
    assert (status, said in " ".join(printed.split())) == (2, True)

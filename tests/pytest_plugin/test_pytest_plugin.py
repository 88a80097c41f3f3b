"""The pytest plugin as its users meet it: pytest itself, on the example workload.

In this process where that shows the same: a new one spends a second on imports alone.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import bench.pytest_plugin.items  # noqa: F401 (numpy cannot be loaded a second time: pytester forgets new modules)
from bench.postgres.connection import Target
from bench.postgres.databases import drop, own_databases
from bench.postgres.servers import ServerHandle
from tests import SHOP
from tests.conftest import make_home

pytest_plugins = "pytester"

QUICK = ("-p", "no:cacheprovider", "--benchmark-max-time=0.01")
ENOUGH = "--benchmark-min-rounds=160"
"""Executions of which two may be late and p95 still meets the target, however busy the machine is."""
Pytest = Callable[..., pytest.RunResult]


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's pytest is not one of the workers that carry out these tests: pytest-benchmark asks for this."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)


@pytest.fixture(scope="module")
def dsn(server: ServerHandle, target: Target) -> Iterator[str]:
    """The session's server, on which this module leaves nothing."""
    with server.bulk(), target.connect() as admin:
        before = {database.name for database in own_databases(admin)}
        yield server.dsn
        for database in own_databases(admin):
            if database.name not in before:
                drop(admin, database.name)


@pytest.fixture
def shop(pytester: pytest.Pytester, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the example as its workload; its tests are in the test function."""
    monkeypatch.setenv("PGPROOF_DSN", dsn)
    shutil.copytree(SHOP, pytester.path, dirs_exist_ok=True)
    pytester.makeini("[pytest]\npgproof_workload = .\npgproof_scale = 2k\n")
    return pytester.path


@pytest.fixture
def call(pytester: pytest.Pytester, shop: Path) -> Pytest:
    """Run pytest in the project, in this process."""
    return lambda *arguments: pytester.runpytest_inprocess(*QUICK, *arguments)


@pytest.fixture
def call_apart(pytester: pytest.Pytester, shop: Path) -> Pytest:
    """Run pytest in the project, in a process of its own."""
    return lambda *arguments: pytester.runpytest_subprocess(*QUICK, *arguments, timeout=60)


@pytest.fixture
def own(pytester: pytest.Pytester, call: Pytest) -> Callable[[str], str]:
    """Run one test of the user's; return what pytest printed."""

    def run(body: str) -> str:
        pytester.makepyfile(test_own=f"def test_it({body}")
        return call("-q").stdout.str()

    return run


def left_behind(target: Target) -> list[str]:
    with target.connect() as admin:
        return [found.name for found in own_databases(admin) if found.kind != "template"]


def items(printed: pytest.RunResult) -> list[str]:
    return [line.partition("::")[2] for line in printed.outlines if line.startswith("queries/")]


def benchmarks(file: Path) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads(file.read_text())["benchmarks"]}


# ---------------------------------------------------------------------------------------------------- items
def test_every_cell_is_an_item_and_what_writes_comes_last(call: Pytest) -> None:
    assert items(call("--benchmark-only", "--collect-only", "-q")) == [
        *(f"latest_orders[{name}-{state}]" for name in ("hot", "median", "empty") for state in ("before", "after")),
        "open_orders[all-before]",
        "open_orders[all-after]",
        *(f"cancel_order[{name}-{state}]" for name in ("hot", "median", "empty") for state in ("before", "after")),
    ]


def test_extra_info_reaches_the_json(call_apart: Pytest, shop: Path, target: Target) -> None:
    call_apart("--benchmark-only", ENOUGH, "--benchmark-json=out.json").assert_outcomes(passed=14)
    seen = benchmarks(shop / "out.json")
    after = seen["latest_orders[hot-after]"]["extra_info"]
    assert after["indexes"] == ["orders_customer_idx"]
    assert (after["result_rows"], after["verdict"], after["target_ms"]) == (10, "meets", 50)
    assert (after["query"], after["parameter_class"], after["state"]) == ("latest_orders", "hot", "after")
    before = seen["latest_orders[hot-before]"]["extra_info"]
    assert before["fingerprint"] != after["fingerprint"]
    assert {type(after[key]) for key in ("buffers", "rows", "temp_blocks", "heap_fetches")} == {int}
    assert left_behind(target) == []


def test_before_and_after_stand_in_one_table_unless_asked_otherwise(call: Pytest) -> None:
    command = ("queries/latest_orders.sql", "--benchmark-only", "-k", "hot or median")
    call(*command).stdout.fnmatch_lines(["*benchmark 'latest_orders hot': 2 tests*"])
    call(*command, "--benchmark-group-by=func,param:state").stdout.fnmatch_lines(
        ["*benchmark 'latest_orders state=after': 2 tests*"]
    )


def test_a_saved_run_can_be_compared_with(call: Pytest) -> None:
    command = ("queries/open_orders.sql", "--benchmark-only")
    call(*command, "--benchmark-autosave").assert_outcomes(passed=2)
    again = call(*command, "--benchmark-compare", "-k", "after")
    again.stdout.fnmatch_lines(["*open_orders?all-after? (0001_*"])


def test_one_item_can_be_named(call: Pytest) -> None:
    named = call("queries/open_orders.sql::open_orders[all-after]", "--benchmark-only", "-v")
    named.assert_outcomes(passed=1)
    assert "bench/" not in named.stdout.str().split("rootdir")[1].split("plugins")[0]


def test_a_missed_target_fails_only_where_asked(call: Pytest, shop: Path) -> None:
    settings = shop / "pgproof.toml"
    settings.write_text(settings.read_text().replace("target_ms = 50", "target_ms = 0.001"))
    command = ("queries/open_orders.sql", "--benchmark-only")
    call(*command).assert_outcomes(passed=2)
    checked = call(*command, "--pgproof-check")
    checked.assert_outcomes(passed=1, failed=1)
    checked.stdout.fnmatch_lines(["misses 0.001 ms: * executions took longer than 0.001 ms"])


def test_rows_that_differ_fail_both_items(call: Pytest, shop: Path) -> None:
    with (shop / "queries" / "open_orders.sql").open("a") as file:
        file.write("\n-- rewrite: wrong\nSELECT count(*) AS orders, sum(total_cents) AS cents FROM orders;")
    with (shop / "optimizations.sql").open("a") as file:
        file.write("\n-- optimization: wrong\n-- category: rewrite\n-- why: a test\n")
    printed = call("queries/open_orders.sql", "--benchmark-only", "-W", "error")
    printed.assert_outcomes(failed=2)
    printed.stdout.fnmatch_lines(["other rows after than before: binding 1 of 1: 1 rows before, 1 after"])


def test_a_timeout_skips_before_and_fails_after(call: Pytest, shop: Path) -> None:
    query = shop / "queries" / "open_orders.sql"
    query.write_text(query.read_text().replace("FROM orders", "FROM orders, pg_sleep(9)"))
    printed = call("queries/open_orders.sql", "--benchmark-only", "--pgproof-timeout=0.3", "-rs")
    printed.assert_outcomes(skipped=1, failed=1)
    printed.stdout.fnmatch_lines(["timed out: > 3?? ms", "*censored: > 3?? ms before the optimizations"])


def test_an_optimization_that_fails_is_said_with_its_line(call: Pytest, shop: Path) -> None:
    with (shop / "optimizations.sql").open("a") as file:
        file.write("-- optimization: bad\n-- category: composite\n-- why: a test\nCREATE INDEX bad ON no (n);")
    printed = call("queries/open_orders.sql", "--benchmark-only")
    printed.assert_outcomes(failed=2)
    printed.stdout.fnmatch_lines(['pgproof: optimizations.sql:*: relation "no" does not exist'])
    assert "During handling" not in printed.stdout.str()


def test_names_that_are_no_identifiers_are_only_names(call: Pytest, shop: Path) -> None:
    query = (shop / "queries" / "latest_orders.sql").read_text()
    for name in ("$(touch owned); <b>", "setup_module", "pytest_configure", "__init__"):
        (shop / "queries" / f"{name}.sql").write_text(query)
    classes = shop / "dataset" / "classes.sql"
    classes.write_text(classes.read_text().replace("'median'", "'../x[1]::<script>'"))
    printed = call("--benchmark-only", "-k", "script", "--benchmark-json=out.json")
    assert printed.ret == 0, printed.stdout.str()
    assert "$(touch owned); <b>[../x[1]::<script>-after]" in benchmarks(shop / "out.json")
    assert not (shop / "owned").exists()


def test_ctrl_c_leaves_no_database_behind(shop: Path, target: Target) -> None:
    command = [sys.executable, "-m", "pytest", "--benchmark-only", "--benchmark-max-time=60", "-v"]
    running = subprocess.Popen(command, cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = time.monotonic() + 60
    while len(left_behind(target)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)  # it times by now
    running.send_signal(signal.SIGINT)
    try:
        printed, _ = running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode == pytest.ExitCode.INTERRUPTED, printed
    assert left_behind(target) == []


# ------------------------------------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("--pgproof-workload=nowhere", "there is no */nowhere: give a schema*"),
        ("--pgproof-workload=dataset", "*dataset is no workload: it has no schema.sql*"),
        ("--pgproof-scale=huge", "pgproof_scale = huge: not a number of orders*"),
        ("--pgproof-seed=one", "pgproof_seed = one: not a number that fits*"),
        ("--pgproof-server=oracle", "no such kind of server: oracle: choose one of embedded, local, docker, dsn"),
        ("--pgproof-dsn=host=/nowhere user=me", "cannot connect to *host=/nowhere*"),
    ],
)
def test_bad_input_is_one_line_and_exit_4(call: Pytest, given: str, said: str) -> None:
    done = call("--benchmark-only", given)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: pgproof: {said}"])
    assert "Traceback" not in done.stderr.str() + done.stdout.str()


# ----------------------------------------------------------------------------------------- ordinary runs
def test_without_a_benchmark_flag_nothing_is_collected_or_loaded(pytester: pytest.Pytester, call_apart: Pytest) -> None:
    pytester.makepyfile("import sys\ndef test_it(): assert not {'bench', 'psycopg', 'numpy'} & set(sys.modules)")
    call_apart("-v", "--pgproof-dsn=host=/nowhere").assert_outcomes(passed=1)


def test_it_is_inert_where_no_workload_is_configured(pytester: pytest.Pytester) -> None:
    """A project may have a module named bench itself."""
    pytester.makepyfile(
        bench="MINE = True", test_own="import bench\ndef test_it(benchmark): assert benchmark(int) == 0"
    )
    pytester.mkdir("queries").joinpath("q.sql").write_text("SELECT 1")
    pytester.runpytest_subprocess(*QUICK, "--benchmark-only").assert_outcomes(passed=1)


def test_another_bench_in_the_way_is_said_in_one_line(pytester: pytest.Pytester, call_apart: Pytest) -> None:
    pytester.makepyfile(bench="MINE = True")
    done = call_apart("--benchmark-only")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: pgproof cannot be imported (*): where another module named bench comes first*"])


def test_a_fixture_without_a_workload_says_what_to_set(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(pgproof_cell): pass")
    done = pytester.runpytest_inprocess(*QUICK)
    done.stdout.fnmatch_lines(["no workload: set pgproof_workload = PATH, or give --pgproof-workload PATH"])


def test_the_fixtures_need_no_pytest_benchmark(pytester: pytest.Pytester, call: Pytest) -> None:
    pytester.makepyfile("def test_it(pgproof_database): assert pgproof_database.info.dbname.startswith('pgproof_')")
    pytester.runpytest_inprocess("-p", "no:benchmark").assert_outcomes(passed=1)


# --------------------------------------------------------------------------------------------- in parallel
def test_in_parallel_it_refuses_to_time_and_says_why(call_apart: Pytest) -> None:
    done = call_apart("--benchmark-only", "-n", "2")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: pgproof does not time in parallel: *each other*: give -n 0 or -p no:xdist"])


def test_other_tests_run_in_parallel_as_ever_and_no_worker_starts_a_server(
    pytester: pytest.Pytester, call_apart: Pytest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PGPROOF_DSN")
    pytester.makepyfile("def test_1(): pass\ndef test_2(pgproof_cell): pass\ndef test_3(pgproof_database): pass")
    done = call_apart("-n", "2", "--benchmark-json=out.json", "-rs", f"--pgproof-home={tmp_path / 'home'}")
    done.assert_outcomes(passed=1, skipped=2, warnings=1)
    done.stdout.fnmatch_lines(["*PytestWarning: pgproof does not time in parallel*"])
    done.stdout.fnmatch_lines_random(["SKIPPED*each worker would start a PostgreSQL of its own: give -n 0*"])
    assert not (tmp_path / "home").exists()


# ------------------------------------------------------------------------------------------- own tests
def test_own_tests_pass_where_all_is_well(own: Callable[[str], str]) -> None:
    printed = own("""pgproof_cell, assert_meets_target, assert_uses_index, assert_same_rows):
        cell = pgproof_cell("latest_orders", "hot")
        assert_meets_target(cell)
        assert_uses_index(cell, "orders_customer_idx")
        assert_same_rows(cell, pgproof_cell("latest_orders", "hot", state="before"))
        assert (cell.name, len(cell.samples)) == ("latest_orders[hot-after]", 15)
        assert cell.counters.buffers < 20 and cell.first_ms > 0 and cell.rows_hash
    """)
    assert "1 passed" in printed


def test_a_database_is_filled_and_the_test_s_own(pytester: pytest.Pytester, call: Pytest, target: Target) -> None:
    pytester.makepyfile("""
        import pytest
        @pytest.mark.parametrize("time", [1, 2])
        def test_it(pgproof_database, pgproof_cell, time):
            assert pgproof_database.execute("DELETE FROM orders").rowcount == 2000
            assert pgproof_cell("latest_orders", "hot", rounds=1).hashes[0][1] == 10
    """)
    call().assert_outcomes(passed=2)
    assert left_behind(target) == []


def test_a_missed_target_shows_times_and_plan(own: Callable[[str], str]) -> None:
    printed = own("""pgproof_cell, assert_meets_target):
        assert_meets_target(pgproof_cell("latest_orders", "hot"), target_ms=0.001)
    """)
    assert "latest_orders[hot-after] misses 0.001 ms: 2 of the first 2 executions took longer than 0.001 ms" in printed
    assert "Index Scan using orders_customer_idx on orders  (rows 10, buffers" in printed
    assert "pgproof run --query latest_orders" in printed


def test_what_cannot_be_told_is_timed_on(own: Callable[[str], str]) -> None:
    printed = own("""pgproof_cell, assert_meets_target):
        from dataclasses import replace
        cell, asked = pgproof_cell("latest_orders", "hot", rounds=1), []
        assert_meets_target(replace(cell, more=lambda rounds: asked.append(rounds) or cell.more(rounds)))
        assert asked[:2] == [4, 5]
    """)
    assert "1 passed" in printed


def test_what_stays_unclear_fails_with_its_reason(own: Callable[[str], str]) -> None:
    printed = own("""pgproof_cell, assert_meets_target):
        from dataclasses import replace
        from bench.model import Sample
        cell = pgproof_cell("latest_orders", "hot", rounds=1)
        assert_meets_target(replace(cell, samples=(Sample(1, 0, censored=True),)))
    """)
    reason = "cannot be said to meet 50.0 ms: 1 of 2 executions hit the statement timeout"
    assert f"latest_orders[hot-after] {reason}" in printed


def test_another_index_is_named_with_the_plan(own: Callable[[str], str]) -> None:
    printed = own("""pgproof_cell, assert_uses_index):
        assert_uses_index(pgproof_cell("latest_orders", "hot"), "orders_open_idx")
    """)
    assert "latest_orders[hot-after] does not use orders_open_idx: it uses orders_customer_idx" in printed


def test_an_index_that_is_not_there_is_said_to_be_so(own: Callable[[str], str]) -> None:
    printed = own("""pgproof_cell, assert_uses_index):
        assert_uses_index(pgproof_cell("latest_orders", "hot"), "orders_customr_idx")
    """)
    assert "the after state has no index of that name; did you mean orders_customer_idx" in printed


def test_differing_rows_are_shown(own: Callable[[str], str]) -> None:
    printed = own("""pgproof_cell, assert_same_rows):
        assert_same_rows(pgproof_cell("latest_orders", "hot"), pgproof_cell("latest_orders", "median"))
    """)
    assert "latest_orders[hot-after] and latest_orders[median-after] give different rows (10 and 7):" in printed
    assert "only latest_orders[hot-after]: 1602 | paid | 6739 | 2025-12-31 17:22:00+00" in printed
    assert "and 7 more rows only there" in printed


def test_an_unknown_query_or_class_lists_the_known(own: Callable[[str], str]) -> None:
    printed = own("""pgproof_cell):
        pgproof_cell("latest", "hot")
    """)
    assert "no query 'latest' in shop: there are cancel_order, latest_orders, open_orders" in printed
    printed = own("""pgproof_cell):
        pgproof_cell("latest_orders", "huge")
    """)
    assert "latest_orders has no parameter class 'huge' in this dataset: there are hot, median, empty" in printed


def test_the_second_run_on_the_embedded_server_starts_from_the_first_s_dataset(
    call: Pytest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPROOF_DSN")
    home = make_home()
    command = ("queries/open_orders.sql", "--benchmark-only", f"--pgproof-home={home}")
    assert "filling the dataset" in call(*command).stdout.str()
    second = call(*command)
    second.assert_outcomes(passed=2)
    second.stdout.fnmatch_lines(["pgproof: shop, 2,000 orders, PostgreSQL * (embedded)"])
    shutil.rmtree(home.parent)
